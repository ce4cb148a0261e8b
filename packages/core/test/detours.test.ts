import { AdapterError, type FaultOutcome, type LaneMethod, type LaneOptions, makeLanes, NetworkView, runLane, Storage } from "@aptekit/core"
import { loadNetwork, memoryStorage, TEST_NOW, testUuid } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"

interface Answer {
  readonly outcome: FaultOutcome
  readonly because?: "gateway"
  readonly retryAfterMs?: number
}

const fault = ({ outcome, ...rest }: Answer): AdapterError =>
  new AdapterError({ message: `it is ${outcome}`, adapter: "a", instance: "a", method: "m", outcome, reason: "fault", ...rest })

/** Two partners, `a` and `b`; from `a` a message may go to `b`, after two tries or at once where `a` refuses as a whole. */
const makePair = (over: Partial<LaneMethod> = {}) => {
  const calls: Array<{ readonly lane: string; readonly id: string; readonly at: number }> = []
  const answers: Record<string, ReadonlyArray<Answer> | Answer | null> = { a: null, b: null }
  const method: LaneMethod = {
    name: "tell",
    lanes: () => [],
    repeat: "ask",
    find: () => Effect.succeed(null),
    hasDetours: (lane) => lane === "a",
    detour: ({ lane, attempts }, { resting }, { error }) => {
      const wanted = error === null || error.because === "gateway" || attempts >= 2
      return lane === "a" && wanted && !resting.has("b") ? { lane: "b", payload: { over: "b" }, why: error === null ? "a rests" : "a failed" } : null
    },
    deliver: ({ lane, id }) =>
      Effect.gen(function*() {
        calls.push({ lane, id, at: (yield* Effect.clockWith((clock) => clock.currentTimeMillis)) - TEST_NOW })
        const [next, ...rest] = [answers[lane]!].flat()
        if (Array.isArray(answers[lane])) answers[lane] = rest
        if (next) return yield* fault(next)
        return { state: "done" as const }
      }),
    ...over
  }
  return { calls, answers, method }
}

const write = (ids: ReadonlyArray<string>, lane = "a") =>
  Effect.flatMap(Storage, ({ commit }) =>
    commit({
      id: testUuid(1e6 + ids.length),
      at: TEST_NOW,
      orders: [], reservations: [], movements: [], sale: null, key: null, events: [],
      outbox: ids.map((id) => ({ id, lane, method: "tell", orderId: null, payload: {}, availableAt: TEST_NOW }))
    }))

const many = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, i) => `m${i}`)
const view = new NetworkView({ branches: [], channels: [], policies: [], keys: [], templates: [], version: 0 })

/** Both lanes of one hub at work. */
const start = (method: LaneMethod, options: LaneOptions = {}) =>
  Effect.gen(function*() {
    const lanes = makeLanes([method], options)
    const storage = yield* Storage
    const run = (lane: string) => Effect.forkChild(runLane({ lane, storage, registry: { all: new Map() }, lanes, view: () => view }))
    const fibers = [yield* run("a"), yield* run("b")]
    return { lanes, stop: Fiber.interruptAll(fibers) }
  })

const on = (body: Effect.Effect<void, unknown, Storage | Scope.Scope>) =>
  Effect.scoped(
    Effect.gen(function*() {
      yield* TestClock.setTime(TEST_NOW)
      yield* loadNetwork()
      yield* body
    })
  ).pipe(Effect.provide(memoryStorage()))

const seconds = (count: number) => Effect.forEach(Array.from({ length: count }), () => TestClock.adjust("1 second"), { discard: true })
const message = (id: string) => Effect.flatMap(Storage, ({ pull }) => Effect.map(pull.letter(id), (found) => found!))
const lanesOf = (calls: ReadonlyArray<{ readonly lane: string }>) => calls.map(({ lane }) => lane)

