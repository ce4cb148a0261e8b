import { Schema } from "effect"

/** How a call to a partner failed (`domain.md`): try later · never repeat · nobody knows. */
export const FaultOutcome = Schema.Literals(["unavailable", "rejected", "unknown"])
export type FaultOutcome = typeof FaultOutcome.Type

/**
 * What a refusal is about, where the hub can do something. `gateway`: not the message but the account with this partner (its
 * money, rights or settings), so another partner may take it. `addressGone`: the address is no more; it is forgotten where it
 * was subscribed. Left out: the message itself.
 */
export const FaultCause = Schema.Literals(["gateway", "addressGone"])
export type FaultCause = typeof FaultCause.Type

/** What an `AdapterFault` says beside its message. */
export interface FaultOptions {
  readonly outcome: FaultOutcome
  /** Of a refusal, or of `unavailable` where it will not pass by itself. */
  readonly because?: FaultCause
  /** Of `unavailable`: the partner asked to be left alone for so many milliseconds (`Retry-After`). */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/**
 * What the author of an adapter throws to say how a call ended. Anything else that is thrown counts as `unknown`:
 * the hub will not repeat blindly what it does not understand.
 */
export class AdapterFault extends Error {
  override readonly name = "AdapterFault"
  readonly outcome: FaultOutcome
  readonly because: FaultCause | undefined
  readonly retryAfterMs: number | undefined
  constructor(message: string, options: FaultOptions) {
    super(message, { cause: options.cause })
    this.outcome = options.outcome
    this.because = options.because
    this.retryAfterMs = options.retryAfterMs
  }
}

/** The one error a port call fails with. `message` starts with `[adapter] [instance]` and holds no secrets. */
export class AdapterError extends Schema.TaggedError<AdapterError>()("AdapterError", {
  message: Schema.String,
  adapter: Schema.String,
  instance: Schema.String,
  method: Schema.String,
  outcome: FaultOutcome,
  because: Schema.optionalKey(FaultCause),
  retryAfterMs: Schema.optionalKey(Schema.Number),
  reason: Schema.Literals(["config", "input", "output", "timeout", "fault", "thrown", "unsupported"])
}) {}
