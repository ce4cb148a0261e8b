import { Effect, Schema } from "effect"
import { describe, expect, it } from "@effect/vitest"
import { TestClock } from "effect/testing"
import {
  AdapterFault, type AdapterInstance, aboutOrder, AboutCall, askedBy, buildAdapters, type CallRecord, createHub, defineAdapter, definePort,
  ExchangeLog, type InboundCall, type InboundHub, inStep, KEPT_DAYS, type LogEntry, makeLogWriter, pruneLogOnce, requirePort, Storage, type StorageService, StorageUnavailable
} from "../src/index.ts"
import { recordedEntrance } from "../src/exchange/entrance.ts"
import { memoryStorage } from "../src/testing/memory.ts"

const call = (over: Partial<CallRecord> = {}): CallRecord => ({
  at: 1_000,
  connection: "sms",
  direction: "out",
  operation: "messages.send",
  orderId: null,
  step: null,
  workplace: null,
  outcome: "done",
  durationMs: 1,
  sentBytes: null,
  receivedBytes: null,
  request: null,
  response: null,
  error: null,
  ...over
})

const echoPort = definePort("echo", {
  say: { input: Schema.Struct({ text: Schema.String }), output: Schema.Struct({ heard: Schema.String }), repeat: "safe", timeout: 3_000 }
})
const echo = (say: (text: string) => Promise<{ heard: string }> | Effect.Effect<{ heard: string }>): AdapterInstance<"echo"> =>
  defineAdapter({
    name: "echo",
    config: Schema.Struct({}),
    ports: { echo: echoPort },
    setup: () => ({ echo: { say: ({ text }: { text: string }) => say(text) } })
  })({}, { id: "kz" })

const said = (say: Parameters<typeof echo>[0]) =>
  Effect.gen(function*() {
    const calls: Array<CallRecord> = []
    yield* Effect.gen(function*() {
      const all = yield* buildAdapters([echo(say)], () => ({}) as InboundHub)
      const service = yield* requirePort({ all }, echoPort)
      const about = { orderId: "o-1", step: "nightly", workplace: null }
      yield* Effect.exit(Effect.provideService(service.say({ text: "hello" }), AboutCall, about))
    }).pipe(Effect.scoped, Effect.provideService(ExchangeLog, { record: (one) => void calls.push(one) }))
    return calls
  })

describe("EXP-4: calls out", () => {
  it.effect("a call that went well is told with its order, its step and both bodies", () =>
    Effect.gen(function*() {
      const calls = yield* said((text) => Promise.resolve({ heard: text }))
      expect(calls).toMatchObject([{
        connection: "kz", direction: "out", operation: "echo.say", orderId: "o-1", step: "nightly", outcome: "done",
        request: { text: "hello" }, response: { heard: "hello" }, error: null
      }])
    }))

  it.effect.each(["unavailable", "rejected", "unknown"] as const)("one that failed as %s says so, and why", (outcome) =>
    Effect.gen(function*() {
      const calls = yield* said(() => Promise.reject(new AdapterFault("queue is full", { outcome })))
      expect(calls).toMatchObject([{ outcome, error: "[echo] [kz] queue is full", response: null }])
    }))

  it.live("one without an answer is unknown after its time", () =>
    Effect.gen(function*() {
      const slow = defineAdapter({
        name: "slow",
        config: Schema.Struct({}),
        ports: { echo: definePort("echo", { say: { ...echoPort.methods.say, timeout: 20 } }) },
        setup: () => ({ echo: { say: () => Effect.never } })
      })({})
      const calls: Array<CallRecord> = []
      yield* Effect.gen(function*() {
        const all = yield* buildAdapters([slow], () => ({}) as InboundHub)
        const service = yield* requirePort({ all }, echoPort)
        yield* Effect.exit(service.say({ text: "hello" }))
      }).pipe(Effect.scoped, Effect.provideService(ExchangeLog, { record: (one) => void calls.push(one) }))
      expect(calls).toMatchObject([{ outcome: "unknown", error: "[slow] [slow] no answer within 20 ms" }])
      expect(calls[0]!.durationMs).toBeGreaterThanOrEqual(19)
    }))
})

describe("EXP-4: whose call it was", () => {
  it.effect("order, job and the person who asked are kept side by side; of channels and registers no place is said", () =>
    Effect.gen(function*() {
      const person = { kind: "operator", id: "desk-1" } as const
      const asked = AboutCall.pipe(aboutOrder("o-1"), inStep("plan"), askedBy(person))
      expect(yield* asked).toEqual({ orderId: "o-1", step: "plan", workplace: "desk-1" })
      expect(yield* AboutCall.pipe(askedBy({ kind: "channel", id: "shop" }))).toEqual({ orderId: null, step: null, workplace: null })
    }))
})

