import { createServer } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { type RecordedEvent, Storage, type StorageService } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { Effect, Layer } from "effect"
import { expect, test } from "vitest"
import { startLive } from "../src/live.ts"
import { problem, serve, useServer } from "./support/server.ts"
import { listen, readMessages } from "./support/sse.ts"

const server = await useServer()

/** The memory storage with some of the feed replaced. */
const withFeed = (change: (feed: StorageService["feed"]) => Partial<StorageService["feed"]>) =>
  Layer.effect(
    Storage,
    Effect.map(Storage, (storage) => ({ ...storage, feed: { ...storage.feed, ...change(storage.feed) } }))
  ).pipe(Layer.provide(memoryStorage()))

const numbers = (messages: ReadonlyArray<{ id: number }>): ReadonlyArray<number> => messages.map(({ id }) => id)
const from = (first: number, count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => first + i)

test("R-ORD-5: a board sees an order the moment it is taken in, and every step after it", async () => {
  const client = await listen(server)
  const order = await server.order()
  await server.command(order, "accept")
  const [placed, accepted] = await client.take(2)
  expect([placed?.data.type, placed?.data.orderId, accepted?.data.type]).toEqual([
    "order.placed",
    order.id,
    "fulfilment.accept"
  ])
  expect(placed?.id).toBe(placed?.data.seq)
  await client.close()
})

test("R-ORD-5: a board of one branch hears of that branch only", async () => {
  const client = await listen(server, "?branchId=south", {}, "branch")
  await server.order()
  const south = await server.order({ delivery: { type: "pickup", branchId: "south" } })
  const [first] = await client.take(1)
  expect([first?.data.branchId, first?.data.orderId]).toEqual(["south", south.id])
  await client.close()
})

test("R-ORD-5: after a list, ?after=Feed-Position goes on without a gap", async () => {
  const listed = await server.call("operator", "GET", "/orders")
  const position = Number(listed.headers.get("feed-position"))
  await server.order()
  await server.order()
  const client = await listen(server, `?after=${position}`)
  expect(numbers(await client.take(2))).toEqual(from(position + 1, 2))
  await client.close()
})

test("R-ORD-5: a client that comes back with Last-Event-ID gets each event once", async () => {
  const first = await listen(server)
  await server.order()
  const [seen] = await first.take(1)
  await first.close()
  await Promise.all(Array.from({ length: 30 }, () => server.order()))
  const [client] = await Promise.all([
    listen(server, "", { "last-event-id": String(seen!.id) }),
    ...Array.from({ length: 30 }, () => server.order())
  ])
  expect(numbers(await client.take(60))).toEqual(from(seen!.id + 1, 60))
  await client.close()
})

test("R-ORD-5: what happens while the log is read is neither lost nor doubled", async () => {
  let release = (): void => undefined
  let reading = (): void => undefined
  const began = new Promise<void>((resolve) => (reading = resolve))
  const gate = new Promise<void>((resolve) => (release = resolve))
  let armed = false
  const storage = withFeed((feed) => ({
    // The answer of this one read is held back until more has happened, so it is old when the client gets it.
    read: (after, limit, branchId) =>
      Effect.flatMap(feed.read(after, limit, branchId), (events) => {
        if (!armed || branchId === undefined) return Effect.succeed(events)
        armed = false
        reading()
        return Effect.as(
          Effect.promise(() => gate),
          events
        )
      })
  }))
  const own = await serve({ storage })
  await own.order()
  armed = true
  const connecting = listen(own, "?after=0&branchId=north")
  await began
  const later = await own.order()
  release()
  const client = await connecting
  const messages = await client.take(2)
  expect(messages[1]?.data.orderId).toBe(later.id)
  await own.order()
  const [third] = await client.take(1)
  expect(new Set([...numbers(messages), third!.id]).size).toBe(3)
  await client.close()
  await own.close()
})

