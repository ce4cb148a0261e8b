import { Effect, Exit, Fiber, Redacted, Scope, Schema } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, test } from "vitest"
import { discreet } from "../src/adapter/discreet.ts"
import {
  AdapterError, AdapterFault, type AdapterInstance, buildAdapters, createHub, defineAdapter, definePort,
  type InboundHub, type PortImplementation, type SetupContext
} from "../src/index.ts"
import { memoryStorage } from "../src/testing/memory.ts"
import { ANSWERS, KEY } from "./hostile-kit.ts"

const sayPort = definePort("say", {
  say: {
    input: Schema.Struct({ text: Schema.String }),
    output: Schema.Struct({ heard: Schema.String.check(Schema.isMaxLength(100)) }),
    repeat: "safe",
    timeout: 200
  }
})
type Say = PortImplementation<typeof sayPort.methods>["say"]
type Setup = (context: SetupContext, key: string) => { readonly say: { readonly say: Say } } | Promise<never>

const adapter = (id: string, setup: Setup): AdapterInstance<"say"> =>
  defineAdapter({
    name: "hostile",
    config: Schema.Struct({ auth: Schema.Struct({ key: Schema.RedactedFromValue(Schema.String) }) }),
    ports: { say: sayPort },
    setup: ({ auth }, context) => setup(context, Redacted.value(auth.key))
  })({ auth: { key: KEY } }, { id })

const good = adapter("good", () => ({ say: { say: ({ text }) => ({ heard: text }) } }))

describe("R-SDK-2: an adapter cannot harm the hub", () => {
  test.each(ANSWERS)("that %s ends as unknown, shows no secret, and the others go on", async (_, answer) => {
    const bad = adapter("bad", (_, key) => ({ say: { say: () => answer(key) as never } }))
    await using hub = await createHub({ storage: memoryStorage(), jobs: false, adapters: [bad, good] })
    const call = hub.port(sayPort, "bad").say({ text: "сәлем" })
    expect(await hub.port(sayPort, "good").say({ text: "сәлем" })).toEqual({ heard: "сәлем" })
    const error: unknown = await call.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AdapterError)
    expect(error).toMatchObject({ outcome: "unknown", instance: "bad" })
    const shown = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`
    expect(shown).not.toContain(KEY)
    expect(shown).not.toContain(encodeURIComponent(KEY))
    expect((error as Error).message.length).toBeLessThan(2_200)
    expect(await hub.port(sayPort, "good").say({ text: "рахмет" })).toEqual({ heard: "рахмет" })
  })

  test("that puts its key into the hub's log shows none there", async () => {
    const logged: Array<unknown> = []
    const hub = { log: (...all: ReadonlyArray<unknown>) => void logged.push(all) } as unknown as InboundHub
    const chatty = adapter("chatty", ({ hub }, key) => {
      hub.log(`the key is ${key}`, { url: `https://x.test/?key=${encodeURIComponent(key)}`, tries: 3 })
      hub.log(key)
      return { say: { say: ({ text }) => ({ heard: text }) } }
    })
    await buildAdapters([chatty], () => hub).pipe(Effect.scoped, Effect.runPromise)
    expect(logged).toEqual([["the key is ***", { url: "https://x.test/?key=***", tries: 3 }], ["***"]])
  })

  test("whose setup throws its key stops the start, without it", async () => {
    const bad = adapter("bad", (_, key) => {
      throw new AdapterFault(`no entry with ${key}`, { outcome: "unavailable" })
    })
    const start = createHub({ storage: memoryStorage(), jobs: false, adapters: [good, bad] })
    await expect(start).rejects.toMatchObject({ message: "[hostile] [bad] setup failed: no entry with ***" })
  })

  test("whose setup hangs stops the start after 30 seconds, and is named", async () => {
    const bad = adapter("bad", () => new Promise<never>(() => undefined))
    const error = await Effect.gen(function*() {
      const building = yield* Effect.forkChild(Effect.flip(buildAdapters([bad], () => ({}) as InboundHub)))
      yield* TestClock.adjust("29 seconds")
      expect(building.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust("1 second")
      return yield* Fiber.join(building)
    }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)
    expect(error).toMatchObject({ reason: "timeout", message: "[hostile] [bad] setup was not done within 30000 ms" })
  })

  test("whose closer hangs is left behind after 15 seconds, and the closers before it still run", async () => {
    const closed: Array<string> = []
    const bad = adapter("bad", ({ onClose }) => {
      onClose(() => void closed.push("first"))
      onClose(() => new Promise(() => undefined))
      return { say: { say: ({ text }) => ({ heard: text }) } }
    })
    await Effect.gen(function*() {
      const scope = yield* Scope.make()
      yield* buildAdapters([bad], () => ({}) as InboundHub).pipe(Scope.provide(scope))
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("14 seconds")
      expect(closed).toEqual([])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
    }).pipe(Effect.provide(TestClock.layer()), Effect.runPromise)
    expect(closed).toEqual(["first"])
  })
})

describe("R-SDK-2: secrets are found in a configuration", () => {
  test("of any shape, also one that holds itself; short ones are left, for they are in every text", () => {
    const config: Record<string, unknown> = {
      list: [Redacted.make("first-secret")], deep: { pair: Redacted.make({ password: "second secret" }) },
      pin: Redacted.make("42"), open: "public-name"
    }
    config["self"] = config
    const shown = discreet(config)
    expect(shown("first-secret second+secret 42 public-name")).toBe("*** second+secret 42 public-name")
  })

  test("the longest first, as addresses write them, and with letters that no address can hold", () => {
    const shown = discreet([Redacted.make("abcd"), Redacted.make("abcd efgh"), Redacted.make("\ud800-lone")])
    expect(shown("abcd+efgh abcd%20efgh abcd \ud800-lone")).toBe("*** *** *** ***")
  })
})
