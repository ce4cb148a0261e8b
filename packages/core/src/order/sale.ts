import { Schema } from "effect"
import { BranchId, ProductId } from "../kernel/ids.ts"
import { Money } from "../kernel/money.ts"
import { Quantity } from "../kernel/quantity.ts"
import { IsoInstant, type Instant } from "../kernel/time.ts"
import type { Movement } from "../stock/model.ts"
import { closeCases, openCase, soldInFull, withFulfilment } from "./edit.ts"
import type { Fulfilment, Order, OrderLine } from "./model.ts"

/** A sale, or a return, as the cash register's system sends it (D32); idempotent by `source` and `id`. */
export const Sale = Schema.Struct({
  source: Schema.NonEmptyString.check(Schema.isMaxLength(64)),
  id: Schema.NonEmptyString.check(Schema.isMaxLength(128)),
  /** `return`: the lines came back to the branch. Left out: a sale. */
  kind: Schema.optionalKey(Schema.Literals(["sale", "return"])),
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

interface World {
  readonly now: Instant
  readonly partialSale: boolean
  readonly isTracked: (id: ProductId) => boolean
}

type Units = Map<ProductId, number>

/** The opposite of `sellHeld`: what was sold at hand-over and came back is held again. */
export const unsell = (f: Fulfilment): Fulfilment => ({
  ...f,
  lines: f.lines.map((line) => ({ ...line, held: line.held + line.sold, sold: 0 }))
})

/** Nothing is told before it happened: a register whose clock runs ahead must not move stock of later statements. */
const timeOf = (sale: Sale, { now }: World): Instant => Math.min(Date.parse(sale.occurredAt), now)

/** What came back to the branch. */
const returnsOf = (sale: Sale, world: World): ReadonlyArray<Movement> =>
  sale.lines.filter((line) => world.isTracked(line.productId)).map(({ productId, quantity }) => ({
    productId,
    branchId: sale.branchId,
    quantity,
    cause: "return",
    occurredAt: timeOf(sale, world),
    ref: `${sale.source}/${sale.id}`
  }))

/** What left the branch by this receipt: all of it but the units that were sold before. */
const movementsOf = (sale: Sale, world: World, again: Units = new Map()): ReadonlyArray<Movement> => {
  const left = new Map(again)
  const occurredAt = timeOf(sale, world)
  return sale.lines.filter((line) => world.isTracked(line.productId)).flatMap(({ productId, quantity }) => {
    const known = Math.min(quantity, left.get(productId) ?? 0)
    left.set(productId, (left.get(productId) ?? 0) - known)
    return known === quantity ? [] : [{
      productId,
      branchId: sale.branchId,
      quantity: known - quantity,
      cause: "sale" as const,
      occurredAt,
      ref: `${sale.source}/${sale.id}`
    }]
  })
}

/** Lets a sale take from the lines it names: what was held is consumed first. `again`: units that were sold before. */
const take = (
  lines: ReadonlyArray<OrderLine>,
  sale: Sale
): { readonly lines: ReadonlyArray<OrderLine>; readonly again: Units } => {
  const left: Units = new Map()
  for (const sold of sale.lines) left.set(sold.productId, (left.get(sold.productId) ?? 0) + sold.quantity)
  const next = lines.map((line) => {
    const units = line.productId === null ? 0 : (left.get(line.productId) ?? 0)
    const take = Math.min(units, line.quantity - line.sold)
    if (take === 0) return line
    left.set(line.productId!, units - take)
    return { ...line, sold: line.sold + take, held: line.held - Math.min(line.held, take) }
  })
  const again: Units = new Map()
  for (const { productId, sold } of lines) {
    const units = productId === null ? 0 : Math.min(sold, left.get(productId) ?? 0)
    if (units === 0) continue
    left.set(productId!, left.get(productId!)! - units)
    again.set(productId!, (again.get(productId!) ?? 0) + units)
  }
  return { lines: next, again }
}

/**
 * A sale against a fulfilment, or a walk-in where there is none (ORD-6, D7, D9):
 * sold in full and (if for delivery) delivered closes it, in whichever order the two come; `expired` closes as sold
 * late; `cancelled` moves stock like a walk-in and opens a case, and so does the rest of a part that was closed sold in
 * part; units sold a second time move nothing and open one. A return moves stock and touches no order: what was sold stays
 * sold, whoever brings it back.
 */
export const decideSale = (
  order: Order | null,
  fulfilmentId: string | null,
  sale: Sale,
  world: World
): SaleRuling => {
  const { now } = world
  if (sale.kind === "return") return { order: null, movements: returnsOf(sale, world) }
  const f = order?.fulfilments.find((candidate) => candidate.id === fulfilmentId)
  if (order === null || f === undefined) return { order: null, movements: movementsOf(sale, world) }
  if (f.branchId !== sale.branchId || f.status === "placed") {
    return { order: openCase(order, f.part, "soldDifferently", now), movements: movementsOf(sale, world) }
  }
  const { lines, again } = take(f.lines, sale)
  const movements = movementsOf(sale, world, again)
  const known = again.size > 0
  if (f.status === "closed" || f.status === "cancelled") {
    return { order: openCase(order, f.part, known ? "doubleSale" : "soldAfterEnd", now), movements }
  }
  if (known && lines.every((line, i) => line === f.lines[i])) {
    return { order: openCase(order, f.part, "doubleSale", now), movements }
  }
  const after = closeIfDone(order, { ...f, lines }, now)
  // A receipt that sells part of what may only be sold whole, or something twice, happened all the same: it is kept.
  const odd = known || (!soldInFull({ ...f, lines }) && !world.partialSale)
  return { order: odd ? openCase(after, f.part, "soldDifferently", now) : after, movements }
}

/** Closes a part that is sold in full and, if for delivery, delivered (D9); the last part's closing means it is paid. */
export const closeIfDone = (order: Order, f: Fulfilment, now: Instant): Order => {
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
  // Sold late: what was to be refunded has been paid for after all.
  return everyPartEnded && ["pending", "refundDue"].includes(closed.payment.state)
    ? { ...closed, payment: { ...closed.payment, state: "paid" } }
    : closed
}
