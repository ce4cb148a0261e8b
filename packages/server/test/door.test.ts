import { connect } from "node:net"
import { defineAdapter, Schema, Storage, type StorageService, StorageUnavailable } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { Effect, Layer } from "effect"
import { expect, test } from "vitest"
import { KEYS, orderBody, problem, serve } from "./support/server.ts"

/** The memory storage with some of it replaced once it is armed. */
const faulty = (fault: (storage: StorageService) => Partial<StorageService>) => {
  let armed = false
  const layer = Layer.effect(
    Storage,
    Effect.map(Storage, (storage) => {
      const other = fault(storage)
      return {
        ...storage,
        commit: (change) => (armed && other.commit ? other.commit(change) : storage.commit(change)),
        ping: Effect.suspend(() => (armed && other.ping ? other.ping : storage.ping)),
        orders: {
          ...storage.orders,
          list: (query) => (armed && other.orders ? other.orders.list(query) : storage.orders.list(query))
        }
      } satisfies StorageService
    })
  ).pipe(Layer.provide(memoryStorage()))
  return { layer, arm: () => void (armed = true) }
}

const down = (outcome: "notApplied" | "unknown") =>
  Effect.fail(new StorageUnavailable({ message: "db host 10.0.0.7 refused", outcome }))

test("R-OPS-1: a storage that does not answer is 503 that says whether it may have been done", async () => {
  for (const outcome of ["notApplied", "unknown"] as const) {
    const { layer, arm } = faulty(() => ({ commit: () => down(outcome), ping: down(outcome) }))
    const server = await serve({ storage: layer })
    arm()
    const response = await server.call("shop", "POST", "/orders", orderBody())
    const body = await problem(response)
    expect([response.status, body.code, body.outcome, response.headers.get("retry-after")]).toEqual([
      503,
      "storageUnavailable",
      outcome,
      "2"
    ])
    expect(body.detail.startsWith("Outcome unknown")).toBe(outcome === "unknown")
    expect(body.detail).not.toContain("10.0.0.7")
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    await server.close()
  }
})

test("R-OPS-1: a clock more than 30 s off the database's makes the hub not ready", async () => {
  for (const [offset, status] of [
    [29_000, 200],
    [-31_000, 503]
  ] as const) {
    const storage = Layer.effect(
      Storage,
      Effect.map(Storage, (memory) => ({ ...memory, clockOffset: () => offset }))
    )
    const server = await serve({ storage: storage.pipe(Layer.provide(memoryStorage())) })
    const response = await fetch(`${server.url}/readyz`)
    expect([response.status, await response.json()]).toMatchObject([status, { clockOffsetMs: offset }])
    await server.close()
  }
})

test("R-OPS-2: what nobody foresaw is 500 with a number that the log has too, and no more", async () => {
  const { layer, arm } = faulty((storage) => ({
    commit: () => Effect.die(new Error("constraint failed: Айгерім 87010000001")),
    orders: { ...storage.orders, list: () => Effect.die(new Error("x")) }
  }))
  const server = await serve({ storage: layer })
  arm()
  const response = await server.call("shop", "POST", "/orders", orderBody())
  const body = await problem(response)
  expect([response.status, body.code]).toEqual([500, "internal"])
  const line = server.log.find(({ fields }) => fields["instance"] === body.instance)
  expect([line?.level, line?.fields["operation"], line?.fields["error"]]).toEqual(["error", "placeOrder", "Error"])
  expect(JSON.stringify([body, server.log])).not.toMatch(/Айгерім|8701/u)
  await server.close()
})

test("R-OPS-2: each failed request is one line of the log with its code; a good one is none", async () => {
  const server = await serve()
  server.log.length = 0
  await server.order()
  expect(server.log).toEqual([])
  await server.call("shop", "POST", "/orders", orderBody({ lines: [] }))
  expect(server.log.map(({ level, fields }) => [level, fields["operation"], fields["status"], fields["code"]])).toEqual(
    [["info", "placeOrder", 422, "invalidInput"]]
  )
  expect(JSON.stringify(server.log)).not.toMatch(/Айгерім|8 701|key-of/u)
  await server.close()
})

