import { Schema } from "effect"
import { definePort } from "../adapter/port.ts"
import { MESSAGE_KINDS } from "../network/policy.ts"
import { Language } from "../order/model.ts"

/** By what road a message goes; an adapter takes the kinds of its gateway and rejects the others. */
export const MessageKind = Schema.Literals(MESSAGE_KINDS)
export type MessageKind = typeof MessageKind.Type

/**
 * How a message stands at its gateway: `accepted` by the gateway, `sent` to the operator, then one of the ends.
 * `unknown`: the gateway does not know this message, or does not know what became of it.
 */
export const MessageState = Schema.Literals([
  "accepted", "sent", "delivered", "undelivered", "expired", "rejected", "unknown"
])
export type MessageState = typeof MessageState.Type

/** The gateway's id of a message: so long at most as a table's key. */
export const ProviderId = Schema.NonEmptyString.check(Schema.isMaxLength(191))

/** An amount as the partner writes it, `"1234.50"`, with its ISO 4217 currency. */
const Amount = Schema.Struct({
  amount: Schema.String.check(Schema.isPattern(/^-?\d+(\.\d+)?$/u)),
  currency: Schema.NonEmptyString
})

/**
 * What gateways differ in:
 * - `sms`, `email`, `push`: the kinds of message that it takes, one at least;
 * - `lookUp`: a message can be found by our id, so that a lost answer need not stay lost (`find`);
 * - `idempotentSend`: our id twice is one message;
 * - `status`, `balance`: can be asked for;
 * - `deliveryReports`: the gateway calls the adapter's entrance, or tells over its connection;
 * - `senderNames`: messages bear a name that the gateway has registered.
 */
export const MESSAGE_CAPABILITIES = [
  "sms", "email", "push", "lookUp", "status", "balance", "deliveryReports", "idempotentSend", "senderNames"
] as const

/**
 * Messages to buyers (SMS-1, SMS-2). `id` is stable for one event of one order: a gateway that takes an idempotency key
 * gets it. `ask`: most gateways take none, so a lost answer is looked up, never repeated blindly (D27).
 */
export const messagesPort = definePort("messages", {
  send: {
    input: Schema.Struct({
      id: Schema.String,
      /** `sms`: E.164. `email`: the address. `push`: the subscription, `{ endpoint, keys: { p256dh, auth } }` as JSON. */
      to: Schema.String,
      text: Schema.String,
      language: Language,
      kind: MessageKind,
      /** Of an e-mail; the title of a push message. */
      subject: Schema.optionalKey(Schema.String),
      /** Of an e-mail, beside its `text`. */
      html: Schema.optionalKey(Schema.String),
      /** What a push message opens. */
      url: Schema.optionalKey(Schema.String),
      /** Instead of the sender's name of the configuration. */
      sender: Schema.optionalKey(Schema.String),
      /** After so many minutes it need not arrive any more. */
      validMinutes: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0)))
    }),
    output: Schema.Struct({
      providerId: ProviderId,
      /** Segments that the gateway charges for. */
      parts: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
      price: Schema.optionalKey(Amount)
    }),
    repeat: "ask"
  },
  /** What became of a message that was sent under this id: the answer to `ask`. */
  find: {
    input: Schema.Struct({ id: Schema.String, to: Schema.String }),
    output: Schema.Struct({ providerId: Schema.NullOr(ProviderId) }),
    repeat: "safe",
    capability: "lookUp"
  },
  /** How a message stands that was sent. `at`: ISO 8601, when it came to be so. */
  status: {
    input: Schema.Struct({ providerId: Schema.String, to: Schema.String }),
    output: Schema.Struct({
      state: MessageState,
      at: Schema.NullOr(Schema.String),
      /** The gateway's own code or word, without personal data. */
      detail: Schema.NullOr(Schema.String)
    }),
    repeat: "safe",
    capability: "status"
  },
  /** What is left on the account with the gateway. */
  balance: {
    input: Schema.Struct({}),
    output: Schema.NullOr(Amount),
    repeat: "safe",
    capability: "balance"
  }
}, MESSAGE_CAPABILITIES)
