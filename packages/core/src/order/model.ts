import { Schema } from "effect"
import { OperatorCase } from "../operator/model.ts"
import { BranchId, ChannelId, FulfilmentId, OrderId, ProductId } from "../kernel/ids.ts"
import { Money } from "../kernel/money.ts"
import { Instant } from "../kernel/time.ts"
import { Point } from "../network/model.ts"
import { AssemblyPlan } from "../assembly/model.ts"

/** The states of a fulfilment, in the words of `domain.md`. */
export const FulfilmentStatus = Schema.Literals([
  "placed",
  "operator",
  "assigned",
  "accepted",
  "awaiting",
  "assembled",
  "delivering",
  "delivered",
  "returning",
  "closed",
  "cancelled",
  "expired"
])
export type FulfilmentStatus = typeof FulfilmentStatus.Type

/** The languages in which buyers are told. */
export const Language = Schema.Literals(["ru", "kk", "en"])
export type Language = typeof Language.Type

/** The buyer as the order knows them. `phone` is E.164, null where none could be read; `email` in lower case, null where none was given. */
export const OrderCustomer = Schema.Struct({
  name: Schema.String,
  phone: Schema.NullOr(Schema.String),
  email: Schema.NullOr(Schema.String),
  language: Language
})

/** Collected at a branch, or brought to an address; `point` is null until it is known where that lies. */
export const Delivery = Schema.Union([
  Schema.Struct({ type: Schema.Literal("pickup"), branchId: BranchId }),
  Schema.Struct({
    type: Schema.Literal("courier"),
    address: Schema.Struct({ text: Schema.String, point: Schema.NullOr(Point) })
  })
])
export type Delivery = typeof Delivery.Type

/**
 * A line of a fulfilment. `lineId` is unique in its order and never changes.
 * `held` + `sold` never exceed `quantity`; a line without stock control is held without a hold (D6).
 */
export const OrderLine = Schema.Struct({
  lineId: Schema.Int,
  /** Null while nobody knows which product was meant; `asked` then says what the channel wrote. */
  productId: Schema.NullOr(ProductId),
  asked: Schema.String,
  quantity: Schema.Int,
  held: Schema.Int,
  sold: Schema.Int,
  scanned: Schema.Int,
  /** Does holding this line reserve stock? False for products or branches without stock control. */
  tracked: Schema.Boolean,
  price: Schema.NullOr(Money),
  /** The price that the channel named, where it named one. */
  channelPrice: Schema.NullOr(Money)
})
export type OrderLine = typeof OrderLine.Type

/**
 * Goods held for a fulfilment until a time.
 * `pending`: nothing is held yet (policy `reserveAt: branch`), but the end runs all the same.
 */
export const Reservation = Schema.Struct({
  state: Schema.Literals(["pending", "live", "released", "consumed", "expired"]),
  expiresAt: Instant
})
export type Reservation = typeof Reservation.Type

/** The part of an order that one branch fulfils. */
export const Fulfilment = Schema.Struct({
  id: FulfilmentId,
  /** 1…9 within the order; its number is `<order>-<part>` (D14). */
  part: Schema.Int,
  branchId: Schema.NullOr(BranchId),
  status: FulfilmentStatus,
  lines: Schema.Array(OrderLine),
  reservation: Schema.NullOr(Reservation),
  acceptedAt: Schema.NullOr(Instant),
  /** The call for the branch's attention is silent until then. */
  deferredUntil: Schema.NullOr(Instant),
  /** When the missing lines of a purchase request are expected. */
  expectedAt: Schema.NullOr(Instant),
  /** Where `arrive` leads back to (D11). */
  awaitingFrom: Schema.NullOr(Schema.Literals(["operator", "accepted"])),
  /** When the system must act on the end of the reservation; null where a person decides or no end runs (D11). */
  sweepAt: Schema.NullOr(Instant),
  delivered: Schema.Boolean,
  /** Goods of an ended, packed fulfilment that must go back on the shelf (ORD-18). */
  putBack: Schema.NullOr(Schema.Literals(["due", "done"])),
  endReason: Schema.NullOr(Schema.String),
  /** What the operator last wrote to the branch, or the branch of it. */
  note: Schema.NullOr(Schema.String)
})
export type Fulfilment = typeof Fulfilment.Type

/** Method and state of the order's money (ORD-21). */
export const Payment = Schema.Struct({
  method: Schema.Literals(["cash", "card", "online", "invoice"]),
  state: Schema.Literals(["pending", "paid", "refundDue", "refunded"])
})
export type Payment = typeof Payment.Type

/** One aggregate with one version: the order, its fulfilments, lines, reservations, cases and payment (D12). */
export const Order = Schema.Struct({
  id: OrderId,
  number: Schema.String,
  version: Schema.Int,
  channelId: ChannelId,
  externalId: Schema.String,
  /** The order that this one replaces after talking to the buyer (ORD-15). */
  replaces: Schema.NullOr(OrderId),
  createdAt: Instant,
  updatedAt: Instant,
  customer: OrderCustomer,
  delivery: Delivery,
  payment: Payment,
  currency: Schema.String,
  comment: Schema.NullOr(Schema.String),
  fulfilments: Schema.Array(Fulfilment),
  cases: Schema.Array(OperatorCase),
  plan: Schema.NullOr(AssemblyPlan),
  /** The normalised request, kept to tell a repetition from another order (D15). */
  request: Schema.String
})
export type Order = typeof Order.Type