describe("detours", () => {
  it.effect("SMS-1: a message that its partner cannot take goes to the next, once, under the same id, and its history says so", () =>
    on(Effect.gen(function*() {
      const { calls, answers, method } = makePair()
      answers["a"] = { outcome: "unavailable" }
      yield* write(["m"])
      const { stop } = yield* start(method)
      yield* seconds(30)
      expect(calls.map(({ lane, id }) => `${lane} ${id}`)).toEqual(["a m", "a m", "b m"])
      const { state, lane, payload, history } = yield* message("m")
      expect([state, lane, payload]).toEqual(["done", "b", { over: "b" }])
      expect(history.map(({ outcome, text }) => [outcome, text])).toEqual([
        ["retry", "it is unavailable"], ["moved", "a → b: a failed: it is unavailable"]
      ])
      yield* stop
    })))

  it.effect("SMS-1: a partner that refuses as a whole costs one call", () =>
    on(Effect.gen(function*() {
      const { calls, answers, method } = makePair()
      answers["a"] = [{ outcome: "rejected", because: "gateway" }]
      yield* write(["m"])
      const { stop } = yield* start(method)
      yield* seconds(2)
      expect(lanesOf(calls)).toEqual(["a", "b"])
      yield* stop
    })))

  it.effect("D27: what nobody knows is asked for first; only when it surely did not arrive it goes elsewhere", () =>
    on(Effect.gen(function*() {
      const found: Array<string | null | AdapterError> = [fault({ outcome: "unavailable" }), null]
      const { calls, answers, method } = makePair({
        find: () => {
          const next = found.shift() ?? null
          return next instanceof AdapterError ? Effect.fail(next) : Effect.succeed(next)
        }
      })
      answers["a"] = [{ outcome: "unknown" }, { outcome: "unavailable" }]
      yield* write(["m"])
      const { stop } = yield* start(method)
      yield* seconds(20)
      // The look-up that failed moved nothing; after the one that said "no" the next failure did.
      expect([lanesOf(calls), found.length]).toEqual([["a", "a", "b"], 0])
      yield* stop
    })))

  it.effect("D27: what may have arrived never goes elsewhere: not after a refusal, not while its partner rests", () =>
    on(Effect.gen(function*() {
      for (const [repeat, then] of [["safe", { outcome: "unavailable" }], ["safe", { outcome: "rejected", because: "gateway" }]] as const) {
        const { calls, answers, method } = makePair({ repeat })
        const id = `${repeat}-${then.outcome}`
        answers["a"] = [{ outcome: "unknown" }, ...Array.from({ length: 50 }, () => then)]
        yield* write([id])
        const { stop } = yield* start(method, { a: { breaker: { failures: 1, openMs: 5_000 } } })
        yield* seconds(60)
        expect(lanesOf(calls)).not.toContain("b")
        expect((yield* message(id)).state).toBe(then.outcome === "rejected" ? "rejected" : "unknown")
        yield* stop
        yield* TestClock.setTime(TEST_NOW)
      }
    })))

  it.effect("D27: a call whose hub died is in doubt, and goes nowhere while its partner rests", () =>
    on(Effect.gen(function*() {
      const { outbox } = yield* Storage
      const { calls, answers, method } = makePair()
      yield* write(["dead", "fresh"])
      yield* outbox.sending(yield* outbox.claim("a", TEST_NOW, TEST_NOW + 1, 1), TEST_NOW)
      answers["a"] = { outcome: "unavailable", retryAfterMs: 60_000 }
      const { stop } = yield* start(method, { a: { concurrency: 1 } })
      yield* seconds(50)
      const went = calls.filter(({ lane }) => lane === "b").map(({ id }) => id)
      expect(went).toEqual(["fresh"])
      yield* stop
    })))

  it.effect("SMS-1: while the breaker is open all that waits goes elsewhere at once, and nobody is called twice", () =>
    on(Effect.gen(function*() {
      const { calls, answers, method } = makePair()
      answers["a"] = { outcome: "unavailable" }
      yield* write(many(200))
      const { stop } = yield* start(method, { a: { concurrency: 5, breaker: { failures: 5, openMs: 600_000 } } })
      // In small steps: the test clock does not wait for work that is under way.
      for (let step = 0; step < 150; step++) yield* TestClock.adjust("20 millis")
      const sent = calls.filter(({ lane }) => lane === "b").map(({ id }) => id)
      expect([lanesOf(calls).filter((lane) => lane === "a").length, sent.length, new Set(sent).size]).toEqual([5, 200, 200])
      expect((yield* message("m199")).history.map(({ text }) => text)).toEqual(["a → b: a rests"])
      yield* stop
    })))

  it.effect("D28: where the next partner rests too, messages stay, and looking for a way counts as no try", () =>
    on(Effect.gen(function*() {
      const { calls, answers, method } = makePair()
      answers["a"] = answers["b"] = { outcome: "unavailable" }
      yield* write(["m0"], "b")
      const breaker = { failures: 1, openMs: 60_000 }
      const { stop } = yield* start(method, { a: { breaker }, b: { breaker } })
      yield* seconds(1)
      yield* write(many(3).map((id) => `x${id}`))
      yield* seconds(55)
      expect(lanesOf(calls).filter((lane) => lane === "b").length).toBe(1)
      const { state, lane, attempts } = yield* message("xm2")
      expect([state, lane, attempts]).toEqual(["retry", "a", 1])
      yield* stop
    })))
})