test("R-OPS-1: an answer that does not come is given up, and says that it may still be done", async () => {
  const { layer, arm } = faulty((storage) => ({ orders: { ...storage.orders, list: () => Effect.never } }))
  const server = await serve({ storage: layer, timeoutMs: 20 })
  arm()
  const response = await server.call("operator", "GET", "/orders")
  const body = await problem(response)
  expect([response.status, body.code, body.outcome]).toEqual([503, "timeout", "unknown"])
  await server.close()
})

test("R-OPS-3: a key that asks too often is told to wait; another key is not", async () => {
  const server = await serve({ rate: { perSecond: 1, burst: 3 } })
  const statuses = []
  for (let i = 0; i < 5; i++) statuses.push((await server.call("shop", "GET", "/branches")).status)
  expect(statuses).toEqual([200, 200, 200, 429, 429])
  const refused = await server.call("shop", "GET", "/branches")
  expect([Number(refused.headers.get("retry-after")) > 0, (await problem(refused)).code]).toEqual([
    true,
    "tooManyRequests"
  ])
  expect((await server.call("app", "GET", "/branches")).status).toBe(200)
  await server.close()
})

test("R-OPS-3: whoever tries keys gets 429 after 60 in a minute; a right key still opens", async () => {
  const server = await serve()
  const statuses = await Promise.all(
    Array.from({ length: 61 }, () => server.call(null, "GET", "/branches").then(({ status }) => status))
  )
  expect([
    statuses.filter((status) => status === 401).length,
    statuses.filter((status) => status === 429).length
  ]).toEqual([60, 1])
  expect((await server.call("shop", "GET", "/branches")).status).toBe(200)
  await server.close()
})

const echo = defineAdapter({
  name: "echo",
  config: Schema.Struct({}),
  ports: {},
  setup: () => ({
    http: async (request: Request) =>
      new Response(`${request.method} ${new URL(request.url).pathname} ${(await request.text()).length}`)
  })
})

test("R-SDK-2: a partner calls its adapter at /exchange/<connection>, with or without a slash", async () => {
  const server = await serve({ adapters: [echo({}, { id: "1c" })] })
  const body = "x".repeat(10_000_000)
  expect(await (await fetch(`${server.url}/exchange/1c?type=catalog`)).text()).toBe("GET /exchange/1c 0")
  expect(await (await fetch(`${server.url}/exchange/1c/`, { method: "POST", body })).text()).toBe(
    "POST /exchange/1c/ 10000000"
  )
  expect((await fetch(`${server.url}/exchange/other`)).status).toBe(404)
  await server.close()
})

test("R-OPS-1: while it drains, what runs is finished and new work on an open connection gets 503", async () => {
  const server = await serve()
  const body = JSON.stringify({ rows: [{ productId: "aspirin", branchId: "north", quantity: 77 }] })
  const head = `PUT /api/v1/stock HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEYS.admin.text}\r\n`
  const next = `GET /api/v1/branches HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEYS.shop.text}\r\n\r\n`
  const socket = connect(server.port, "127.0.0.1")
  let text = ""
  const ended = new Promise((resolve) => socket.once("close", resolve))
  // `100 Continue` is the sign that the server has the request and waits for its body.
  const taken = new Promise<void>((resolve) => {
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
      if (text.startsWith("HTTP/1.1 100")) resolve()
    })
  })
  socket.write(
    `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`
  )
  await taken
  const closing = server.close()
  expect(server.close()).toBe(closing)
  socket.write(body + next)
  await ended
  await closing
  expect(text).toMatch(
    /HTTP\/1\.1 200 OK[^]*"state":"done"[^]*HTTP\/1\.1 503[^]*Connection: close[^]*"code":"shuttingDown"/iu
  )
})
