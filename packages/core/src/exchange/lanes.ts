import { Context, type Effect } from "effect"
import type { AdapterError } from "../adapter/errors.ts"
import type { Repeat } from "../adapter/port.ts"
import type { AnyCodec } from "../adapter/port.ts"
import type { AdapterMap } from "../adapter/registry.ts"
import type { Instant } from "../kernel/time.ts"
import type { NetworkView } from "../network/service.ts"
import type { Order } from "../order/model.ts"
import type { Breaker, BreakerSettings } from "./breaker.ts"
import type { OutboxMessage } from "./outbox.ts"

/** What a method gets beside its message. */
export interface LaneContext {
  /** As it is now; null where the message is about none. */
  readonly order: Order | null
  readonly view: NetworkView
  readonly registry: AdapterMap
  readonly now: Instant
  /** Addresses of this batch's orders whose owners want no messages. */
  readonly optedOut: ReadonlySet<string>
}

/** How a delivery ended that did not fail. `dropped`: nobody was called, and nobody need be. */
export interface Delivered {
  readonly state: "done" | "dropped"
  /** The partner's id of what was made. */
  readonly partnerRef?: string
  /** Why it was dropped. */
  readonly error?: string
}

/** A kind of message that is sent to partners. An area registers one by putting it into `hub/lane-methods.ts`. */
export interface LaneMethod {
  /** As outbox rows name it: "messages.send". */
  readonly name: string
  /** The lanes that carry it, as the settings are now. */
  readonly lanes: (context: Pick<LaneContext, "view" | "registry">) => ReadonlyArray<string>
  /**
   * What follows when nobody knows whether a call arrived (D27). `safe`: it is made again, under the same id. `ask`:
   * `find` asks the partner first. `never`: it is not made again; `doubt` says what becomes of it. It may depend on
   * what the connection can do.
   */
  readonly repeat: Repeat | ((message: OutboxMessage, context: LaneContext) => Repeat)
  /** Makes the call. A defect counts as `unknown`. */
  readonly deliver: (message: OutboxMessage, context: LaneContext) => Effect.Effect<Delivered, AdapterError>
  /** Did it arrive? The partner's id of it, or null where the partner has never heard of it. */
  readonly find?: (message: OutboxMessage, context: LaneContext) => Effect.Effect<string | null, AdapterError>
  /** For `never`: `dead`, a person decides (the default), or `dropped`, with a record. */
  readonly doubt?: "dead" | "dropped"
  /** Why it is of no use any more; null while it is. It is dropped then, with this as its record. */
  readonly deadline?: (message: OutboxMessage, order: Order | null, now: Instant) => string | null
  /** The fields of the payload that a person may mend in a dead letter; none if left out. */
  readonly mendable?: AnyCodec
}

export interface LaneSettings {
  /** Calls at a time, of each hub process. */
  readonly concurrency: number
  /** Calls a second, of each hub process; null: as many as there are. */
  readonly perSecond: number | null
  /** Milliseconds before a delivery, look-up included, counts as unanswered. */
  readonly timeoutMs: number
  /** After so many failures a message is a dead letter. */
  readonly maxAttempts: number
  readonly breaker: BreakerSettings
}

/** 40 tries under back-off are two and a half hours at least: a partner that is down for an hour costs no dead letter. */
export const DEFAULT_LANE: LaneSettings = {
  concurrency: 16,
  perSecond: null,
  timeoutMs: 25_000,
  maxAttempts: 40,
  breaker: { failures: 5, openMs: 30_000 }
}

/** Settings of single lanes, by connection; what is left out is as in `DEFAULT_LANE`. */
export type LaneOptions = Readonly<Record<string, Partial<LaneSettings>>>

export const laneSettings = (options: LaneOptions, lane: string): LaneSettings => ({ ...DEFAULT_LANE, ...options[lane] })

/** How a lane of this process stands. */
export interface LaneState {
  readonly lane: string
  readonly breaker: Breaker["state"]
  readonly inFlight: number
}

/** The lanes that this process works, for metrics and screens; empty where jobs are off. */
export class Lanes extends Context.Service<Lanes, {
  readonly methods: ReadonlyMap<string, LaneMethod>
  readonly settings: (lane: string) => LaneSettings
  readonly states: () => ReadonlyArray<LaneState>
  /** A working lane makes itself known, and gives its way out. */
  readonly join: (state: () => LaneState) => () => void
}>()("@aptekit/core/exchange/Lanes") {}

export const makeLanes = (methods: ReadonlyArray<LaneMethod>, options: LaneOptions): Lanes["Service"] => {
  const joined = new Set<() => LaneState>()
  return {
    methods: new Map(methods.map((method) => [method.name, method])),
    settings: (lane) => laneSettings(options, lane),
    states: () => [...joined].map((state) => state()),
    join: (state) => {
      joined.add(state)
      return () => void joined.delete(state)
    }
  }
}
