import { Schema } from "effect"
import type { Order, Payment } from "./model.ts"

/** What a payment provider or a person reports of an order's money (ORD-21). A fact: told twice, it counts once. */
export const PaymentReport = Schema.Struct({
  state: Schema.Literals(["paid", "refunded"]),
  /** The provider's id of this payment or refund. */
  reference: Schema.NonEmptyString.check(Schema.isMaxLength(128))
})
export type PaymentReport = typeof PaymentReport.Type

/** Money that came for an order that is no more is to be given back. */
const paidState = (order: Order): Payment["state"] =>
  order.fulfilments.every((f) => f.status === "cancelled" || f.status === "expired") ? "refundDue" : "paid"

/** The order after a report; the same order where it says nothing new. */
export const reportPayment = (order: Order, report: PaymentReport): Order => {
  const { state } = order.payment
  if (report.state === "paid" && state !== "pending") return order
  if (report.state === "refunded" && state === "refunded") return order
  const next = report.state === "refunded" ? "refunded" : paidState(order)
  return { ...order, payment: { ...order.payment, state: next } }
}
