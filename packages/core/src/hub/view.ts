import { Schema } from "effect"
import { AddressCandidate } from "../assembly/address.ts"
import { AssemblyPlan } from "../assembly/model.ts"
import { IsoInstant, toIso } from "../kernel/time.ts"
import { Money } from "../kernel/money.ts"
import { CaseReason } from "../operator/model.ts"
import { allowedCommands, orderStatus } from "../order/life.ts"
import { totalOf } from "../order/intake.ts"
import { Delivery, FulfilmentStatus, type Order, OrderCustomer, Payment } from "../order/model.ts"

const NullableInstant = Schema.NullOr(IsoInstant)

const LineView = Schema.Struct({
  lineId: Schema.Int,
  productId: Schema.NullOr(Schema.String),
  asked: Schema.String,
  quantity: Schema.Int,
  held: Schema.Int,
  sold: Schema.Int,
  scanned: Schema.Int,
  price: Schema.NullOr(Money)
}).annotate({ identifier: "OrderLine" })

const FulfilmentView = Schema.Struct({
  id: Schema.String,
  number: Schema.String,
  branchId: Schema.NullOr(Schema.String),
  status: FulfilmentStatus,
  /** Commands that this state allows. */
  allowed: Schema.Array(Schema.String),
  lines: Schema.Array(LineView),
  reservation: Schema.NullOr(
    Schema.Struct({
      state: Schema.Literals(["pending", "live", "released", "consumed", "expired"]),
      expiresAt: IsoInstant
    })
  ),
  acceptedAt: NullableInstant,
  deferredUntil: NullableInstant,
  expectedAt: NullableInstant,
  putBack: Schema.NullOr(Schema.Literals(["due", "done"])),
  endReason: Schema.NullOr(Schema.String),
  note: Schema.NullOr(Schema.String)
}).annotate({ identifier: "Fulfilment" })

/** An order as APIs and the Promise face show it (D32): plain JSON, instants as ISO 8601, money in minor units. */
export const OrderView = Schema.Struct({
  id: Schema.String,
  number: Schema.String,
  version: Schema.Int,
  channel: Schema.String,
  externalId: Schema.String,
  status: FulfilmentStatus,
  createdAt: IsoInstant,
  updatedAt: IsoInstant,
  customer: OrderCustomer,
  delivery: Delivery,
  payment: Payment,
  total: Money,
  comment: Schema.NullOr(Schema.String),
  fulfilments: Schema.Array(FulfilmentView),
  cases: Schema.Array(
    Schema.Struct({
      caseId: Schema.Int,
      part: Schema.Int,
      reason: CaseReason,
      lineId: Schema.NullOr(Schema.Int),
      comment: Schema.NullOr(Schema.String),
      openedAt: IsoInstant,
      closedAt: NullableInstant,
      /** What the person who closed it wrote. */
      resolution: Schema.NullOr(Schema.String),
      /** Of `addressUnclear`: the places that the address may mean. */
      candidates: Schema.optionalKey(Schema.Array(AddressCandidate))
    })
  ),
  plan: Schema.NullOr(AssemblyPlan)
}).annotate({ identifier: "Order" })
export type OrderView = typeof OrderView.Encoded

const iso = (at: number | null): string | null => (at === null ? null : toIso(at))

/** The order as the API and hosts see it: plain JSON, instants as text. */
export const viewOrder = (order: Order): OrderView => ({
  id: order.id,
  number: order.number,
  version: order.version,
  channel: order.channelId,
  externalId: order.externalId,
  status: orderStatus(order.fulfilments),
  createdAt: toIso(order.createdAt),
  updatedAt: toIso(order.updatedAt),
  customer: order.customer,
  delivery: order.delivery,
  payment: order.payment,
  total: totalOf(order),
  comment: order.comment,
  fulfilments: order.fulfilments.map((f) => ({
    id: f.id,
    number: `${order.number}-${f.part}`,
    branchId: f.branchId,
    status: f.status,
    allowed: allowedCommands(f.status).filter((command) => command !== "putBack" || f.putBack === "due"),
    lines: f.lines.map(({ lineId, productId, asked, quantity, held, sold, scanned, price }) => ({
      lineId, productId, asked, quantity, held, sold, scanned, price
    })),
    reservation: f.reservation === null
      ? null
      : { state: f.reservation.state, expiresAt: toIso(f.reservation.expiresAt) },
    acceptedAt: iso(f.acceptedAt),
    deferredUntil: iso(f.deferredUntil),
    expectedAt: iso(f.expectedAt),
    putBack: f.putBack,
    endReason: f.endReason,
    note: f.note
  })),
  cases: order.cases.map((c) => ({ ...c, openedAt: toIso(c.openedAt), closedAt: iso(c.closedAt) })),
  plan: order.plan
})
