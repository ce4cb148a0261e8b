import { Effect, Schema, type Scope } from "effect"
import { ExchangeLog } from "../exchange/log.ts"
import type { SyncRun } from "../exchange/sync.ts"
import { discreet } from "./discreet.ts"
import { discreetHub } from "./discreet-hub.ts"
import type { InboundHub } from "./inward.ts"
import { AdapterError, AdapterFault, FaultCause } from "./errors.ts"
import { guardedHttp, guardedOrders, guardedRuns, kindOf } from "./guarded.ts"
import type {
  AnyCodec, Capabilities, MethodImplementation, MethodSpec, Port, PortImplementation, PortService, PortSpec
} from "./port.ts"
import { type Recorder, recorder } from "./recorded.ts"

const DEFAULT_TIMEOUT = 10_000
/** A hub starts without waiting for a partner longer than this, and says which. Milliseconds. */
const SETUP_TIMEOUT = 30_000
/** A closer that takes longer is left behind, so that the hub can end; 1C is said good-bye to in less. Milliseconds. */
const CLOSE_TIMEOUT = 15_000

/** Ports by the key under which `setup` returns their implementation. */
export type Ports = Readonly<Record<string, Port>>

type Implementations<P extends Ports> = { readonly [K in keyof P]: PortImplementation<P[K]["methods"]> }

/** An HTTP entrance for a partner that calls us: web-standard, mounted at `/exchange/<connection>` (D30). */
export type HttpEntrance = (request: Request) => Promise<Response>

/** What an adapter does with a held run of its connection when a person has decided (STK-2). */
export interface HeldRuns {
  /** Applies the kept file as a new run without its guard. Rejected: the run stays held. May come twice. */
  readonly release: (run: SyncRun) => Promise<void>
  /** Lets go of the kept file. May come twice. */
  readonly discard: (run: SyncRun) => Promise<void>
}

/** This connection fetches the orders of branches by itself (`hub.orders.pull`). */
export interface OrderTaker {
  /** Is it told of parts at this branch? Asked at each change of an order: at once, without I/O. May grow at run time. */
  readonly takes: (branchId: string) => boolean
  /** Whose ids of products it writes: another connection of the same base (`InboundHub.sharing`); left out, its own. */
  readonly links?: string
}

/** What `setup` gives: the ports, an entrance where the partner is the caller, what becomes of held runs, which orders it fetches. */
export type SetupResult<P extends Ports> = Implementations<P> & {
  readonly http?: HttpEntrance
  readonly runs?: HeldRuns
  readonly orders?: OrderTaker
}

/** What `setup` gets beside its configuration: the only surface through which an adapter reaches the hub (D29). */
export interface SetupContext {
  readonly connection: string
  readonly hub: InboundHub
  /** Runs when the hub closes, last registered first. */
  readonly onClose: (close: () => void | Promise<void>) => void
}

/** What `defineAdapter` is given: name, configuration, ports and how an instance is set up. */
export interface AdapterDefinition<C extends AnyCodec, P extends Ports> {
  readonly name: string
  readonly config: C
  readonly ports: P
  /** What it can do of what its ports leave open; each name of theirs must be here, as true or false. */
  readonly capabilities?: Capabilities
  readonly setup: (
    config: C["Type"],
    context: SetupContext
  ) => SetupResult<P> | Promise<SetupResult<P>> | Effect.Effect<SetupResult<P>, unknown, Scope.Scope>
}

/** A configured adapter, ready to be built by a hub. */
export interface AdapterInstance<PortName extends string = string> {
  /** The connection's id: in configuration, API, screens and log (D30). */
  readonly id: string
  readonly name: string
  readonly provides: ReadonlyArray<PortName>
  readonly capabilities: Capabilities
  readonly build: (hub: InboundHub) => Effect.Effect<BuiltAdapter, AdapterError, Scope.Scope>
}

/** Makes instances of an adapter, and says what it can do before there is any. */
export interface AdapterFactory<C extends AnyCodec, PortName extends string> {
  (config: C["Encoded"], options?: { readonly id?: string }): AdapterInstance<PortName>
  readonly capabilities: Capabilities
}

/** An instance that was set up, by its connection (`id`); `http`, `runs` and `orders` where `setup` returned them. */
export interface BuiltAdapter {
  readonly id: string
  readonly name: string
  readonly capabilities: Capabilities
  readonly ports: ReadonlyMap<string, PortService<PortSpec>>
  readonly http: HttpEntrance | undefined
  readonly runs: HeldRuns | undefined
  readonly orders: OrderTaker | undefined
}

/**
 * Declares an adapter: one small object. The result makes instances: `sms({ url }, { id: "kz" })`.
 * The hub validates both sides, times calls out and classifies errors; an adapter cannot harm it.
 */
