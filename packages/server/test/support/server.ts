import { Network, type OrderView } from "@aptekit/core"
import { loadNetwork, memoryStorage, smallNetwork, type TestNetwork } from "@aptekit/core/testing"
import { Effect } from "effect"
import { afterAll } from "vitest"
import type { LogFields, LogLevel } from "../../src/log.ts"
import type { NewKey } from "../../src/keys.ts"
import { type RunningServer, type ServerOptions, startServer } from "../../src/server.ts"

export type Order = typeof OrderView.Encoded

export const KEYS = {
  shop: { text: "key-of-the-shop", role: "channel", channelId: "shop", label: "shop" },
  app: { text: "key-of-the-app", role: "channel", channelId: "app", label: "app" },
  branch: { text: "key-of-a-branch", role: "branch", channelId: "shop", label: "board-1" },
  operator: { text: "key-of-an-operator", role: "operator", channelId: "shop", label: "desk-1" },
  register: { text: "key-of-a-register", role: "register", channelId: "shop", label: "till-1" },
  admin: { text: "key-of-an-admin", role: "admin", channelId: "shop", label: "root" }
} as const satisfies Record<string, NewKey>
export type KeyName = keyof typeof KEYS

export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

export interface TestServer extends RunningServer {
  readonly url: string
  readonly log: Array<LogLine>
  readonly call: (
    key: KeyName | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>
  ) => Promise<Response>
  readonly order: (over?: Record<string, unknown>, key?: KeyName) => Promise<Order>
  readonly command: (
    order: Order,
    command: string,
    body?: unknown,
    key?: KeyName,
    headers?: Record<string, string>
  ) => Promise<Response>
}

export interface TestOptions extends Partial<ServerOptions> {
  readonly network?: TestNetwork
}

/** The small network with more than all tests of a file can order. */
export const plentiful = (): TestNetwork =>
  smallNetwork({
    levels: [
      ["aspirin", "north", 1_000],
      ["aspirin", "south", 1_000],
      ["ibuprofen", "north", 1_000]
    ]
  })

let counter = 0
/** A body that the small network can fulfil: one aspirin at `north`. */
export const orderBody = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  channel: "shop",
  externalId: `T-${++counter}`,
  customer: { name: "Айгерім Сәрсенова", phone: "8 701 000 00 01" },
  delivery: { type: "pickup", branchId: "north" },
  lines: [{ productId: "aspirin", quantity: 1 }],
  payment: { method: "cash" },
  ...over
})

/** A hub over HTTP on a free port, with the small network and one key per role. */
export const serve = async (options: TestOptions = {}): Promise<TestServer> => {
  const log: Array<LogLine> = []
  const server = await startServer({
    storage: memoryStorage(),
    host: "127.0.0.1",
    rate: false,
    jobs: false,
    log: (level, message, fields = {}) => void log.push({ level, message, fields }),
    keys: Object.values(KEYS),
    prepare: (hub) =>
      hub.run(
        Effect.andThen(
          loadNetwork(options.network ?? plentiful(), 0),
          Effect.flatMap(Network, (n) => n.reload)
        )
      ),
    ...options
  })
  const url = `http://127.0.0.1:${server.port}`
  const call: TestServer["call"] = (key, method, path, body, headers = {}) =>
    fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${KEYS[key].text}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
    })
  const order: TestServer["order"] = async (over = {}, key = "shop") => {
    const response = await call(key, "POST", "/orders", orderBody(over))
    if (response.status !== 201) throw new Error(`no order: ${response.status} ${await response.text()}`)
    return (await response.json()) as Order
  }
  const command: TestServer["command"] = (of, name, body = {}, key = "branch", headers = {}) =>
    call(key, "POST", `/fulfilments/${of.fulfilments[0]!.id}/${name}`, body, headers)
  return { ...server, url, log, call, order, command }
}

/** The same, closed after the file's tests. */
export const useServer = async (options: TestOptions = {}): Promise<TestServer> => {
  const server = await serve(options)
  afterAll(() => server.close())
  return server
}

export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors?: ReadonlyArray<{ readonly path: string; readonly message: string }>
  readonly allowed?: ReadonlyArray<string>
  readonly state?: string
  readonly reason?: string
  readonly outcome?: string
  readonly instance?: string
}

export const problem = async (response: Response): Promise<ProblemBody> => {
  if (response.headers.get("content-type") !== "application/problem+json") {
    throw new Error(`not a problem document: ${response.status} ${await response.text()}`)
  }
  return (await response.json()) as ProblemBody
}
