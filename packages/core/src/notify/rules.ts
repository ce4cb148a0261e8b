import type { BranchId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"
import type { NOTICES, Policy } from "../network/policy.ts"
import { isEnded, OPEN_STATUSES, orderStatus } from "../order/life.ts"
import type { FulfilmentStatus, Order } from "../order/model.ts"
import type { OutboxDraft } from "../store/change.ts"
import { addressOf, type Gateway } from "./gateways.ts"
import { quietUntil } from "./quiet.ts"
import { kindsFor, stepsOf } from "./route.ts"

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
  readonly gateways: ReadonlyArray<Gateway>
  readonly now: Instant
  /** The zone in which quiet hours are judged: the branch's; null: where no branch is known. */
  readonly zone: (branch: BranchId | null) => string
}

/**
 * What the buyer is told when an order goes from one state to another (SMS-1), when the order as a whole reaches a state that
 * policy names: one message, or one of each kind where policy says so. Ids are made of the order's version: never twice for one
 * event. The payload names no person: name and addresses are read from the order when it is sent, and who wants no messages is
 * asked then. Quiet hours put it off to their end.
 */
export const noticesBetween = (before: Order | null, after: Order, rules: NoticeRules): ReadonlyArray<OutboxDraft> => {
  const was = before === null ? null : orderStatus(before.fulfilments)
  const status = orderStatus(after.fulfilments)
  const notice = NOTICE_OF[status]
  if (was === status || notice === undefined) return []
  const part = after.fulfilments.find((f) => f.status === status)
  const branchId = part?.branchId ?? null
  const policy = rules.policy(branchId)
  if (!policy.notifyAt.includes(notice)) return []
  const ways = kindsFor(notice, policy).flatMap((kinds) => {
    const steps = stepsOf(kinds, (kind) => addressOf(after.customer, kind), policy, rules.gateways)
    return steps.length === 0 ? [] : [{ lane: steps[0]!.connection, kinds: [...new Set(steps.map(({ kind }) => kind))] }]
  })
  return ways.map(({ lane, kinds }) => ({
    // One of several ways bears its kind: each is a message of its own.
    id: [after.id, notice, after.version, ...(ways.length > 1 ? [kinds[0]] : [])].join(":"),
    lane,
    method: "messages.send",
    orderId: after.id,
    payload: { notice, branchId, expiresAt: part?.reservation?.expiresAt ?? null, kinds },
    availableAt: afterQuiet(notice, branchId, rules)
  }))
}

/** When buyers may be told at the earliest: now, or the end of the quiet hours. */
export const afterQuiet = (
  notice: Notice,
  branch: BranchId | null,
  { policy, zone, now }: Pick<NoticeRules, "policy" | "zone" | "now">
): Instant => {
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

/** From which state of the order on a message says what is so; the others tell of an end, which is never late. */
const TRUE_FROM: Partial<Record<Notice, FulfilmentStatus>> = { operator: "operator", reserved: "assigned", assembled: "assembled" }

/**
 * Why a message is of no use any more; null while it is. `expiresAt`: until when it says that goods are kept. A message put
 * off by the night may come too late: its order may have gone on, back, or to its end.
 */
export const lateReason = (notice: Notice, order: Order, expiresAt: Instant | null, now: Instant): string | null => {
  const from = TRUE_FROM[notice]
  if (from === undefined) return null
  const status = orderStatus(order.fulfilments)
  if (isEnded(status)) return "the order has ended"
  if (notice === "operator") return status === from ? null : "the order is no longer with an operator"
  if (OPEN_STATUSES.indexOf(status) < OPEN_STATUSES.indexOf(from)) return "the order has gone back"
  return expiresAt !== null && expiresAt <= now ? "the time that it names has passed" : null
}
