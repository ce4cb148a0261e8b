import { Schema } from "effect"
import { BranchId, ProductId } from "../kernel/ids.ts"
import { Money } from "../kernel/money.ts"
import { Quantity } from "../kernel/quantity.ts"
import { IsoInstant, type Instant } from "../kernel/time.ts"
import type { Movement } from "../stock/model.ts"
import { closeCases, openCase, soldInFull, withFulfilment } from "./edit.ts"
import type { Fulfilment, Order, OrderLine } from "./model.ts"

/** A sale as the cash register's system sends it (D32); idempotent by `source` and `id`. */
export const Sale = Schema.Struct({
  source: Schema.NonEmptyString.check(Schema.isMaxLength(64)),
  id: Schema.NonEmptyString.check(Schema.isMaxLength(128)),
  branchId: BranchId,
  occurredAt: IsoInstant,
  /** `<order>-<part>`, or the order's number where it has one part; left out for a walk-in sale. */
  fulfilmentNumber: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(20))),
  lines: Schema.NonEmptyArray(
    Schema.Struct({
      productId: ProductId,
      quantity: Quantity,
      price: Schema.optionalKey(Money),
      /** Opaque marks of the goods (DataMatrix), as the register read them. */
      markCodes: Schema.optionalKey(Schema.Array(Schema.String.check(Schema.isMaxLength(256))))
    })
  ).check(Schema.isMaxLength(500))
})
export type Sale = typeof Sale.Type

/** What a sale makes of an order and of the stock. A fact is never refused (D7). */
export interface SaleRuling {
  readonly order: Order | null
  readonly movements: ReadonlyArray<Movement>
}

/** Everything held is sold at once: where hand-over or delivery is the sale (policy of the branch, D9). */
export const sellHeld = (f: Fulfilment): Fulfilment => ({
  ...f,
  lines: f.lines.map((line) => ({ ...line, sold: line.sold + line.held, held: 0 }))
})

const movementsOf = (sale: Sale, occurredAt: Instant, isTracked: (id: ProductId) => boolean): ReadonlyArray<Movement> =>
  sale.lines.filter((line) => isTracked(line.productId)).map((line) => ({
    productId: line.productId,
    branchId: sale.branchId,
    quantity: -line.quantity,
    cause: "sale" as const,
    occurredAt,
    ref: `${sale.source}/${sale.id}`
  }))

/** Lets a sale take from the lines it names: what was held is consumed first. Gives what no line wanted. */
const take = (
  lines: ReadonlyArray<OrderLine>,
  sale: Sale
): { readonly lines: ReadonlyArray<OrderLine>; readonly again: boolean } => {
  const left = new Map<ProductId, number>()
  for (const sold of sale.lines) left.set(sold.productId, (left.get(sold.productId) ?? 0) + sold.quantity)
  let again = false
  const next = lines.map((line) => {
    const units = line.productId === null ? 0 : (left.get(line.productId) ?? 0)
    const take = Math.min(units, line.quantity - line.sold)
    if (units > 0 && take === 0) again = true
    if (take === 0) return line
    left.set(line.productId!, units - take)
    return { ...line, sold: line.sold + take, held: line.held - Math.min(line.held, take) }
  })
  return { lines: next, again }
}

/**
 * A sale against a fulfilment, or a walk-in where there is none (ORD-6, D7, D9):
 * sold in full and (if for delivery) delivered closes it, in whichever order the two come; `expired` closes as sold
 * late; `cancelled` moves stock like a walk-in and opens a case; lines sold a second time move nothing and open one.
 */
export const decideSale = (
  order: Order | null,
  fulfilmentId: string | null,
  sale: Sale,
  world: { readonly now: Instant; readonly partialSale: boolean; readonly isTracked: (id: ProductId) => boolean }
): SaleRuling => {
  const { now } = world
  const movements = movementsOf(sale, Date.parse(sale.occurredAt), world.isTracked)
  const f = order?.fulfilments.find((candidate) => candidate.id === fulfilmentId)
  if (order === null || f === undefined) return { order: null, movements }
  if (f.status === "closed") return { order: openCase(order, f.part, "doubleSale", now), movements: [] }
  if (f.status === "cancelled") return { order: openCase(order, f.part, "soldAfterEnd", now), movements }
  if (f.branchId !== sale.branchId || f.status === "placed") {
    return { order: openCase(order, f.part, "soldDifferently", now), movements }
  }
  const { lines, again } = take(f.lines, sale)
  const onlyAgain = again && lines.every((line, i) => line === f.lines[i])
  if (onlyAgain) return { order: openCase(order, f.part, "doubleSale", now), movements: [] }
  const after = closeIfDone(order, { ...f, lines }, now)
  // A receipt that sells part of what may only be sold whole, or something twice, happened all the same: it is kept.
  const odd = again || (!soldInFull({ ...f, lines }) && !world.partialSale)
  return { order: odd ? openCase(after, f.part, "soldDifferently", now) : after, movements }
}

const closeIfDone = (order: Order, f: Fulfilment, now: Instant): Order => {
  const full = soldInFull(f)
  const done = full && (order.delivery.type === "pickup" || f.delivered || f.status === "expired")
  if (!done) return withFulfilment(order, f)
  const late = f.status === "expired"
  const next: Fulfilment = {
    ...f,
    status: "closed",
    lines: f.lines.map((line) => (line.held === 0 ? line : { ...line, held: 0 })),
    reservation: f.reservation === null ? null : { ...f.reservation, state: late ? "expired" : "consumed" },
    putBack: null,
    endReason: late ? "soldLate" : "sold"
  }
  const closed = closeCases(withFulfilment(order, next), f.part, now)
  const everyPartEnded = closed.fulfilments.every((part) => part.status === "closed" || part.status === "cancelled")
  return everyPartEnded && closed.payment.state === "pending"
    ? { ...closed, payment: { ...closed.payment, state: "paid" } }
    : closed
}
