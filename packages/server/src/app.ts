import { type Hub, Lanes, Network, Storage } from "@aptekit/core"
import { Clock, Effect } from "effect"
import { type Context, Hono } from "hono"
import { rolesOf } from "./access.ts"
import { Scalar } from "@scalar/hono-api-reference"
import { docsPage } from "./docs.ts"
import { type BodyLimits, type Door, endpoint, failed, keyOf } from "./endpoint.ts"
import { isLoopback } from "./http/client.ts"
import { makeLimits, type RateLimit } from "./http/limits.ts"
import { startLive } from "./live.ts"
import { jsonLog, type Log } from "./log.ts"
import { startMetrics } from "./metrics.ts"
import { openApiDocument } from "./openapi.ts"
import type { Operation } from "./operation.ts"
import { HttpProblem } from "./problems.ts"
import { OPERATIONS } from "./routes/index.ts"
import { json } from "./routes/shared.ts"
import { VERSION } from "./version.ts"

export const DEFAULT_RATE: RateLimit = { perSecond: 200, burst: 2_000 }
export const DEFAULT_BODIES: BodyLimits = { ordinary: 64 * 1024, bulk: 8 * 1024 * 1024 }
const DEFAULT_TIMEOUT_MS = 15_000
/** More than that, and times of holds can no longer be trusted (D24). Milliseconds. */
const MOST_CLOCK_OFFSET = 30_000

/** How the API treats its callers. */
export interface AppOptions {
  readonly log?: Log
  /** Per key; `false` for benches. */
  readonly rate?: RateLimit | false
  readonly bodies?: Partial<BodyLimits>
  readonly timeoutMs?: number
  readonly heartbeatMs?: number
}

/** The HTTP side of a hub. */
export interface App {
  readonly hono: Hono
  /** From now on new work is refused and readiness is denied. */
  readonly drain: () => void
  /** Ends the live feeds. */
  readonly close: () => Promise<void>
}

/** Every operation has somebody it is for, and is there once: otherwise the server does not start. */
const checked = (operations: ReadonlyArray<Operation>): ReadonlyArray<Operation> => {
  for (const { id } of operations) {
    if (rolesOf(id) === undefined || rolesOf(id).length === 0)
      throw new Error(`access: nobody may call ${id}; add it to ACCESS`)
    if (operations.filter((other) => other.id === id).length > 1)
      throw new Error(`routes: two operations are called ${id}`)
  }
  return operations
}

const API = "/api/v1"

/** The REST API, its document, the live feed, health and metrics of a hub (D32). */
export const createApp = async (hub: Hub, options: AppOptions = {}): Promise<App> => {
  const log = options.log ?? jsonLog()
  const [storage, network] = [await hub.run(Storage), await hub.run(Network)]
  const live = await startLive({
    hub,
    storage,
    log,
    ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs })
  })
  const metrics = startMetrics()
  let draining = false
  const door: Door = {
    hub,
    storage,
    live,
    log,
    network: network.view,
    limits: makeLimits(options.rate ?? DEFAULT_RATE),
    bodies: { ...DEFAULT_BODIES, ...options.bodies },
    draining: () => draining,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  }

  // No middleware: with one handler per route Hono calls it directly, and the road of an order stays short.
  const app = new Hono()
  const operations = checked(OPERATIONS)
  for (const operation of operations) app[operation.method](API + operation.path, endpoint(operation, door))

  const readiness = async (): Promise<Response> => {
    const offset = storage.clockOffset?.() ?? 0
    const clock = Math.abs(offset) <= MOST_CLOCK_OFFSET
    const reachable = await hub.run(storage.ping).then(
      () => true,
      () => false
    )
    const ready = reachable && clock && !draining
    const body = { ready, storage: reachable ? "ok" : "unavailable", clockOffsetMs: offset, draining }
    return json(body, ready ? 200 : 503)
  }
  app.get("/healthz", () => json({ status: "ok", version: VERSION }))
  app.get("/readyz", readiness)
  const laneFigures = Effect.gen(function*() {
    const depths = yield* storage.outbox.depths
    const lanes = yield* Lanes
    return { depths, states: lanes.states(), now: yield* Clock.currentTimeMillis }
  })
  app.get("/metrics", async (c) => {
    if (!isLoopback(c) && keyOf(c, door)?.role !== "admin") {
      throw new HttpProblem("forbidden", "Metrics are for this machine, or for a key of the role admin.")
    }
    const lanes = await hub.run(laneFigures).catch(() => null)
    return c.text(metrics.text(live.clients(), lanes), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" })
  })

  mountDocuments(app, operations)
  mountEntrances(app, hub, door)
  app.notFound((c) => failed(nowhere(c, operations), "none", log, false))
  app.onError((error, c) => failed(error, c.req.routePath, log, false))
  return {
    hono: app,
    drain: () => {
      draining = true
    },
    close: async () => {
      metrics.close()
      await live.close()
    }
  }
}

const readDocuments = async (operations: ReadonlyArray<Operation>) => {
  const document = await openApiDocument(operations, VERSION)
  return { text: JSON.stringify(document), page: docsPage(document) }
}

/** Made for the first who asks: a hub that comes back after a fault has orders waiting, and nobody reads then. */
const mountDocuments = (app: Hono, operations: ReadonlyArray<Operation>): void => {
  let made: ReturnType<typeof readDocuments> | undefined
  const documents = () => (made ??= readDocuments(operations))
  app.get("/openapi.json", async () =>
    new Response((await documents()).text, { headers: { "content-type": "application/json" } }))
  app.get("/docs", async (c) => c.html((await documents()).page))
  // Scalar's script comes from its CDN; the page above needs no network.
  app.get("/docs/try", Scalar({ url: "/openapi.json", pageTitle: "Aptekit API" }))
}

/** Partners that call us (D30). No key and no limit of ours: the adapter knows its partner. */
const mountEntrances = (app: Hono, hub: Hub, door: Door): void => {
  for (const [connection, entrance] of hub.entrances) {
    const handle = (c: Context): Promise<Response> => entrance(c.req.raw)
    app.all(`/exchange/${connection}`, handle)
    app.all(`/exchange/${connection}/`, handle)
    door.log("info", "exchange entrance open", { connection })
  }
}

const segments = (path: string): ReadonlyArray<string> => path.split("/")

const matches = (pattern: string, path: string): boolean => {
  const [wanted, given] = [segments(pattern), segments(path)]
  return wanted.length === given.length && wanted.every((part, i) => part.startsWith(":") || part === given[i])
}

/** A path that exists with another method is 405 and says which. */
const nowhere = (c: Context, operations: ReadonlyArray<Operation>): HttpProblem => {
  const methods = operations
    .filter((operation) => matches(API + operation.path, c.req.path))
    .map((operation) => operation.method.toUpperCase())
  return methods.length === 0
    ? new HttpProblem("notFound", "No such path; /docs lists them.")
    : new HttpProblem("methodNotAllowed", `This path takes ${methods.join(", ")}.`, {}, { allow: methods.join(", ") })
}
