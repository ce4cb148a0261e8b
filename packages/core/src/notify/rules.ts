import type { BranchId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"
import type { NOTICES, Policy } from "../network/policy.ts"
import { isEnded, orderStatus } from "../order/life.ts"
import type { FulfilmentStatus, Order } from "../order/model.ts"
import type { OutboxDraft } from "../store/change.ts"
import { quietUntil } from "./quiet.ts"

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

/** What messages to buyers depend on beside the order. */
export interface NoticeRules {
  readonly policy: (branch: BranchId | null) => Policy
  readonly lane: string
  readonly now: Instant
  /** The zone in which quiet hours are judged: the branch's; null: where no branch is known. */
  readonly zone: (branch: BranchId | null) => string
}

/**
 * What the buyer is told when an order goes from one state to another (SMS-1): at most one message, when the order as
 * a whole reaches a state that policy names. Its id is made of the order's version: never twice for one event.
 * The payload names no person: name and phone are read from the order when it is sent. Quiet hours put it off to their end.
 */
export const noticesBetween = (before: Order | null, after: Order, rules: NoticeRules): ReadonlyArray<OutboxDraft> => {
  const was = before === null ? null : orderStatus(before.fulfilments)
  const status = orderStatus(after.fulfilments)
  const notice = NOTICE_OF[status]
  if (was === status || notice === undefined || !rules.policy(null).notifyAt.includes(notice)) return []
  if (after.customer.phone === null) return []
  const part = after.fulfilments.find((f) => f.status === status)
  const branchId = part?.branchId ?? null
  return [{
    id: `${after.id}:${notice}:${after.version}`,
    lane: rules.lane,
    method: "messages.send",
    orderId: after.id,
    payload: { notice, branchId, expiresAt: part?.reservation?.expiresAt ?? null },
    availableAt: afterQuiet(notice, branchId, rules)
  }]
}

const afterQuiet = (notice: Notice, branch: BranchId | null, { policy, zone, now }: NoticeRules): Instant => {
  const { quietHours, quietIgnoredBy } = policy(branch)
  if (quietHours === null || quietIgnoredBy.includes(notice)) return now
  return quietUntil(now, zone(branch), quietHours) ?? now
}

/** Until when goods are kept, as a message says it: an extension since it was written counts. */
export const keptUntil = (order: Order, branchId: string | null, written: Instant | null): Instant | null => {
  const part = order.fulfilments.find((f) => f.branchId === branchId && f.reservation !== null)
  if (written === null || part?.reservation == null) return written
  return Math.max(written, part.reservation.expiresAt)
}

/**
 * Why a message is of no use any more; null while it is. `expiresAt`: until when it says that goods are kept. A message put
 * off by the night may come too late.
 */
export const lateReason = (notice: Notice, order: Order, expiresAt: Instant | null, now: Instant): string | null => {
  if (notice !== "reserved" && notice !== "assembled") return null
  if (isEnded(orderStatus(order.fulfilments))) return "the order has ended"
  return expiresAt !== null && expiresAt <= now ? "the time that it names has passed" : null
}
