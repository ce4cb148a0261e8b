import type { Server, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { serve } from "@hono/node-server"
import { type AdapterInstance, createHub, type Hub, type Keeping, type LaneOptions, type StorageLayer } from "@aptekit/core"
import { Layer, Logger } from "effect"
import { type AppOptions, createApp } from "./app.ts"
import { addKeys, type NewKey } from "./keys.ts"
import { type WebhookOptions, webhookSender } from "./webhooks.ts"
import { hubLogger, jsonLog, type Log, type LogFields } from "./log.ts"

/** Running requests get this long to finish when the server closes. */
const GRACE_MS = 10_000
const IDLE_LOOK_MS = 50

/** A hub and the address that it answers at. */
export interface ServerOptions extends AppOptions {
  readonly storage: StorageLayer
  readonly adapters?: ReadonlyArray<AdapterInstance>
  /** The connection that sends messages to buyers. */
  readonly messages?: string | ReadonlyArray<string>
  /** Connections that look addresses up, and that measure roads, in turn. */
  readonly geocoders?: ReadonlyArray<string>
  readonly matrices?: ReadonlyArray<string>
  readonly lanes?: LaneOptions
  readonly keep?: Keeping
  readonly jobs?: boolean
  /** Days that the exchange log is kept: 30 if left out. */
  readonly keepLogDays?: number
  /** Where webhooks of channels may go. */
  readonly webhooks?: WebhookOptions
  /** 0: a free one. */
  readonly port?: number
  readonly host?: string
  /** Where a connection may keep files. */
  readonly directory?: (connection: string) => string
  /** Keys to make known, whatever the database has. */
  readonly keys?: ReadonlyArray<NewKey>
  /** Runs before the first request is taken: the demo fills an empty database here. */
  readonly prepare?: (hub: Hub) => Promise<void>
  readonly graceMs?: number
}

/** A server that takes requests. */
export interface RunningServer {
  readonly port: number
  readonly hub: Hub
  /** Drains: no new work, live feeds end, running requests finish, the hub closes. The same promise every time. */
  readonly close: () => Promise<void>
}

const openHub = (options: ServerOptions, log: Log): Promise<Hub> =>
  createHub({
    storage: options.storage.pipe(Layer.provideMerge(Logger.layer([hubLogger(log)]))),
    adapters: options.adapters ?? [],
    ...(options.messages === undefined ? {} : { messages: options.messages }),
    ...(options.geocoders === undefined ? {} : { geocoders: options.geocoders }),
    ...(options.matrices === undefined ? {} : { matrices: options.matrices }),
    ...(options.lanes === undefined ? {} : { lanes: options.lanes }),
    ...(options.keep === undefined ? {} : { keep: options.keep }),
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    ...(options.keepLogDays === undefined ? {} : { keepLogDays: options.keepLogDays }),
    webhooks: webhookSender(options.webhooks),
    host: {
      ...(options.directory === undefined ? {} : { directory: options.directory }),
      log: (connection, message, detail) => log("info", message, { connection, ...plain(detail) })
    }
  })

/** Of what an adapter wants in the log only short plain facts. */
const plain = (detail: Readonly<Record<string, unknown>>): LogFields => {
  const fields: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(detail)) {
    if (typeof value === "string") fields[name] = value.slice(0, 200)
    if (typeof value === "number" || typeof value === "boolean") fields[name] = value
  }
  return fields
}

const listen = (fetch: Parameters<typeof serve>[0]["fetch"], options: ServerOptions): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch,
        port: options.port ?? 0,
        ...(options.host === undefined ? {} : { hostname: options.host }),
        serverOptions: { requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 5_000 }
      },
      () => resolve(server)
    ) as Server
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = `port ${options.port ?? 0} is taken; stop the other program or set PORT`
      reject(error.code === "EADDRINUSE" ? new Error(taken, { cause: error }) : error)
    })
  })

/** Answers what still comes on open connections, then closes each as soon as nothing runs on it. */
const closeServer = async (server: Server, graceMs: number): Promise<void> => {
  server.prependListener("request", (_request, response: ServerResponse) => {
    response.shouldKeepAlive = false
  })
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS)
  const cap = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(idle)
  clearTimeout(cap)
}

/**
 * Builds a hub, serves it and starts its jobs.
 * @throws AdapterError, StorageUnavailable; Error where the port is taken
 */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const log = options.log ?? jsonLog()
  const hub = await openHub(options, log)
  try {
    if (options.keys !== undefined && options.keys.length > 0) await addKeys(hub, options.keys)
    await options.prepare?.(hub)
    const app = await createApp(hub, { ...options, log })
    const server = await listen(app.hono.fetch, options)
    const drain = async (): Promise<void> => {
      app.drain()
      const ended = closeServer(server, options.graceMs ?? GRACE_MS)
      await app.close()
      await ended
      await hub.close()
    }
    let closing: Promise<void> | undefined
    return { port: (server.address() as AddressInfo).port, hub, close: () => (closing ??= drain()) }
  } catch (error) {
    await hub.close()
    throw error
  }
}
