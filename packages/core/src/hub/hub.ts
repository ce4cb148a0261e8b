import { Cause, Clock, Context, Effect, Exit, Layer, ManagedRuntime, Schema } from "effect"
import { type AdapterInstance, buildAdapters, type BuiltAdapter } from "../adapter/adapter.ts"
import { AdapterError } from "../adapter/errors.ts"
import type { Port, PortSpec } from "../adapter/port.ts"
import { AdapterRegistry, requirePort } from "../adapter/registry.ts"
import type { AssemblyPolicy } from "../assembly/ports.ts"
import { nearestAssembly } from "../assembly/nearest.ts"
import { AssemblyPolicyRef, GeoChains } from "../assembly/service.ts"
import { ChannelWebhooks } from "../exchange/channel-status.ts"
import { PartnerDesk } from "../exchange/desk.ts"
import { recordedEntrance } from "../exchange/entrance.ts"
import { ExchangeLog } from "../exchange/log.ts"
import { exchangeLogLayer } from "../exchange/log-writer.ts"
import type { WebhookSender } from "../exchange/webhook.ts"
import type { LaneOptions, Lanes } from "../exchange/lanes.ts"
import { clockAhead } from "../kernel/clock.ts"
import { InvalidInput } from "../kernel/errors.ts"
import { nextUuid } from "../kernel/uuid.ts"
import { MessageConnections } from "../notify/gateways.ts"
import { messagesPort } from "../notify/ports.ts"
import { Network } from "../network/service.ts"
import { Addresses } from "../order/address.ts"
import { Cases } from "../order/cases.ts"
import { OrderNumbers } from "../order/numbers.ts"
import { Planner } from "../order/planner.ts"
import { Sales } from "../order/sales.ts"
import { Orders } from "../order/service.ts"
import { OrderUnit } from "../order/unit.ts"
import { Stock } from "../stock/service.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import { Storage } from "../store/ports.ts"
import { inboundHub, type InboundHost } from "./inward.ts"
import { runJobs } from "./jobs.ts"
import { lanesLayer } from "./lane-methods.ts"
import type { Keeping } from "./tidy.ts"
import { promiseFace, type PromiseFace } from "./face.ts"

/** All services of a hub. */
export type HubServices =
  | Storage
  | Network
  | AdapterRegistry
  | Orders
  | Sales
  | Addresses
  | Cases
  | PartnerDesk
  | Stock
  | OrderUnit
  | Planner
  | ChannelWebhooks
  | Lanes

/** A storage that is opened with the hub and closed with it. */
export type StorageLayer = Layer.Layer<Storage, StorageUnavailable>

/** What a hub is made of. Only `storage` must be there. */
export interface HubOptions<A extends ReadonlyArray<AdapterInstance> = ReadonlyArray<AdapterInstance>> {
  /** Where everything is kept: `sqlite({ file })`, `mariadb({ uri })`, or `memoryStorage()` in tests. */
  readonly storage: StorageLayer
  readonly adapters?: A
  /** Which connections send messages to buyers, in turn; by default all that can, in the order of `adapters`. */
  readonly messages?: string | ReadonlyArray<string>
  /** How branches are chosen (ASM-1). */
  readonly assembly?: AssemblyPolicy
  /** Which connections look addresses up, in turn; all that can if left out (ASM-2). */
  readonly geocoders?: ReadonlyArray<string>
  /** Which connections measure roads, in turn; all that can if left out. The great circle is always the last. */
  readonly matrices?: ReadonlyArray<string>
  /** Limits and patience toward single partners, by connection. */
  readonly lanes?: LaneOptions
  /** How long what has ended is kept. */
  readonly keep?: Keeping
  /** Sweeper, planner, lanes. On by default; turn them off where another process runs them (D31). */
  readonly jobs?: boolean
  /** Days that the exchange log is kept (EXP-4): 30 if left out. */
  readonly keepLogDays?: number
  /** Sends webhooks to channels; `webhookSender()` of `@aptekit/server` is one. Left out: they wait. */
  readonly webhooks?: WebhookSender
  readonly host?: Partial<InboundHost>
}

/** One clock for all replicas: the database's (D24). */
const databaseClock = Layer.effect(
  Clock.Clock,
  Effect.gen(function*() {
    const own = yield* Clock.Clock
    const { clockOffset } = yield* Storage
    return clockOffset === null ? own : clockAhead(own, clockOffset)
  })
)