test("R-ORD-5: an id older than what is kept, or one that is not ours, gets `reset` and goes on from now", async () => {
  const own = await serve({ storage: withFeed(() => ({ floor: Effect.succeed(5) })) })
  for (let i = 0; i < 8; i++) await own.order()
  for (const id of ["2", "999999"]) {
    const client = await listen(own, "", { "last-event-id": id })
    const [reset] = await client.take(1)
    const position = reset!.id
    expect([id, reset?.event, reset?.data]).toEqual([id, "reset", { position }])
    await own.order()
    expect(numbers(await client.take(1))).toEqual([position + 1])
    await client.close()
  }
  await own.close()
})

/** A live feed of its own over HTTP whose events the test itself makes. */
const bareFeed = async () => {
  const queue: Array<RecordedEvent> = []
  let wake = (): void => undefined
  let ended = false
  const events = async function* () {
    for (;;) {
      const event = queue.shift()
      if (event === undefined && ended) return
      if (event === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else yield event
    }
  }
  const feed = { position: Effect.succeed(0) }
  const hub = { events, run: (effect: Effect.Effect<unknown>) => Effect.runPromise(effect) }
  const live = await startLive({ hub, storage: { feed }, log: () => undefined } as never)
  const http = createServer((_, response) => live.attach(response, { after: undefined, branchId: undefined }))
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
  return {
    live,
    port: (http.address() as AddressInfo).port,
    push: (event: RecordedEvent): void => {
      queue.push(event)
      wake()
    },
    close: async () => {
      ended = true
      wake()
      await live.close()
      http.closeAllConnections()
      http.close()
    }
  }
}

const bigEvent = (seq: number): RecordedEvent => ({
  seq,
  type: "order.changed",
  orderId: null,
  fulfilmentId: null,
  branchId: null,
  actor: { kind: "system", id: "test" },
  at: 0,
  data: { filler: "x".repeat(64 * 1024) }
})

test("R-ORD-5: a client that does not read is let go once 256 KB wait for it; the others get everything", async () => {
  const feed = await bareFeed()
  const stuck = connect(feed.port, "127.0.0.1", () => stuck.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n"))
  stuck.on("error", () => undefined)
  await new Promise((resolve) => stuck.once("data", resolve))
  stuck.pause()
  const reader = await fetch(`http://127.0.0.1:${feed.port}`)
  const messages = readMessages(reader)
  expect(feed.live.clients()).toBe(2)
  let seq = 0
  // What the kernel takes for the stuck socket is not ours to know: 64 MB are more than any.
  while (feed.live.clients() === 2 && seq < 1_000) {
    feed.push(bigEvent(++seq))
    expect((await messages.next())?.id).toBe(seq)
  }
  expect(feed.live.clients()).toBe(1)
  feed.push(bigEvent(++seq))
  expect((await messages.next())?.id).toBe(seq)
  stuck.destroy()
  await feed.close()
  expect(await messages.next()).toBeNull()
})

test("R-ORD-5: a quiet feed is kept alive by comments", async () => {
  const own = await serve({ heartbeatMs: 5 })
  const client = await listen(own)
  const order = own.order()
  await client.take(1)
  await order
  while (client.comments() === 0) {
    await own.order()
    await client.take(1)
  }
  expect(client.comments()).toBeGreaterThan(0)
  await client.close()
  await own.close()
})

test("R-ORD-5: wrong positions and branches are 422; the feed is not for channels", async () => {
  for (const [query, headers] of [
    ["?after=x", {}],
    ["", { "last-event-id": "-1" }],
    ["?branchId=nowhere", {}]
  ] as const) {
    const response = await server.call("operator", "GET", `/events${query}`, undefined, headers)
    expect([query, response.status, (await problem(response)).code]).toEqual([query, 422, "invalidInput"])
  }
  expect((await server.call("shop", "GET", "/events")).status).toBe(403)
})
