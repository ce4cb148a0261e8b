import { Effect } from "effect"
import type { Product } from "../catalogue/model.ts"
import type { OrderId, ProductId } from "../kernel/ids.ts"
import { isEnded } from "../order/life.ts"
import type { Fulfilment, Order } from "../order/model.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import type { StorageService } from "../store/ports.ts"
import type { Offer } from "../store/pull.ts"
import { isAt, isShown, type Taker } from "./news.ts"

/** An order as a connection fetches it: its state now, not what happened on the way (D28). */
export interface PulledOrder {
  readonly order: Order
  /** To be named by the confirmation. */
  readonly version: number
  /** The parts at branches of this connection. One that ended before it was told of is left out, unless it was sold. */
  readonly parts: ReadonlyArray<Fulfilment>
  /** Parts that it was told of and that are no longer at its branches, as it was last told: to be cancelled there. */
  readonly left: ReadonlyArray<Fulfilment>
  /** How often this news was offered, this time included; 0 where it was only looked up. */
  readonly offers: number
  /** The products of all these lines, by id. */
  readonly products: ReadonlyMap<string, Product>
  /** Product id → this connection's id of it. */
  readonly externalIds: ReadonlyMap<string, string>
}

/** What a connection is to be told of an order: pure. */
export const shownParts = (
  order: Order,
  told: ReadonlyArray<Fulfilment>,
  taker: Taker
): Pick<PulledOrder, "parts" | "left"> => {
  const knows = (f: Fulfilment): boolean => told.some((part) => part.id === f.id)
  const endedUnsold = (f: Fulfilment): boolean => isEnded(f.status) && f.status !== "closed"
  return {
    parts: order.fulfilments.filter((f) => isAt(f, taker) && (knows(f) || (isShown(f, taker) && !endedUnsold(f)))),
    left: told.filter((part) => {
      const now = order.fulfilments.find((f) => f.id === part.id)
      return now === undefined || !isAt(now, taker)
    })
  }
}

type Described = Omit<PulledOrder, "offers">

/** Products and links of all orders at once: two reads, however many orders. */
const described = (
  storage: StorageService,
  taker: Taker,
  orders: ReadonlyArray<Order>
): Effect.Effect<ReadonlyArray<Described>, StorageUnavailable> =>
  Effect.gen(function*() {
    const told = yield* storage.pull.told(taker.connection, orders.map((order) => order.id))
    const shown = orders.map((order) => ({
      order,
      ...shownParts(order, told.filter((one) => one.orderId === order.id).map((one) => one.part), taker)
    }))
    const productsOf = (one: typeof shown[number]): ReadonlyArray<ProductId> => [
      ...new Set([...one.parts, ...one.left].flatMap((f) => f.lines).flatMap((l) => (l.productId === null ? [] : [l.productId])))
    ]
    const ids = [...new Set(shown.flatMap(productsOf))]
    const products = new Map((yield* storage.catalogue.byIds(ids)).map((product) => [product.id, product]))
    const links = new Map<string, string>()
    for (const { id, externalId } of yield* storage.catalogue.linksOf(taker.links ?? taker.connection, "product", ids)) {
      // Two of the partner's ids may mean one product of ours: always the same of them is sent.
      const other = links.get(id)
      if (other === undefined || externalId < other) links.set(id, externalId)
    }
    return shown.map((one) => {
      const own = productsOf(one)
      return {
        ...one,
        version: one.order.version,
        products: new Map(own.flatMap((id) => (products.has(id) ? [[id, products.get(id)!] as const] : []))),
        externalIds: new Map(own.flatMap((id) => (links.has(id) ? [[id, links.get(id)!] as const] : [])))
      }
    })
  })

const isEmpty = (one: Described): boolean => one.parts.length === 0 && one.left.length === 0

/**
 * Orders with news that the connection has not confirmed, oldest first; the same again until it confirms (D28). Counts
 * the offer. News of which nothing is left to tell (it came and went unseen) end here.
 */
export const pullOrders = (
  storage: StorageService,
  taker: Taker,
  limit: number
): Effect.Effect<ReadonlyArray<PulledOrder>, StorageUnavailable> =>
  Effect.gen(function*() {
    const lane = taker.connection
    while (true) {
      const pending = yield* storage.pull.pending(lane, limit)
      const orders = yield* storage.orders.byIds(pending.map((news) => news.orderId))
      const all = yield* described(storage, taker, orders)
      const empty = all.filter(isEmpty)
      if (empty.length > 0) {
        yield* storage.pull.confirm(lane, empty.map(({ order, version }) => ({ orderId: order.id, version, gone: [] })))
        continue
      }
      const offers = all.map(({ order, version, parts }): Offer => ({ orderId: order.id, version, parts }))
      if (offers.length > 0) yield* storage.pull.offered(lane, offers)
      const counts = new Map(pending.map((news) => [news.orderId, news.offers]))
      return all.map((one) => ({ ...one, offers: (counts.get(one.order.id) ?? 0) + 1 }))
    }
  })

/** The connection has taken the orders in as they were at these versions; newer news stay. */
export const confirmOrders = (
  storage: StorageService,
  taker: Taker,
  confirmed: ReadonlyArray<{ readonly orderId: OrderId; readonly version: number }>
): Effect.Effect<void, StorageUnavailable> =>
  Effect.gen(function*() {
    if (confirmed.length === 0) return
    const ids = confirmed.map((one) => one.orderId)
    const orders = new Map((yield* storage.orders.byIds(ids)).map((order) => [order.id, order]))
    const told = yield* storage.pull.told(taker.connection, ids)
    const gone = (id: OrderId) => {
      const order = orders.get(id)
      const parts = told.filter((one) => one.orderId === id).map((one) => one.part)
      return order === undefined ? [] : shownParts(order, parts, taker).left.map((part) => part.id)
    }
    yield* storage.pull.confirm(
      taker.connection,
      confirmed.map(({ orderId, version }) => ({ orderId, version, gone: gone(orderId) }))
    )
  })

/** `<order>-<part>` or the order's number alone. */
export const splitNumber = (number: string): { readonly order: string; readonly part: number | null } => {
  const [, order = number, part] = /^(.+?)(?:-(\d))?$/u.exec(number) ?? []
  return { order, part: part === undefined ? null : Number(part) }
}

/** Orders by number, as the connection would be told of them: to compare, no offer is counted. */
export const ordersByNumbers = (
  storage: StorageService,
  taker: Taker,
  numbers: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<PulledOrder>, StorageUnavailable> =>
  Effect.gen(function*() {
    const wanted = [...new Set(numbers.map((number) => splitNumber(number).order))]
    const orders = yield* storage.orders.byNumbers(wanted)
    return (yield* described(storage, taker, orders)).filter((one) => !isEmpty(one)).map((one) => ({ ...one, offers: 0 }))
  })
