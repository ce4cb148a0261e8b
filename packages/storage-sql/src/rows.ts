import type { Order } from "@aptekit/core"
import type { Insertable, Selectable } from "kysely"
import type { Schema } from "./schema.ts"

export type OrderRow = Selectable<Schema["orders"]>
export type FulfilmentRow = Selectable<Schema["fulfilments"]>
export type LineRow = Selectable<Schema["order_lines"]>
export type CaseRow = Selectable<Schema["operator_cases"]>
export type EventRow = Insertable<Schema["events"]>

/** All rows of one order. */
export interface OrderRows {
  readonly order: OrderRow
  readonly fulfilments: ReadonlyArray<FulfilmentRow>
  readonly lines: ReadonlyArray<LineRow>
  readonly cases: ReadonlyArray<CaseRow>
}

const flag = (value: boolean): number => (value ? 1 : 0)

type Fulfilment = Order["fulfilments"][number]
type Line = Fulfilment["lines"][number]

export const fulfilmentRow = (order: Order, f: Fulfilment): FulfilmentRow => ({
  id: f.id,
  order_id: order.id,
  part: f.part,
  branch_id: f.branchId,
  status: f.status,
  reservation_state: f.reservation?.state ?? null,
  expires_at: f.reservation?.expiresAt ?? null,
  sweep_at: f.sweepAt,
  accepted_at: f.acceptedAt,
  deferred_until: f.deferredUntil,
  expected_at: f.expectedAt,
  awaiting_from: f.awaitingFrom,
  delivered: flag(f.delivered),
  put_back: f.putBack,
  end_reason: f.endReason,
  note: f.note
})

export const lineRow = (order: Order, f: Fulfilment, line: Line, position: number): LineRow => ({
  order_id: order.id,
  line_id: line.lineId,
  part: f.part,
  position,
  product_id: line.productId,
  asked: line.asked,
  quantity: line.quantity,
  held: line.held,
  sold: line.sold,
  scanned: line.scanned,
  tracked: flag(line.tracked),
  price: line.price?.amount ?? null,
  price_currency: line.price?.currency ?? null,
  channel_price: line.channelPrice?.amount ?? null,
  channel_currency: line.channelPrice?.currency ?? null
})

export const caseRow = (order: Order, c: Order["cases"][number]): CaseRow => ({
  order_id: order.id,
  case_id: c.caseId,
  part: c.part,
  reason: c.reason,
  line_id: c.lineId,
  comment: c.comment,
  opened_at: c.openedAt,
  closed_at: c.closedAt,
  resolution: c.resolution,
  candidates: c.candidates === undefined ? null : JSON.stringify(c.candidates)
})

/** What an order is found by at the counter: name, phone digits, number; folded (ORD-17, D23). */
const searchText = (order: Order, fold: (text: string) => string): string =>
  [order.number, fold(order.customer.name), order.customer.phone?.replace(/\D/gu, "") ?? "", fold(order.externalId)]
    .join(" ")

export const orderRow = (order: Order, status: string, fold: (text: string) => string): OrderRow => {
  const { delivery } = order
  const address = delivery.type === "courier" ? delivery.address : null
  return {
    id: order.id,
    number: order.number,
    version: order.version,
    channel_id: order.channelId,
    external_id: order.externalId,
    replaces: order.replaces,
    status,
    created_at: order.createdAt,
    updated_at: order.updatedAt,
    customer_name: order.customer.name,
    customer_phone: order.customer.phone,
    customer_email: order.customer.email,
    language: order.customer.language,
    delivery_type: delivery.type,
    pickup_branch: delivery.type === "pickup" ? delivery.branchId : null,
    address: address?.text ?? null,
    lat: address?.point?.lat ?? null,
    lon: address?.point?.lon ?? null,
    payment_method: order.payment.method,
    payment_state: order.payment.state,
    currency: order.currency,
    comment: order.comment,
    plan: order.plan === null ? null : JSON.stringify(order.plan),
    request: order.request,
    search: searchText(order, fold)
  }
}

const money = (amount: number | null, currency: string | null) =>
  amount === null || currency === null ? null : { amount, currency }

const lineOf = (row: LineRow) => ({
  lineId: row.line_id,
  productId: row.product_id,
  asked: row.asked,
  quantity: row.quantity,
  held: row.held,
  sold: row.sold,
  scanned: row.scanned,
  tracked: row.tracked === 1,
  price: money(row.price, row.price_currency),
  channelPrice: money(row.channel_price, row.channel_currency)
})

const fulfilmentOf = (row: FulfilmentRow, lines: ReadonlyArray<LineRow>) => ({
  id: row.id,
  part: row.part,
  branchId: row.branch_id,
  status: row.status,
  lines: lines.filter((line) => line.part === row.part).sort((a, b) => a.position - b.position).map(lineOf),
  reservation: row.reservation_state === null ? null : { state: row.reservation_state, expiresAt: row.expires_at },
  acceptedAt: row.accepted_at,
  deferredUntil: row.deferred_until,
  expectedAt: row.expected_at,
  awaitingFrom: row.awaiting_from,
  sweepAt: row.sweep_at,
  delivered: row.delivered === 1,
  putBack: row.put_back,
  endReason: row.end_reason,
  note: row.note
})

/** The aggregate from its rows. What was written was valid, so it is not decoded again on each read. */
export const orderOf = ({ order, fulfilments, lines, cases }: OrderRows): Order =>
  ({
    id: order.id,
    number: order.number,
    version: order.version,
    channelId: order.channel_id,
    externalId: order.external_id,
    replaces: order.replaces,
    createdAt: order.created_at,
    updatedAt: order.updated_at,
    customer: { name: order.customer_name, phone: order.customer_phone, email: order.customer_email, language: order.language },
    delivery: order.delivery_type === "pickup"
      ? { type: "pickup", branchId: order.pickup_branch }
      : {
        type: "courier",
        address: { text: order.address, point: order.lat === null || order.lon === null ? null : { lat: order.lat, lon: order.lon } }
      },
    payment: { method: order.payment_method, state: order.payment_state },
    currency: order.currency,
    comment: order.comment,
    fulfilments: fulfilments.toSorted((a, b) => a.part - b.part).map((row) => fulfilmentOf(row, lines)),
    cases: cases.toSorted((a, b) => a.case_id - b.case_id).map((row) => ({
      caseId: row.case_id,
      part: row.part,
      reason: row.reason,
      lineId: row.line_id,
      comment: row.comment,
      openedAt: row.opened_at,
      closedAt: row.closed_at,
      resolution: row.resolution,
      ...(row.candidates === null ? {} : { candidates: JSON.parse(row.candidates) })
    })),
    plan: order.plan === null ? null : JSON.parse(order.plan),
    request: order.request
  }) as unknown as Order