describe("a partner that was away", () => {
  it.effect("SMS-1: is worth a detour again as soon as it may be tried, though nobody has called it since", () =>
    on(Effect.gen(function*() {
      const { calls, answers, method } = makePair()
      answers["b"] = [{ outcome: "unavailable" }]
      yield* write(["before"], "b")
      // Its one message is given up: nothing is left in its lane that would try whether it is back.
      const { stop, lanes } = yield* start(method, { b: { maxAttempts: 1, breaker: { failures: 1, openMs: 5_000 } } })
      yield* seconds(1)
      expect([...lanes.resting()]).toEqual(["b"])
      yield* seconds(6)
      expect([lanes.states().find(({ lane }) => lane === "b")?.breaker, [...lanes.resting()]]).toEqual(["halfOpen", []])
      answers["a"] = { outcome: "unavailable", because: "gateway" }
      yield* write(["x", "y"])
      yield* seconds(15)
      expect(calls.filter(({ lane, id }) => lane === "b" && ["x", "y"].includes(id)).length).toBe(2)
      yield* stop
    })))
})

describe("Retry-After", () => {
  it.effect("R-OPS-1: a partner that names a time is left alone until then, by the whole lane, and its breaker stays closed", () =>
    on(Effect.gen(function*() {
      const { calls, answers, method } = makePair({ hasDetours: () => false, detour: () => null })
      answers["a"] = [{ outcome: "unavailable", retryAfterMs: 8_000 }]
      yield* write(many(3))
      const { stop, lanes } = yield* start(method, { a: { concurrency: 1, breaker: { failures: 1, openMs: 60_000 } } })
      yield* seconds(7)
      expect(calls.length).toBe(1)
      expect(lanes.states().find(({ lane }) => lane === "a")).toMatchObject({ breaker: "closed", restsUntil: TEST_NOW + 8_000 })
      yield* seconds(5)
      expect(calls.map(({ id }) => id).toSorted()).toEqual(["m0", "m0", "m1", "m2"])
      expect(calls.slice(1).every(({ at }) => at >= 8_000)).toBe(true)
      expect(lanes.states().find(({ lane }) => lane === "a")?.restsUntil).toBeNull()
      yield* stop
    })))

  it.effect("R-OPS-1: nobody is left alone for more than an hour", () =>
    on(Effect.gen(function*() {
      const { calls, answers, method } = makePair({ hasDetours: () => false, detour: () => null })
      answers["a"] = [{ outcome: "unavailable", retryAfterMs: 7 * 24 * 3_600_000 }]
      yield* write(["m"])
      const { stop } = yield* start(method)
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("58 minutes")
      expect(calls.length).toBe(1)
      yield* TestClock.adjust("2 minutes")
      yield* seconds(2)
      expect(calls.length).toBe(2)
      yield* stop
    })))

  it.effect("SMS-1: a long rest sends messages elsewhere, a short one does not", () =>
    on(Effect.gen(function*() {
      for (const [retryAfterMs, to] of [[60_000, "b"], [5_000, "a"]] as const) {
        const { calls, answers, method } = makePair()
        answers["a"] = [{ outcome: "unavailable", retryAfterMs }]
        const ids = many(3).map((id) => `${to}-${id}`)
        yield* write(ids)
        const { stop } = yield* start(method, { a: { concurrency: 1 } })
        yield* seconds(9)
        expect(calls.filter(({ id }) => id === ids[2]).map(({ lane }) => lane)).toEqual([to])
        yield* stop
      }
    })))
})
