import { Context, Effect, Schema } from "effect"
import type { Actor, ActorKind } from "../kernel/actor.ts"
import { type Instant, IsoInstant } from "../kernel/time.ts"

/** How a call ended (`domain.md`, Toward a partner); `dropped`: nobody was called. */
export const CallOutcome = Schema.Literals(["done", "unavailable", "rejected", "unknown", "dropped"])
export type CallOutcome = typeof CallOutcome.Type

/** Whom a call is about and what it belongs to: known to whoever makes the call, not to the port. */
export interface CallAbout {
  readonly orderId: string | null
  /** The job of the hub, or the task of an adapter, that called by itself; null where somebody asked for it. */
  readonly step: string | null
  /** Where a person asked for it: the label of the key, or of whoever else the actor is. */
  readonly workplace: string | null
}

export const ABOUT_NOTHING: CallAbout = { orderId: null, step: null, workplace: null }

/** What the calls of a fiber are about: their records name order, step and workplace. Set by the functions below. */
export const AboutCall = Context.Reference<CallAbout>("@aptekit/core/exchange/AboutCall", {
  defaultValue: () => ABOUT_NOTHING
})

const about = (more: Partial<CallAbout>) => <A, E, R>(calls: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(AboutCall, (known) => Effect.provideService(calls, AboutCall, { ...known, ...more }))

/** Calls made within are about this order. */
export const aboutOrder = (orderId: string | null) => about({ orderId })

/** Calls made within are this job's. */
export const inStep = (step: string) => about({ step })

/** Those who sit at a place; channels, registers and partners are connections, and the system is a step. */
const PEOPLE: ReadonlyArray<ActorKind> = ["operator", "branch"]

/** Calls made within were asked for by this person; by somebody else, nothing is said of a place. */
export const askedBy = ({ kind, id }: Actor) => about(PEOPLE.includes(kind) ? { workplace: id } : {})

/** A call as it was. Its bodies are still whole: they are redacted before anything is kept. */
export interface CallRecord extends CallAbout {
  readonly at: Instant
  readonly connection: string
  /** `out`: we called the partner; `in`: it called us. */
  readonly direction: "in" | "out"
  /** `port.method`, or the HTTP method and what was asked for. */
  readonly operation: string
  readonly outcome: CallOutcome
  readonly durationMs: number
  /** As far as it is known; null: the length of the body as JSON, measured when it is written. */
  readonly sentBytes: number | null
  readonly receivedBytes: number | null
  /** JSON, or text of any kind. Not changed afterwards by whoever gave it. */
  readonly request: unknown
  readonly response: unknown
  readonly error: string | null
}

/** A call as the log keeps it (EXP-4): redacted, each body 4 kB at most. */
export interface LogEntry extends CallRecord {
  /** UUIDv7. */
  readonly id: string
  readonly sentBytes: number
  readonly receivedBytes: number
  readonly request: string | null
  readonly response: string | null
}

/** Where calls to and from partners are told (EXP-4). */
export interface ExchangeLogService {
  /** Takes a call down: at once, never fails, never waits. May be lost at a kill; counted where it is lost otherwise. */
  readonly record: (call: CallRecord) => void
}

/** Where every call in and out is told. Without a hub: nowhere. */
export const ExchangeLog = Context.Reference<ExchangeLogService>("@aptekit/core/exchange/ExchangeLog", {
  defaultValue: () => ({ record: () => undefined })
})

/** An entry as APIs show it. */
export const LogEntryView = Schema.Struct({
  id: Schema.String,
  at: IsoInstant,
  connection: Schema.String,
  direction: Schema.Literals(["in", "out"]),
  operation: Schema.String,
  orderId: Schema.NullOr(Schema.String),
  outcome: CallOutcome,
  durationMs: Schema.Finite,
  sentBytes: Schema.Int,
  receivedBytes: Schema.Int,
  request: Schema.NullOr(Schema.String),
  response: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String),
  /** The job or task that called by itself. */
  step: Schema.NullOr(Schema.String),
  /** Where a person asked for it. */
  workplace: Schema.NullOr(Schema.String)
}).annotate({ identifier: "ExchangeLogEntry" })