export const defineAdapter = <const C extends AnyCodec, const P extends Ports>(
  definition: AdapterDefinition<C, P>
): AdapterFactory<C, P[keyof P]["name"]> => {
  const capabilities = definition.capabilities ?? {}
  const make = (
    config: C["Encoded"],
    options: { readonly id?: string } = {}
  ): AdapterInstance<P[keyof P]["name"]> => {
    const id = options.id ?? definition.name
    return {
      id,
      name: definition.name,
      provides: Object.values(definition.ports).map((port) => port.name),
      capabilities,
      build: (hub) => build(definition, config, id, hub)
    }
  }
  return Object.assign(make, { capabilities })
}

const build = <C extends AnyCodec, P extends Ports>(
  definition: AdapterDefinition<C, P>,
  config: C["Encoded"],
  id: string,
  hub: InboundHub
): Effect.Effect<BuiltAdapter, AdapterError, Scope.Scope> =>
  Effect.gen(function*() {
    let shown = discreet(undefined)
    const fail = (method: string, ...[reason, outcome, text, advice]: Parameters<Fail>) =>
      new AdapterError({
        adapter: definition.name,
        instance: id,
        method,
        reason,
        outcome,
        message: `[${definition.name}] [${id}] ${shown(text)}`,
        ...adviceOf(advice)
      })
    const capabilities = definition.capabilities ?? {}
    const unsaid = Object.values(definition.ports).flatMap((port) =>
      port.capabilities.filter((name) => capabilities[name] === undefined).map((name) => `${port.name}: ${name}`)
    )
    if (unsaid.length > 0) {
      const text = `its capabilities do not say ${unsaid.join(", ")}; declare each as true or false.`
      return yield* fail("setup", "config", "rejected", text)
    }
    const decoded = yield* Schema.decodeUnknownEffect(definition.config)(config).pipe(
      Effect.mapError((error) => fail("setup", "config", "rejected", `bad configuration: ${error.message}`))
    )
    shown = discreet(decoded)
    const closers: Array<() => void | Promise<void>> = []
    yield* Effect.addFinalizer(() =>
      Effect.forEach(closers.toReversed(), (close) => Effect.promise(async () => close()).pipe(Effect.timeout(CLOSE_TIMEOUT), Effect.ignoreCause))
    )
    const inward = discreetHub(hub, (text) => shown(text))
    const context: SetupContext = { connection: id, hub: inward, onClose: (close) => void closers.push(close) }
    const made = yield* lift(() => definition.setup(decoded, context)).pipe(
      Effect.mapError((error) => fail("setup", "thrown", "rejected", `setup failed: ${textOf(error)}`)),
      Effect.timeoutOrElse({
        duration: SETUP_TIMEOUT,
        orElse: () => Effect.fail(fail("setup", "timeout", "unavailable", `setup was not done within ${SETUP_TIMEOUT} ms`))
      })
    )
    const missing = missingIn(definition.ports, capabilities, made)
    if (missing !== undefined) {
      return yield* fail("setup", "config", "rejected", `setup did not return ${missing}; its ports promise it.`)
    }
    const log = yield* ExchangeLog
    const ports = new Map<string, PortService<PortSpec>>()
    for (const [key, port] of Object.entries(definition.ports)) {
      const implementation = made[key] as Readonly<Record<string, MethodImplementation<MethodSpec>>>
      ports.set(
        port.name,
        Object.fromEntries(
          Object.entries(port.methods).map(([method, spec]) => {
            const failed: Fail = (...failure) => fail(`${port.name}.${method}`, ...failure)
            return [
              method,
              promises(spec, capabilities) ? callMethod(spec, implementation[method]!, failed, recorder(log, id, `${port.name}.${method}`)) : unsupported(spec, failed)
            ]
          })
        )
      )
    }
    const called = `[${definition.name}] [${id}]`
    return {
      id,
      name: definition.name,
      capabilities,
      ports,
      http: guardedHttp(made.http, called),
      runs: guardedRuns(made.runs, called, shown),
      orders: guardedOrders(made.orders)
    }
  })

/** The first key or method that setup promised and did not return: an author without types sees it at start. */
const missingIn = (
  ports: Ports,
  capabilities: Capabilities,
  made: Readonly<Record<string, unknown>> | null | undefined
): string | undefined => {
  for (const [key, port] of Object.entries(ports)) {
    const implementation = made?.[key] as Readonly<Record<string, unknown>> | null | undefined
    if (implementation === null || implementation === undefined) return key
    const method = Object.entries(port.methods).find(([name, spec]) =>
      promises(spec, capabilities) && typeof implementation[name] !== "function"
    )
    if (method !== undefined) return `${key}.${method[0]}`
  }
  return undefined
}

const promises = (spec: MethodSpec, capabilities: Capabilities): boolean =>
  spec.capability === undefined || capabilities[spec.capability] === true

type Fail = (
  reason: AdapterError["reason"],
  outcome: AdapterError["outcome"],
  text: string,
  advice?: Pick<AdapterFault, "because" | "retryAfterMs">
) => AdapterError

