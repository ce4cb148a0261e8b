import { Schema } from "effect"

/** How a call to a partner failed (`domain.md`): try later · never repeat · nobody knows. */
export const FaultOutcome = Schema.Literals(["unavailable", "rejected", "unknown"])
export type FaultOutcome = typeof FaultOutcome.Type

/**
 * What the author of an adapter throws to say how a call ended. Anything else that is thrown counts as `unknown`:
 * the hub will not repeat blindly what it does not understand.
 */
export class AdapterFault extends Error {
  override readonly name = "AdapterFault"
  readonly outcome: FaultOutcome
  constructor(message: string, options: { readonly outcome: FaultOutcome; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.outcome = options.outcome
  }
}

/** The one error a port call fails with. `message` starts with `[adapter] [instance]` and holds no secrets. */
export class AdapterError extends Schema.TaggedError<AdapterError>()("AdapterError", {
  message: Schema.String,
  adapter: Schema.String,
  instance: Schema.String,
  method: Schema.String,
  outcome: FaultOutcome,
  reason: Schema.Literals(["config", "input", "output", "timeout", "fault", "thrown", "unsupported"])
}) {}
