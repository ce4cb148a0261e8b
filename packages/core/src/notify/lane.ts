import { Context } from "effect"

/** The connection that sends messages to buyers, which is also their lane; null where none is configured. */
export const MessageLane = Context.Reference<string | null>("@aptekit/core/notify/MessageLane", {
  defaultValue: () => null
})
