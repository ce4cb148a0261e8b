import { Result } from "effect"
import type { Refused } from "../kernel/errors.ts"
import { closeCases, refuse, releaseLines } from "./edit.ts"
import type { Facts } from "./facts.ts"
import type { Fulfilment, FulfilmentStatus, Order } from "./model.ts"

/** Until it is packed, a customer may still change what they ordered (ORD-13). */
const CHANGEABLE: ReadonlyArray<FulfilmentStatus> = ["placed", "operator", "assigned", "accepted", "awaiting"]

const CHANGED = "changedByCustomer"

/** Why a part ended that another plan of its order has made needless. */
const REPLACED: ReadonlyArray<string | null> = [CHANGED, "addressConfirmed"]

/** Ended because another plan took its place: its number is free for the next one. */
export const isReplaced = (f: Fulfilment): boolean => f.status === "cancelled" && REPLACED.includes(f.endReason)

/**
 * May the customer's change be taken? Refused with the state of the part that stands against it: one that is packed,
 * sold in part, or has ended otherwise than by another plan, for what has ended stays so.
 */
export const mayChange = (order: Order): Result.Result<void, Refused> => {
  const blocking = order.fulfilments.find((f) => !CHANGEABLE.includes(f.status) && !isReplaced(f))
  const sold = order.fulfilments.find((f) => f.lines.some((line) => line.sold > 0))
  const against = blocking ?? sold
  return against === undefined
    ? Result.succeed(undefined)
    : refuse(against, "changeLines", "tooLateToChange", "the order can no longer be changed by its channel.")
}

/** What the order itself holds is free for its own new lines: it is let go in the same commit. */
export const withOwnHolds = (facts: Facts, order: Order): Facts => {
  const own = (productId: string, branchId: string): number =>
    order.fulfilments.filter((f) => f.branchId === branchId).flatMap((f) => f.lines)
      .filter((line) => line.productId === productId && line.tracked).reduce((sum, line) => sum + line.held, 0)
  const bySlots = new Map<string, number>()
  for (const f of order.fulfilments) {
    for (const line of f.lines) {
      const slots = line.productId === null || f.branchId === null ? null : facts.slots(line.productId, f.branchId)
      if (slots !== null) bySlots.set(slots.join(), own(line.productId!, f.branchId!))
    }
  }
  return {
    ...facts,
    available: (product, branch) => facts.available(product, branch) + own(product, branch),
    availableAt: (product, branch) => facts.availableAt(product, branch) + (bySlots.get(`${product},${branch}`) ?? 0),
    free: (product, branch) => facts.free(product, branch) + own(product, branch)
  }
}

const dropped = (f: Fulfilment, endReason: string): Fulfilment => ({
  ...f,
  status: "cancelled",
  lines: releaseLines(f.lines),
  reservation: f.reservation === null ? null : { ...f.reservation, state: "released" },
  awaitingFrom: null,
  expectedAt: null,
  endReason
})

/** The order after its channel sent it again with other contents (policy `resendIsChange`). */
export const resent = (before: Order, decided: Order, facts: Facts): Order => decidedAnew(before, decided, facts, CHANGED)

/**
 * What was decided anew takes the place of what was there; parts that are no longer needed end with this reason; the
 * branches are asked to accept again.
 */
export const decidedAnew = (before: Order, decided: Order, facts: Facts, endReason: string): Order => {
  const parts = before.fulfilments.map((f) => decided.fulfilments.find((next) => next.id === f.id) ?? dropped(f, endReason))
  const added = decided.fulfilments.filter((f) => !before.fulfilments.some((old) => old.id === f.id))
  const closed = before.fulfilments.reduce((order, f) => closeCases(order, f.part, facts.now), before)
  const cases = decided.cases.map((c, i) => ({ ...c, caseId: closed.cases.length + i + 1 }))
  return {
    ...decided,
    createdAt: before.createdAt,
    replaces: before.replaces,
    payment: { ...before.payment, method: decided.payment.method },
    fulfilments: [...parts, ...added],
    cases: [...closed.cases, ...cases]
  }
}