describe("EXP-4: calls beside the ports", () => {
  const Config = Schema.Struct({ key: Schema.RedactedFromValue(Schema.String) })
  const recorded = async (...all: ReadonlyArray<unknown>): Promise<ReadonlyArray<LogEntry>> => {
    const partner = defineAdapter({
      name: "partner",
      config: Config,
      ports: {},
      setup: (_, { hub }) => {
        all.forEach((one) => hub.record(one as InboundCall))
        return {}
      }
    })
    const hub = await createHub({ storage: memoryStorage(), jobs: false, adapters: [partner({ key: "s3cret-key" }, { id: "p" })] })
    const storage = await hub.run(Storage)
    await hub.close()
    return Effect.runSync(storage.log.list({ limit: 50 })).items
  }

  it("are told by the adapter, with what it knows of them", async () => {
    const [entry] = await recorded({
      direction: "out", operation: "GET goods", outcome: "unavailable", durationMs: 12.4, sentBytes: 0, receivedBytes: 512, step: "stock",
      orderId: "o-1", request: "https://p/goods?key=s3cret-key&phone=87010000001", error: "key s3cret-key is old"
    })
    expect(entry).toMatchObject({
      connection: "p", direction: "out", operation: "GET goods", outcome: "unavailable", durationMs: 12, sentBytes: 0, receivedBytes: 512,
      step: "stock", workplace: null, orderId: "o-1", response: null, error: "key *** is old"
    })
    expect(entry!.request).not.toMatch(/s3cret|8701/u)
  })

  it("whatever an adapter says, a record is kept and the others with it", async () => {
    const circle: Record<string, unknown> = {}
    circle["self"] = circle
    const base = { direction: "in", operation: "x", outcome: "done", durationMs: 1 }
    const entries = await recorded(
      { ...base, request: circle, response: 7, error: Symbol("no") },
      { ...base, durationMs: Number.NaN, sentBytes: -1, receivedBytes: 1.5, orderId: {}, step: "s".repeat(9_000) },
      { ...base, direction: "sideways", outcome: "fine", operation: undefined },
      { ...base, request: "ж".repeat(1_000_000) }
    )
    expect(entries).toHaveLength(4)
    expect(entries.map(({ request }) => request?.length ?? 0).every((length) => length <= 4_096)).toBe(true)
    expect(entries.find(({ direction }) => direction === "out")).toMatchObject({ outcome: "unknown", operation: "" })
    expect(entries.find(({ step }) => step !== null)).toMatchObject({ durationMs: 0, sentBytes: 0, receivedBytes: 0, orderId: null })
  })
})

/** A storage whose log cannot be written for a while. */
const failing = (storage: StorageService, down: () => boolean): StorageService => ({
  ...storage,
  log: {
    ...storage.log,
    write: (entries) =>
      Effect.suspend(() =>
        down() ? Effect.fail(new StorageUnavailable({ message: "away", outcome: "notApplied" })) : storage.log.write(entries)
      )
  }
})

describe("EXP-4: the writer", () => {
  it.effect("keeps calls while the database is away, the newest of them, and writes them when it is back", () =>
    Effect.gen(function*() {
      const storage = yield* Storage
      let down = true
      const writer = makeLogWriter(failing(storage, () => down), 3)
      for (const at of [1, 2]) writer.record(call({ at }))
      yield* writer.flush
      for (const at of [3, 4, 5]) writer.record(call({ at }))
      yield* writer.flush
      expect((yield* storage.log.list({ limit: 9 })).items).toEqual([])
      down = false
      yield* writer.flush
      expect((yield* storage.log.list({ limit: 9 })).items.map((one) => one.at)).toEqual([5, 4, 3])
      yield* writer.flush
      expect((yield* storage.log.list({ limit: 9 })).items).toHaveLength(3)
    }).pipe(Effect.provide(memoryStorage())))

  it.live("R-OPS-2: others have their turn between two calls that it prepares, however many wait", () =>
    Effect.gen(function*() {
      const storage = yield* Storage
      const writer = makeLogWriter(storage)
      for (let i = 0; i < 50; i++) writer.record(call({ at: i, request: { to: "+77010000000", text: "x".repeat(200) } }))
      let turns = 0
      let done = false
      const tick = (): void => {
        turns++
        if (!done) setImmediate(tick)
      }
      setImmediate(tick)
      yield* writer.flush
      done = true
      expect(turns).toBeGreaterThanOrEqual(50)
      const { items } = yield* storage.log.list({ limit: 100 })
      expect(items.map(({ at }) => at)).toEqual(Array.from({ length: 50 }, (_, i) => 49 - i))
    }).pipe(Effect.provide(memoryStorage())))

  it.effect("measures and redacts what it keeps", () =>
    Effect.gen(function*() {
      const storage = yield* Storage
      const writer = makeLogWriter(storage)
      writer.record(call({ request: { to: "+77010000000", n: 1 }, response: { providerId: "p1" }, error: "no such phone +77010000000" }))
      yield* writer.flush
      const [entry] = (yield* storage.log.list({ limit: 9 })).items
      expect(entry).toMatchObject({
        request: "{\"to\":\"‹personal›\",\"n\":1}",
        response: "{\"providerId\":\"p1\"}",
        error: "no such phone ‹digits›",
        sentBytes: 27,
        receivedBytes: 19
      })
    }).pipe(Effect.provide(memoryStorage())))

  it.effect("lets go of what is older than its days, and of nothing else; one replica at a time", () =>
    Effect.gen(function*() {
      const storage = yield* Storage
      const day = 86_400_000
      yield* TestClock.setTime(100 * day)
      const writer = makeLogWriter(storage)
      for (let i = 0; i < 1_200; i++) writer.record(call({ at: (100 - KEPT_DAYS) * day - 1 - i }))
      writer.record(call({ at: (100 - KEPT_DAYS) * day }))
      yield* writer.flush
      expect(yield* pruneLogOnce("one")).toBe(1_200)
      expect(yield* pruneLogOnce("two")).toBe(0)
      yield* TestClock.adjust("2 minutes")
      expect(yield* pruneLogOnce("two", 29)).toBe(1)
    }).pipe(Effect.provide(memoryStorage())))
})

