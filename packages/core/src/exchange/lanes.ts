import { Context, type Effect } from "effect"
import type { AdapterError } from "../adapter/errors.ts"
import type { Repeat } from "../adapter/port.ts"
import type { AnyCodec } from "../adapter/port.ts"
import type { AdapterMap } from "../adapter/registry.ts"
import type { Instant } from "../kernel/time.ts"
import type { NetworkView } from "../network/service.ts"
import type { Order } from "../order/model.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import type { StorageService } from "../store/ports.ts"
import type { Breaker, BreakerSettings } from "./breaker.ts"
import type { OutboxMessage } from "./outbox.ts"

/** What a method gets beside its message. */
export interface LaneContext {
  /** As it is now; null where the message is about none. */
  readonly order: Order | null
  readonly view: NetworkView
  readonly registry: AdapterMap
  readonly now: Instant
  /** Lanes whose partners this process leaves alone at the moment: their breaker is open, or they asked for it. */
  readonly resting: ReadonlySet<string>
  /** What the method's `prepare` made of the batch. */
  readonly prepared?: unknown
}

/** Another lane that a message goes to. */
export interface Detour {
  readonly lane: string
  readonly payload: OutboxMessage["payload"]
  /** For its history. */
  readonly why: string
  /** It has been everywhere: it waits as after any failure. */
  readonly waits?: true
}

/** How a delivery ended that did not fail. `dropped`, `moved`: nobody was called, and nobody need be. */
export type Delivered =
  | {
    readonly state: "done" | "dropped"
    /** The partner's id of what was made. */
    readonly partnerRef?: string
    /** What the message says from now on; left out: as before. */
    readonly payload?: OutboxMessage["payload"]
    /** Why it was dropped. */
    readonly error?: string
  }
  | { readonly state: "moved"; readonly detour: Detour }

/** Why a message looks for a detour. */
export interface Hindrance {
  /** How its call failed; null: it was not called, for its partner rests. It surely did not arrive. */
  readonly error: AdapterError | null
  /** It was its last try: after it the message is dead, so it may only go where it has not been. */
  readonly last: boolean
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
  readonly repeat: Repeat | ((message: OutboxMessage, context: Pick<LaneContext, "view" | "registry">) => Repeat)
  /** What it needs to know of all messages of a batch: asked once, before any of them goes. */
  readonly prepare?: (
    batch: ReadonlyArray<{ readonly message: OutboxMessage; readonly order: Order | null }>,
    context: Pick<LaneContext, "view" | "registry" | "now"> & {
      readonly storage: StorageService
      /** False: none of them is called, for the partner rests. */
      readonly forCall: boolean
    }
  ) => Effect.Effect<unknown, StorageUnavailable>
  /** Takes back what `prepare` did for a message that surely did not go. */
  readonly undo?: (message: OutboxMessage, context: LaneContext) => Effect.Effect<void>
  /** Makes the call. A defect counts as `unknown`. */
  readonly deliver: (message: OutboxMessage, context: LaneContext) => Effect.Effect<Delivered, AdapterError>
  /** Did it arrive? The partner's id of it, or null where the partner has never heard of it. */
  readonly find?: (message: OutboxMessage, context: LaneContext) => Effect.Effect<string | null, AdapterError>
  /** For `never`: `dead`, a person decides (the default), or `dropped`, with a record. */
  readonly doubt?: "dead" | "dropped"
  /** Why it is of no use any more; null while it is. It is dropped then, with this as its record. */
  readonly deadline?: (message: OutboxMessage, order: Order | null, now: Instant) => string | null
  /** Until when it waits, whatever it was due at (quiet hours); null: it may go. It is put off, which is no try. */
  readonly notBefore?: (message: OutboxMessage, context: LaneContext) => Instant | null
  /** Is there anywhere else to go from this lane? Asked often. */
  readonly hasDetours?: (lane: string) => boolean
  /** Where a message goes that surely did not arrive and cannot go now; null: it stays in its lane. */
  readonly detour?: (message: OutboxMessage, context: LaneContext, hindrance: Hindrance) => Detour | null
  /** The fields of the payload that a person may mend in a dead letter, as the settings are now; none if left out. */
  readonly mendable?: (view: NetworkView) => AnyCodec
}

/** What one partner bears, and how long it is waited for. */
export interface LaneSettings {
  /** Calls at a time: where named, of all hubs on one database together; what is left out is of each hub. */
  readonly concurrency: number
  /** Calls a second, of all hubs on one database together; null: as many as there are. */
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

/** The settings in force for a lane. */
export const laneSettings = (options: LaneOptions, lane: string): LaneSettings => ({ ...DEFAULT_LANE, ...options[lane] })

/** What a partner bears, whoever of several hubs on one database calls it; null: nothing is said of it. */
export interface LaneQuota {
  readonly concurrency: number | null
  readonly perSecond: number | null
}

/** The limits that the settings name; null where they name none: then a claim looks at nothing but the lane. */
export const laneQuota = (options: LaneOptions, lane: string): LaneQuota | null => {
  const { concurrency = null, perSecond = null } = options[lane] ?? {}
  return concurrency === null && perSecond === null ? null : { concurrency, perSecond }
}

/** How a lane of this process stands. */
export interface LaneState {
  readonly lane: string
  readonly breaker: Breaker["state"]
  readonly inFlight: number
  /** The partner asked to be left alone until then (`Retry-After`); null where it did not. */
  readonly restsUntil: Instant | null
}

/** The lanes that this process works, for metrics and screens; empty where jobs are off. */
export class Lanes extends Context.Service<Lanes, {
  readonly methods: ReadonlyMap<string, LaneMethod>
  readonly settings: (lane: string) => LaneSettings
  readonly quota: (lane: string) => LaneQuota | null
  readonly states: () => ReadonlyArray<LaneState>
  /** The lanes whose partners are left alone now. */
  readonly resting: () => ReadonlySet<string>
  /** A working lane makes itself known, and gives its way out. */
  readonly join: (state: () => LaneState, wake?: () => void) => () => void
  /** Something has come into a lane otherwise than by a commit. */
  readonly wake: (lane: string) => void
}>()("@aptekit/core/exchange/Lanes") {}

/** The lanes of a hub before any of them works. `methods` have names of their own. */
export const makeLanes = (methods: ReadonlyArray<LaneMethod>, options: LaneOptions): Lanes["Service"] => {
  const joined = new Map<() => LaneState, () => void>()
  return {
    methods: new Map(methods.map((method) => [method.name, method])),
    settings: (lane) => laneSettings(options, lane),
    quota: (lane) => laneQuota(options, lane),
    states: () => [...joined.keys()].map((state) => state()),
    resting: () =>
      new Set([...joined.keys()].map((state) => state()).flatMap(({ lane, breaker, restsUntil }) =>
        breaker === "open" || restsUntil !== null ? [lane] : [])),
    wake: (lane) => joined.forEach((wake, state) => { if (state().lane === lane) wake() }),
    join: (state, wake = () => undefined) => {
      joined.set(state, wake)
      return () => void joined.delete(state)
    }
  }
}