const messageConnections = ({ messages }: HubOptions): ReadonlyArray<string> | null =>
  messages === undefined ? null : [messages].flat()

/** Fails where `messages` names a connection that sends none. */
const checkMessages = (options: HubOptions): Effect.Effect<void, AdapterError> =>
  Effect.gen(function*() {
    const able = (options.adapters ?? []).filter(({ provides }) => provides.includes(messagesPort.name)).map(({ id }) => id)
    const wrong = messageConnections(options)?.find((connection) => !able.includes(connection))
    if (wrong === undefined) return
    return yield* new AdapterError({
      adapter: "hub",
      instance: wrong,
      method: "messages",
      reason: "config",
      outcome: "rejected",
      message: `\`messages\` names ${wrong}, which sends no messages; there are: ${able.join(", ") || "none"}.`
    })
  })

/** Adapters are built before the services that take their facts in: who comes too early waits here. */
class DeskDoor extends Context.Service<DeskDoor, {
  readonly desk: Effect.Effect<PartnerDesk["Service"]>
  readonly open: (desk: PartnerDesk["Service"]) => void
}>()("@aptekit/core/hub/DeskDoor") {
  static readonly layer = Layer.sync(DeskDoor, () => {
    const { promise, resolve } = Promise.withResolvers<PartnerDesk["Service"]>()
    return DeskDoor.of({
      desk: Effect.promise(() => promise).pipe(
        Effect.timeoutOrElse({
          duration: DESK_PATIENCE,
          orElse: () => Effect.die(new Error("The hub is not up: setup may not wait for facts, cases or sales."))
        })
      ),
      open: resolve
    })
  })
}

/** Longer than a start takes; a setup that waits for what comes after it would wait for ever. */
const DESK_PATIENCE = "30 seconds"

const openDesk = Layer.effectDiscard(
  Effect.gen(function*() {
    const door = yield* DeskDoor
    door.open(yield* PartnerDesk)
  })
)

const adaptersLayer = (options: HubOptions) =>
  Layer.effect(
    AdapterRegistry,
    Effect.gen(function*() {
      yield* checkMessages(options)
      const context = yield* Effect.context<Storage | Network>()
      const run = <B, E>(effect: Effect.Effect<B, E>): Promise<B> => Effect.runPromiseWith(context)(effect)
      let all: ReadonlyMap<string, BuiltAdapter> = new Map()
      const hubFor = yield* inboundHub({
        directory: options.host?.directory ?? ((connection) => `.aptekit/${connection}`),
        log: options.host?.log ?? (() => undefined)
      }, run, (connection) => all.get(connection)?.orders, (yield* DeskDoor).desk)
      all = yield* buildAdapters(options.adapters ?? [], hubFor)
      return AdapterRegistry.of({ all })
    })
  )

/** The hub as one Layer, for those who compose with Effect. */
export const hubLayer = (options: HubOptions): Layer.Layer<HubServices, StorageUnavailable | AdapterError> => {
  const settings = Layer.mergeAll(
    Layer.succeed(AssemblyPolicyRef, options.assembly ?? nearestAssembly),
    Layer.succeed(MessageConnections, messageConnections(options)),
    Layer.succeed(GeoChains, {
      ...(options.geocoders === undefined ? {} : { geocoders: options.geocoders }),
      ...(options.matrices === undefined ? {} : { matrices: options.matrices })
    })
  )
  const base = Layer.mergeAll(Network.layer, exchangeLogLayer).pipe(
    Layer.provideMerge(databaseClock),
    Layer.provideMerge(options.storage)
  )
  const adapters = adaptersLayer(options).pipe(Layer.provideMerge(base))
  const webhooks = ChannelWebhooks.layer(options.webhooks)
  const units = Layer.mergeAll(OrderUnit.layer, Planner.layer, OrderNumbers.layer, Stock.layer, webhooks).pipe(
    Layer.provideMerge(adapters),
    Layer.provide(settings)
  )
  const services = openDesk.pipe(
    Layer.provideMerge(PartnerDesk.layer),
    Layer.provideMerge(Layer.mergeAll(Orders.layer, Sales.layer, Cases.layer, Addresses.layer)),
    Layer.provideMerge(lanesLayer(options.lanes ?? {}, messageConnections(options))),
    Layer.provideMerge(units),
    Layer.provide(DeskDoor.layer)
  )
  if (options.jobs === false) return services
  const jobs = Layer.effectDiscard(Effect.flatMap(nextUuid, (owner) => runJobs(owner, options.keep, options.keepLogDays)))
  return jobs.pipe(Layer.provideMerge(services), Layer.provide(settings))
}

