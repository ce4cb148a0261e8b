import { Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, test } from "vitest"
import {
  AdapterError, AdapterFault, type AdapterInstance, buildAdapters, createHub, defineAdapter, definePort,
  type FaultOutcome, geocodingPort, type InboundHub, messagesPort, type PortImplementation, requirePort
} from "../src/index.ts"
import { memoryStorage } from "../src/testing/memory.ts"

const echoPort = definePort("echo", {
  say: {
    input: Schema.Struct({ text: Schema.NonEmptyString }),
    output: Schema.Struct({ heard: Schema.String }),
    repeat: "safe",
    timeout: 3_000
  }
})
type Say = PortImplementation<typeof echoPort.methods>["say"]

const SECRET = "s3cret-pass"

/** An adapter whose only method is `say`. */
const echo = (say: Say, id = "echo"): AdapterInstance<"echo"> =>
  defineAdapter({
    name: "echo",
    config: Schema.Struct({}),
    ports: { echo: echoPort },
    setup: () => ({ echo: { say } })
  })({}, { id })

const withConfig = defineAdapter({
  name: "gateway",
  config: Schema.Struct({ password: Schema.RedactedFromValue(Schema.String), port: Schema.Int }),
  ports: { echo: echoPort },
  setup: () => ({ echo: { say: ({ text }) => ({ heard: text }) } })
})

const noHub = (): InboundHub => ({}) as InboundHub

const say = (adapter: AdapterInstance, text = "сәлем") =>
  Effect.gen(function*() {
    const all = yield* buildAdapters([adapter], noHub)
    const service = yield* requirePort({ all }, echoPort)
    return yield* service.say({ text })
  }).pipe(Effect.scoped)

const failure = (adapter: AdapterInstance, text?: string): Promise<AdapterError> =>
  Effect.runPromise(Effect.flip(say(adapter, text)))

const hubWith = <const A extends ReadonlyArray<AdapterInstance>>(...adapters: A) =>
  createHub({ storage: memoryStorage(), jobs: false, adapters })

const refusal = async (promise: Promise<unknown>): Promise<AdapterError> => {
  const error: unknown = await promise.then(() => undefined, (reason: unknown) => reason)
  expect(error).toBeInstanceOf(AdapterError)
  return error as AdapterError
}

describe("SDK-2: a method of an adapter", () => {
  test.each<[string, Say]>([
    ["a value", ({ text }) => ({ heard: text })],
    ["a Promise", async ({ text }) => ({ heard: text })],
    ["an Effect", ({ text }) => Effect.succeed({ heard: text })]
  ])("may give %s", async (_, method) => {
    expect(await Effect.runPromise(say(echo(method)))).toEqual({ heard: "сәлем" })
  })

  test("D27: says beside the outcome when to come back and what a refusal is about; nonsense is left out", async () => {
    const error = (retryAfterMs: number, because: "gateway" | "addressGone") =>
      failure(echo(() => Promise.reject(new AdapterFault("no", { outcome: "unavailable", retryAfterMs, because }))))
    expect(await error(1_500.2, "gateway")).toMatchObject({ retryAfterMs: 1_501, because: "gateway" })
    const nonsense = [NaN, Infinity, 0, -5]
    for (const ms of nonsense) expect(await error(ms, "whatever" as "gateway")).not.toHaveProperty("retryAfterMs")
    expect(await error(1, "whatever" as "gateway")).not.toHaveProperty("because")
  })

  test.each<[FaultOutcome]>([["unavailable"], ["rejected"], ["unknown"]])(
    "says by AdapterFault that the call ended as %s; its message is the author's, behind adapter and connection",
    async (outcome) => {
      const error = await failure(echo(() => Promise.reject(new AdapterFault("queue is full", { outcome })), "kz"))
      expect(error).toMatchObject({
        outcome,
        reason: "fault",
        adapter: "echo",
        instance: "kz",
        method: "echo.say",
        message: "[echo] [kz] queue is full"
      })
    }
  )

  test.each<[string, Say]>([
    ["throws", () => {
      throw new TypeError(`bad token ${SECRET}`)
    }],
    ["rejects", () => Promise.reject(new TypeError(`bad token ${SECRET}`))],
    ["fails as an Effect", () => Effect.fail(new TypeError(`bad token ${SECRET}`))],
    ["dies as an Effect", () => Effect.die(new TypeError(`bad token ${SECRET}`))]
  ])("that %s what it did not mean for us ends as unknown, and its text stays where it was", async (_, method) => {
    const error = await failure(echo(method))
    expect(error).toMatchObject({ outcome: "unknown", reason: "thrown", message: "[echo] [echo] threw: TypeError" })
    expect(JSON.stringify(error) + String(error.stack)).not.toContain(SECRET)
  })

  test("that throws a string, an object or nothing ends as unknown, and its text stays where it was", async () => {
    for (const thrown of [SECRET, { SECRET }, undefined, null]) {
      const error = await failure(echo(() => Promise.reject(thrown)))
      expect(error).toMatchObject({ outcome: "unknown", reason: "thrown" })
      expect(error.message).not.toContain(SECRET)
    }
  })

  test.each([
    ["nothing", undefined],
    ["a number for a text", { heard: 4_815_162 }],
    ["a text", SECRET],
    ["an array", []]
  ])(
    "that answers %s ends as unknown: the call was made; the answer is not shown",
    async (_, answer) => {
      const error = await failure(echo(() => answer as never))
      expect(error).toMatchObject({ outcome: "unknown", reason: "output" })
      expect(error.message).toContain("[echo] [echo] answered what the port does not allow")
      expect(error.message).not.toMatch(/4815162|s3cret/u)
    }
  )

  test("is not called with an input that its port does not allow", async () => {
    let calls = 0
    const error = await failure(echo(() => ({ heard: `${++calls}` })), "")
    expect(error).toMatchObject({ outcome: "rejected", reason: "input" })
    expect(calls).toBe(0)
  })

  test("that hangs ends as unknown when its port's time is up, not before, and hears of it by its signal", async () => {
    const called = Promise.withResolvers<AbortSignal>()
    const hanging = echo((_, { signal }) => {
      called.resolve(signal)
      return new Promise(() => undefined)
    })
    await Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.flip(say(hanging)))
      const signal = yield* Effect.promise(() => called.promise)
      yield* TestClock.adjust(2_999)
      expect(fiber.pollUnsafe()).toBeUndefined()
      expect(signal.aborted).toBe(false)
      yield* TestClock.adjust(1)
      const error = yield* Fiber.join(fiber)
      expect(error).toMatchObject({ outcome: "unknown", reason: "timeout" })
      expect(error.message).toBe("[echo] [echo] no answer within 3000 ms")
      expect(signal.aborted).toBe(true)
    }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise)
  })
})

