import type { Instant } from "../kernel/time.ts"
import type { NOTICES, Policy } from "../network/policy.ts"
import { orderStatus } from "../order/life.ts"
import type { FulfilmentStatus, Order } from "../order/model.ts"
import type { OutboxDraft } from "../store/change.ts"

/** What a buyer may be told about. */
export type Notice = (typeof NOTICES)[number]

const NOTICE_OF: Partial<Record<FulfilmentStatus, Notice>> = {
  assigned: "reserved",
  operator: "operator",
  assembled: "assembled",
  expired: "expired",
  cancelled: "cancelled",
  closed: "closed"
}

/**
 * What the buyer is told when an order goes from one state to another (SMS-1): at most one message, when the order as
 * a whole reaches a state that policy names. Its id is made of the order's version: never twice for one event.
 * The payload names no person: name and phone are read from the order when it is sent.
 */
export const noticesBetween = (
  before: Order | null,
  after: Order,
  policy: Policy,
  lane: string,
  now: Instant
): ReadonlyArray<OutboxDraft> => {
  const was = before === null ? null : orderStatus(before.fulfilments)
  const status = orderStatus(after.fulfilments)
  const notice = NOTICE_OF[status]
  if (was === status || notice === undefined || !policy.notifyAt.includes(notice)) return []
  if (after.customer.phone === null) return []
  const branchId = after.fulfilments.find((f) => f.status === status)?.branchId ?? null
  const expiresAt = after.fulfilments.find((f) => f.status === status)?.reservation?.expiresAt ?? null
  return [{
    id: `${after.id}:${notice}:${after.version}`,
    lane,
    method: "messages.send",
    orderId: after.id,
    payload: { notice, branchId, expiresAt },
    availableAt: now
  }]
}
