import type { Actor } from "../kernel/actor.ts"
import type { Instant } from "../kernel/time.ts"
import type { Fulfilment, Order } from "../order/model.ts"
import type { OutboxDraft } from "../store/change.ts"

/** The method of messages in a pull lane: "this order has news". What the news are is read when it is offered (D28). */
export const ORDER_NEWS = "order"

/** A connection that fetches the orders of some branches by itself. */
export interface Taker {
  readonly connection: string
  readonly takes: (branchId: string) => boolean
  /** The connection whose links name its products; left out, its own. */
  readonly links?: string
}

export interface NewsMeta {
  readonly now: Instant
  readonly actor: Actor
}

/** Is this part at a branch of the connection? A `placed` one has not been given to any branch yet. */
export const isAt = (f: Fulfilment, taker: Taker): boolean =>
  f.branchId !== null && f.status !== "placed" && taker.takes(f.branchId)

/** Would it be told of the part if it had not heard of it before? What is with the operator may still go elsewhere. */
export const isShown = (f: Fulfilment, taker: Taker): boolean => f.status !== "operator" && isAt(f, taker)

/** All of a part that a partner can see, as text to compare. Holds, scans and notes are our own affair. */
const sight = (f: Fulfilment): string =>
  JSON.stringify([
    f.status,
    f.branchId,
    f.endReason,
    f.lines.map((line) => [line.lineId, line.productId, line.quantity, line.sold, line.price])
  ])

const head = (order: Order): string =>
  JSON.stringify([order.customer, order.delivery, order.payment, order.comment])

const headChanged = (before: Order, after: Order): boolean =>
  (before.customer !== after.customer || before.delivery !== after.delivery || before.payment !== after.payment ||
    before.comment !== after.comment) && head(before) !== head(after)

const partChanged = (was: Fulfilment, f: Fulfilment): boolean => was !== f && sight(was) !== sight(f)

const concerns = (before: Order | null, after: Order, taker: Taker, sameHead: boolean): boolean => {
  const changed = after.fulfilments.some((f) => {
    const was = before?.fulfilments.find((old) => old.id === f.id)
    if (was === undefined) return isShown(f, taker)
    if (sameHead && !partChanged(was, f)) return false
    return isShown(was, taker) || isShown(f, taker) || (isAt(was, taker) && !isAt(f, taker))
  })
  return changed || (before?.fulfilments.some((was) => isAt(was, taker) && !after.fulfilments.some((f) => f.id === was.id)) ?? false)
}

/**
 * Which connections have news of an order that went from one state to another: a message per connection, with the
 * order's version. News are a change of what the partner can see (status, branch, lines, customer, delivery, payment,
 * reason of the end) of a part at one of its branches, or that a part has left them. What the partner said itself is
 * no news to it. Pure; costs nothing where nobody takes orders.
 */
export const orderNewsBetween = (
  before: Order | null,
  after: Order,
  takers: ReadonlyArray<Taker>,
  meta: NewsMeta
): ReadonlyArray<OutboxDraft> => {
  if (takers.length === 0) return []
  const sameHead = before !== null && !headChanged(before, after)
  const own = (taker: Taker): boolean => meta.actor.kind === "partner" && meta.actor.id === taker.connection
  return takers.filter((taker) => !own(taker) && concerns(before, after, taker, sameHead)).map(({ connection }) => ({
    id: `${after.id}:${connection}:${after.version}`,
    lane: connection,
    method: ORDER_NEWS,
    orderId: after.id,
    payload: {},
    availableAt: meta.now,
    orderVersion: after.version
  }))
}