describe("SDK-2: a configuration", () => {
  test("that is bad rejects createHub, naming adapter, connection and field, never a value", async () => {
    const bad = withConfig({ password: SECRET, port: "80-s3cret" as never }, { id: "kz" })
    const error = await refusal(hubWith(bad))
    expect(error).toMatchObject({ reason: "config", outcome: "rejected", instance: "kz", method: "setup" })
    expect(error.message).toContain("[gateway] [kz] bad configuration")
    expect(error.message).toContain("port")
    expect(JSON.stringify(error) + String(error.stack)).not.toContain("s3cret")
  })

  test("that gives a password of another kind than text does not show it", async () => {
    const error = await refusal(hubWith(withConfig({ password: 31_337 as never, port: 80 })))
    expect(error.message).toContain("password")
    expect(error.message).not.toContain("31337")
  })

  test("with two connections of one id rejects createHub and says what to do", async () => {
    const error = await refusal(hubWith(echo(() => ({ heard: "1" })), echo(() => ({ heard: "2" }))))
    expect(error).toMatchObject({ reason: "config", outcome: "rejected" })
    expect(error.message).toBe("[echo] [echo] two connections have this id; give one another { id }.")
  })

  test.each(["", "x".repeat(91)])("with an id that no table can hold rejects createHub and says what to do", async (id) => {
    const error = await refusal(hubWith(echo(() => ({ heard: "1" }), id)))
    expect(error).toMatchObject({ reason: "config", outcome: "rejected" })
    expect(error.message).toMatch(/its id may have 1 to 90 characters/u)
  })

  test("that is bad leaves nothing open: the storage is closed before createHub rejects", async () => {
    let open = 0
    const resource = Layer.effectDiscard(
      Effect.acquireRelease(Effect.sync(() => void open++), () => Effect.sync(() => void open--))
    )
    const storage = memoryStorage().pipe(Layer.provideMerge(resource))
    const bad = withConfig({ password: SECRET, port: 0.5 })
    await refusal(createHub({ storage, adapters: [bad] }))
    expect(open).toBe(0)
  })
})

