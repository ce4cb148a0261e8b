import { Actor, IsoInstant, type RecordedEvent, Schema, toIso } from "@aptekit/core"

/** Something that happened, as the API and the live feed show it: ids only, no personal data. */
export const EventView = Schema.Struct({
  seq: Schema.Int,
  /** `order.placed`, `fulfilment.accept`, `sale.recorded`, `stock.imported`… */
  type: Schema.String,
  at: IsoInstant,
  orderId: Schema.NullOr(Schema.String),
  fulfilmentId: Schema.NullOr(Schema.String),
  branchId: Schema.NullOr(Schema.String),
  actor: Actor,
  /** Before and after of status, quantities and reservation; reasons. */
  data: Schema.Record(Schema.String, Schema.Unknown)
}).annotate({ identifier: "Event" })

export const viewEvent = (event: RecordedEvent): typeof EventView.Encoded => ({
  seq: event.seq,
  type: event.type,
  at: toIso(event.at),
  orderId: event.orderId,
  fulfilmentId: event.fulfilmentId,
  branchId: event.branchId,
  actor: event.actor,
  data: event.data
})