/** The names of the ports that some configured adapter serves: asking for another one is a compile error. */
type Provided<A extends ReadonlyArray<AdapterInstance>> = A[number]["provides"][number]

type PromiseMethods<M extends PortSpec> = {
  readonly [K in keyof M]: (
    input: M[K]["input"]["Encoded"],
    options?: { readonly signal?: AbortSignal }
  ) => Promise<M[K]["output"]["Encoded"]>
}

/** A running hub. `await using hub = await createHub(…)` closes it by itself. */
export interface Hub<PortName extends string = string> extends PromiseFace, AsyncDisposable {
  /** Calls a partner through a port. */
  readonly port: <N extends PortName, M extends PortSpec>(port: Port<N, M>, connection?: string) => PromiseMethods<M>
  /** HTTP entrances of adapters, to mount anywhere: connection → handler (D30). */
  readonly entrances: ReadonlyMap<string, (request: Request) => Promise<Response>>
  /** For those who know Effect: runs an effect with the hub's services. */
  readonly run: <B, E>(effect: Effect.Effect<B, E, HubServices>, options?: { readonly signal?: AbortSignal }) => Promise<B>
  readonly close: () => Promise<void>
}

/**
 * Builds a hub and starts its jobs. A bad configuration or a database that is not there rejects the promise.
 * @throws AdapterError, StorageUnavailable
 */
export const createHub = async <const A extends ReadonlyArray<AdapterInstance> = readonly []>(
  options: HubOptions<A>
): Promise<Hub<Provided<A>>> => {
  const runtime = ManagedRuntime.make(hubLayer(options))
  const run = async <B, E>(
    effect: Effect.Effect<B, E, HubServices>,
    call: { readonly signal?: AbortSignal } = {}
  ): Promise<B> => {
    const exit = await runtime.runPromiseExit(effect, call)
    if (Exit.isSuccess(exit)) return exit.value
    if (Cause.hasInterruptsOnly(exit.cause) && call.signal?.aborted === true) throw call.signal.reason
    throw Cause.squash(exit.cause)
  }
  const registry = await run(AdapterRegistry)
  const log = await run(Effect.service(ExchangeLog))
  const clock = await run(Clock.Clock)
  const entranceOf = ({ id, http }: BuiltAdapter) =>
    http === undefined ? [] : [[id, recordedEntrance(id, http, log, () => clock.currentTimeMillisUnsafe())] as const]
  const close = (): Promise<void> => runtime.dispose()
  return {
    ...(await promiseFace(run)),
    run,
    close,
    [Symbol.asyncDispose]: close,
    entrances: new Map([...registry.all.values()].flatMap(entranceOf)),
    port: (port, connection) => portFace(port, connection, run)
  }
}

const portFace = <N extends string, M extends PortSpec>(
  port: Port<N, M>,
  connection: string | undefined,
  run: <B, E>(effect: Effect.Effect<B, E, HubServices>, options?: { readonly signal?: AbortSignal }) => Promise<B>
): PromiseMethods<M> =>
  Object.fromEntries(
    Object.entries(port.methods).map(([method, spec]) => [
      method,
      (input: unknown, options: { readonly signal?: AbortSignal } = {}) =>
        run(
          Effect.gen(function*() {
            const registry = yield* AdapterRegistry
            const service = yield* requirePort(registry, port, connection)
            const decoded = yield* Schema.decodeUnknownEffect(spec.input)(input).pipe(
              Effect.mapError((error) => new InvalidInput({ message: `${port.name}.${method}: ${error.message}`, issues: [] }))
            )
            const output = yield* service[method]!(decoded)
            return yield* Effect.orDie(Schema.encodeUnknownEffect(spec.output)(output))
          }),
          options
        )
    ])
  ) as PromiseMethods<M>