describe("SDK-2: setup", () => {
  type Setup = Parameters<typeof defineAdapter>[0]["setup"]
  const made = (setup: (closed: Array<string>) => Setup, closed: Array<string> = []) => {
    const definition = { name: "made", config: Schema.Struct({}), ports: { echo: echoPort } }
    return defineAdapter({ ...definition, setup: setup(closed) as never })({})
  }

  test("may be a Promise, or an Effect whose scope is the hub's", async () => {
    const closed: Array<string> = []
    const service = { echo: { say: () => ({ heard: "made" }) } }
    const later = made(() => async () => service)
    const scoped = made((log) => () =>
      Effect.as(Effect.addFinalizer(() => Effect.sync(() => void log.push("finalizer"))), service), closed)
    expect(await Effect.runPromise(say(later))).toEqual({ heard: "made" })
    const call = Effect.tap(say(scoped), () => Effect.sync(() => closed.push("called")))
    expect(await Effect.runPromise(call)).toEqual({ heard: "made" })
    expect(closed).toContain("finalizer")
  })

  test("that fails rejects the hub without the error's text, after closing what it had opened", async () => {
    const closed: Array<string> = []
    const failing = made((log) => (_config, { onClose }) => {
      onClose(() => void log.push("socket"))
      throw new RangeError(`cannot log in with ${SECRET}`)
    }, closed)
    const error = await refusal(hubWith(failing))
    expect(error).toMatchObject({ outcome: "rejected", method: "setup" })
    expect(error.message).toBe("[made] [made] setup failed: RangeError")
    expect(closed).toEqual(["socket"])
  })

  test.each([
    ["nothing", undefined, "echo"],
    ["no such port", {}, "echo"],
    ["a port without its method", { echo: {} }, "echo.say"]
  ])("that gives %s rejects the hub and names what is missing", async (_, given, missing) => {
    const error = await refusal(hubWith(made(() => () => given as never)))
    expect(error).toMatchObject({ reason: "config", outcome: "rejected" })
    expect(error.message).toBe(`[made] [made] setup did not return ${missing}; its ports promise it.`)
  })

  test("registers closers, which run last first when the hub closes, the broken one without harm", async () => {
    const closed: Array<string> = []
    const adapter = (id: string) =>
      defineAdapter({
        name: "closing",
        config: Schema.Struct({}),
        ports: { echo: echoPort },
        setup: (_config, { connection, onClose }) => {
          onClose(() => void closed.push(`${connection} first`))
          onClose(() => {
            throw new Error("already closed")
          })
          onClose(async () => void closed.push(`${connection} last`))
          return { echo: { say: ({ text }) => ({ heard: text }) } }
        }
      })({}, { id })
    const hub = await hubWith(adapter("a"), adapter("b"))
    expect(closed).toEqual([])
    await hub.close()
    expect(closed).toEqual(["b last", "b first", "a last", "a first"])
  })
})

describe("SDK-1: hub.port", () => {
  test("calls the named connection, or the first that serves the port", async () => {
    await using hub = await hubWith(echo(() => ({ heard: "one" }), "one"), echo(() => ({ heard: "two" }), "two"))
    expect(await hub.port(echoPort).say({ text: "?" })).toEqual({ heard: "one" })
    expect(await hub.port(echoPort, "two").say({ text: "?" })).toEqual({ heard: "two" })
    const error = await refusal(hub.port(echoPort, "three").say({ text: "?" }))
    expect(error.message).toContain("No connection three serves the port echo; add an adapter")
  })

  test("of a port that no adapter serves is a compile error", async () => {
    await using hub = await hubWith(echo(() => ({ heard: "one" })))
    // @ts-expect-error no configured adapter provides "messages"
    const error = await refusal(hub.port(messagesPort).find({ id: "1", to: "+77010000001" }))
    expect(error).toMatchObject({ reason: "config", outcome: "rejected" })
  })

  test("of a hub without adapters is a compile error", async () => {
    await using hub = await createHub({ storage: memoryStorage(), jobs: false })
    // @ts-expect-error there is no adapter at all
    await refusal(hub.port(geocodingPort).geocode({ address: "Алматы" }))
  })

  test("names the field of an input that is wrong, without its value", async () => {
    await using hub = await hubWith(echo(() => ({ heard: "one" })))
    const call = hub.port(echoPort).say({ text: 77_010_000_001 as never })
    await expect(call).rejects.toThrow(/echo\.say: [^7]*text/u)
  })

  test("hands the caller's signal down to the adapter and rejects with its reason", async () => {
    const called = Promise.withResolvers<AbortSignal>()
    const hanging = echo((_, { signal }) => {
      called.resolve(signal)
      return new Promise(() => undefined)
    })
    await using hub = await hubWith(hanging)
    const caller = new AbortController()
    const call = hub.port(echoPort).say({ text: "?" }, { signal: caller.signal })
    const signal = await called.promise
    caller.abort(new Error("the caller left"))
    await expect(call).rejects.toThrow("the caller left")
    expect(signal.aborted).toBe(true)
  })

  test("of a closed hub rejects", async () => {
    const hub = await hubWith(echo(() => ({ heard: "one" })))
    await hub.close()
    await expect(hub.port(echoPort).say({ text: "?" })).rejects.toThrow()
  })
})

test("SDK-2: an adapter that its partner calls gives its entrance, by connection (D30)", async () => {
  const called = defineAdapter({
    name: "called",
    config: Schema.Struct({}),
    ports: {},
    setup: (_config, { connection }) => ({ http: async (request) => new Response(`${connection} ${request.method}`) })
  })
  await using hub = await hubWith(called({}, { id: "1c" }), echo(() => ({ heard: "x" })))
  expect([...hub.entrances.keys()]).toEqual(["1c"])
  const answer = await hub.entrances.get("1c")?.(new Request("http://hub.test/exchange/1c"))
  expect(await answer?.text()).toBe("1c GET")
})
