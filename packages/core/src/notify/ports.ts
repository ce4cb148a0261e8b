import { Schema } from "effect"
import { definePort } from "../adapter/port.ts"
import { Language } from "../order/model.ts"

/**
 * Messages to buyers (SMS-1). `id` is stable for one event of one order: a gateway that takes an idempotency key
 * gets it. `ask`: most gateways take none, so a lost answer is looked up, never repeated blindly (D27).
 */
export const messagesPort = definePort("messages", {
  send: {
    input: Schema.Struct({
      id: Schema.String,
      /** E.164. */
      to: Schema.String,
      text: Schema.String,
      language: Language
    }),
    output: Schema.Struct({ providerId: Schema.String }),
    repeat: "ask"
  },
  /** What became of a message that was sent under this id: the answer to `ask`. */
  find: {
    input: Schema.Struct({ id: Schema.String, to: Schema.String }),
    output: Schema.Struct({ providerId: Schema.NullOr(Schema.String) }),
    repeat: "safe"
  }
})