describe("EXP-4: calls in", () => {
  const through = async (answer: () => Response | Promise<Response>, url = "http://hub/exchange/1c?type=sale&mode=query&sessid=s3cret") => {
    const calls: Array<CallRecord> = []
    let time = 0
    const entrance = recordedEntrance("1c", async () => answer(), { record: (one) => void calls.push(one) }, () => (time += 5))
    const response = await entrance(new Request(url, { method: "POST", body: "12345", headers: { "content-length": "5" } })).catch(() => null)
    return { calls, text: response === null ? null : await response.text(), response }
  }

  it("what was asked for is told without its secrets, and the session that we gave is not", async () => {
    const { calls, text } = await through(() => new Response("success\nsid\ns3cret-session", { headers: { "content-type": "text/plain" } }))
    expect(text).toBe("success\nsid\ns3cret-session")
    expect(calls).toMatchObject([{
      connection: "1c", direction: "in", operation: "POST sale query", outcome: "done", request: "type=sale&mode=query&sessid=…",
      response: "success", sentBytes: 26, receivedBytes: 5, durationMs: 5
    }])
  })

  it.each([
    [200, "failure\nнет такого файла", "rejected"],
    [200, "progress\n3 из 10", "done"],
    [403, "no", "rejected"],
    [500, "oops", "unavailable"]
  ])("%d %j is %s", async (status, body, outcome) => {
    const { calls, response } = await through(() => new Response(body, { status, headers: { "content-type": "text/plain" } }))
    expect(response!.status).toBe(status)
    expect(calls).toMatchObject([{ outcome, response: body }])
  })

  it("orders that a partner fetches are counted, not kept", async () => {
    const { calls, text } = await through(() => new Response("<Документ>Иванов</Документ>", { headers: { "content-type": "text/xml" } }))
    expect(text).toBe("<Документ>Иванов</Документ>")
    expect(calls).toMatchObject([{ response: null, sentBytes: 49 }])
  })

  it("a body that does not say its length is counted as it is read, and comes to the partner's side whole", async () => {
    const calls: Array<CallRecord> = []
    const pieces = ["один", "два", "три"].map((text) => new TextEncoder().encode(text))
    const entrance = recordedEntrance(
      "1c",
      async (request) => new Response(`success ${await request.text()}`),
      { record: (one) => void calls.push(one) },
      () => 0
    )
    const body = ReadableStream.from(pieces)
    const response = await entrance(new Request("http://hub/exchange/1c?mode=file", { method: "POST", body, duplex: "half" }))
    expect(await response.text()).toBe("success одиндватри")
    expect(calls).toMatchObject([{ receivedBytes: 20, operation: "POST file" }])
  })

  it("of a body that breaks off so much is told as came", async () => {
    const calls: Array<CallRecord> = []
    const body = ReadableStream.from((async function*() {
      yield new Uint8Array(1_000)
      await Promise.reject(new Error("cut"))
    })())
    const read = async (request: Request): Promise<Response> => new Response(await request.text().catch(() => "failure\ncut"))
    const entrance = recordedEntrance("1c", read, { record: (one) => void calls.push(one) }, () => 0)
    const response = await entrance(new Request("http://hub/exchange/1c", { method: "POST", body, duplex: "half" }))
    expect(await response.text()).toBe("failure\ncut")
    expect(calls).toMatchObject([{ receivedBytes: 1_000, outcome: "rejected" }])
  })

  it("an entrance that throws is told too", async () => {
    const { calls } = await through(() => Promise.reject(new TypeError("secret")))
    expect(calls).toMatchObject([{ outcome: "unknown", error: "threw: TypeError" }])
  })
})