/** What an author says beside the outcome, as far as it makes sense: a time in the past or for ever is none. */
const adviceOf = ({ because, retryAfterMs }: Partial<Pick<AdapterFault, "because" | "retryAfterMs">> = {}) => ({
  ...(because === undefined || !FaultCause.literals.includes(because) ? {} : { because }),
  ...(Number.isFinite(retryAfterMs) && retryAfterMs! > 0 ? { retryAfterMs: Math.ceil(retryAfterMs!) } : {})
})

/** A method that the partner cannot do: no call, the same answer each time. */
const unsupported = (spec: MethodSpec, fail: Fail) => (): Effect.Effect<never, AdapterError> =>
  Effect.suspend(() => Effect.fail(fail("unsupported", "rejected", `unsupported: it does not have the capability ${spec.capability}`)))

/** encode the input → call → classify what went wrong → give up in time → decode the output. */
const callMethod =
  (spec: MethodSpec, implementation: MethodImplementation<MethodSpec>, fail: Fail, recorded: Recorder) =>
  (input: unknown): Effect.Effect<unknown, AdapterError> =>
    Schema.encodeUnknownEffect(spec.input)(input).pipe(
      Effect.mapError((error) => fail("input", "rejected", `bad input: ${error.message}`)),
      Effect.flatMap((encoded) =>
        // Read before it is recorded: what an adapter answers may be no data at all.
        recorded(encoded, Effect.flatMap(made(spec, implementation, fail, encoded), (output) => read(spec, fail, output)))
      )
    )

const read = (spec: MethodSpec, fail: Fail, output: unknown): Effect.Effect<unknown, AdapterError> =>
  Schema.decodeUnknownEffect(spec.output)(output).pipe(
    // The call was made: what it did is unknown, only its answer makes no sense.
    Effect.mapError((error) => fail("output", "unknown", `answered what the port does not allow: ${error.message}`)),
    Effect.catchDefect(() => Effect.fail(fail("output", "unknown", "answered what cannot be read")))
  )

const made = (
  spec: MethodSpec,
  implementation: MethodImplementation<MethodSpec>,
  fail: Fail,
  encoded: unknown
): Effect.Effect<unknown, AdapterError> =>
  lift((signal) => implementation(encoded, { signal })).pipe(
    Effect.mapError((error) =>
      error instanceof AdapterFault ? fail("fault", error.outcome, error.message, error) : fail("thrown", "unknown", `threw: ${textOf(error)}`)
    ),
    Effect.timeoutOrElse({
      duration: spec.timeout ?? DEFAULT_TIMEOUT,
      orElse: () => Effect.fail(fail("timeout", "unknown", `no answer within ${spec.timeout ?? DEFAULT_TIMEOUT} ms`))
    })
  )

const textOf = (error: unknown): string => (error instanceof AdapterFault ? error.message : kindOf(error))

const lift = <A, R = never>(
  f: (signal: AbortSignal) => A | Promise<A> | Effect.Effect<A, unknown, R>
): Effect.Effect<A, unknown, R> =>
  Effect.suspend((): Effect.Effect<A, unknown, R> => {
    const controller = new AbortController()
    const result = f(controller.signal)
    if (Effect.isEffect(result)) return result
    if (!(result instanceof Promise)) return Effect.succeed(result)
    return Effect.tryPromise({ try: () => result, catch: (error) => error }).pipe(
      Effect.onInterrupt(() => Effect.sync(() => controller.abort()))
    )
  }).pipe(Effect.catchDefect((defect) => Effect.fail(defect)))

/** With what is written before it in tables, it fits their codes. */
const LONGEST_ID = 90

const faultOfId = (id: string, others: ReadonlyMap<string, unknown>): string | null => {
  if (id.length < 1 || id.length > LONGEST_ID) return `its id may have 1 to ${LONGEST_ID} characters; give it another { id }.`
  return others.has(id) ? "two connections have this id; give one another { id }." : null
}

/** All adapters of a hub, keyed by connection. Built together: one bad configuration and the hub does not start. */
export const buildAdapters = (
  adapters: ReadonlyArray<AdapterInstance>,
  hubFor: (connection: string) => InboundHub
): Effect.Effect<ReadonlyMap<string, BuiltAdapter>, AdapterError, Scope.Scope> =>
  Effect.gen(function*() {
    const built = new Map<string, BuiltAdapter>()
    for (const adapter of adapters) {
      const wrong = faultOfId(adapter.id, built)
      if (wrong !== null) {
        return yield* new AdapterError({
          adapter: adapter.name,
          instance: adapter.id,
          method: "setup",
          reason: "config",
          outcome: "rejected",
          message: `[${adapter.name}] [${adapter.id}] ${wrong}`
        })
      }
      built.set(adapter.id, yield* adapter.build(hubFor(adapter.id)))
    }
    return built
  })
