import { type BuyerMessage, MessageKind, MessageState, NOTICES, OUTBOX_STATES, Schema, wayOf } from "@aptekit/core"

const isoOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

/** A message to a buyer. Neither its text nor the phone: both follow from the order. */
export const MessageView = Schema.Struct({
  id: Schema.String,
  connection: Schema.String,
  notice: Schema.Literals(NOTICES),
  /** By which it goes, or went. */
  kind: MessageKind,
  state: Schema.Literals(OUTBOX_STATES),
  error: Schema.NullOr(Schema.String),
  providerId: Schema.NullOr(Schema.String),
  report: Schema.NullOr(
    Schema.Struct({ state: MessageState, at: Schema.NullOr(Schema.String), detail: Schema.NullOr(Schema.String) })
  )
}).annotate({ identifier: "OrderMessage" })

export const viewMessage = (message: BuyerMessage): typeof MessageView.Encoded => ({
  id: message.id,
  connection: message.connection,
  notice: message.payload["notice"] as (typeof NOTICES)[number],
  kind: wayOf({ payload: message.payload, attempts: 0 }).kind,
  state: message.state,
  error: message.error,
  providerId: message.providerId,
  report: message.report === null ? null : { ...message.report, at: isoOf(message.report.at) }
})
