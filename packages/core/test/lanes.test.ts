import {
  AdapterError,
  type LaneMethod,
  type LaneOptions,
  makeLanes,
  MINUTE,
  NetworkView,
  type OutboxMessage,
  runLane,
  Storage,
  type StorageService,
  StorageUnavailable
} from "@aptekit/core"
import { loadNetwork, memoryStorage, TEST_NOW, testUuid } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"

const fault = (outcome: AdapterError["outcome"]): AdapterError =>
  new AdapterError({ message: `it is ${outcome}`, adapter: "a", instance: "a", method: "m", outcome, reason: "fault" })

/** A partner by lane: what it has done, how many calls run at once, and how its next calls go. */
const makePartner = (over: Partial<LaneMethod> = {}) => {
  const done: Array<string> = []
  const calls: Array<{ readonly id: string; readonly at: number }> = []
  const running = { now: 0, most: 0 }
  const state: { answer: Effect.Effect<void, AdapterError> } = { answer: Effect.void }
  const method: LaneMethod = {
    name: "tell",
    lanes: () => [],
    repeat: "safe",
    deliver: ({ id }) =>
      Effect.gen(function*() {
        calls.push({ id, at: yield* Effect.clockWith((clock) => clock.currentTimeMillis) })
        running.most = Math.max(running.most, ++running.now)
        yield* state.answer
        done.push(id)
        return { state: "done" as const }
      }).pipe(Effect.ensuring(Effect.sync(() => running.now--))),
    ...over
  }
  return { done, calls, running, state, method }
}

const write = (lane: string, ids: ReadonlyArray<string>) =>
  Effect.flatMap(Storage, ({ commit }) =>
    commit({
      id: testUuid(Math.floor(ids.length + 1e6)),
      at: TEST_NOW,
      orders: [], reservations: [], movements: [], sale: null, key: null, events: [],
      outbox: ids.map((id) => ({ id, lane, method: "tell", orderId: null, payload: {}, availableAt: TEST_NOW }))
    }))

const many = (count: number, of = "m"): ReadonlyArray<string> => Array.from({ length: count }, (_, i) => `${of}${i}`)

const view = new NetworkView({ branches: [], channels: [], policies: [], keys: [], templates: [], version: 0 })

/** Starts a lane whose method is the partner's; its state is asked of `lanes`. */
const start = (lane: string, method: LaneMethod, options: LaneOptions = {}, storage?: StorageService) =>
  Effect.gen(function*() {
    const lanes = makeLanes([method], options)
    const own = storage ?? (yield* Storage)
    const fiber = yield* Effect.forkChild(runLane({ lane, storage: own, registry: { all: new Map() }, lanes, view: () => view }))
    return { lanes, fiber, stop: Fiber.interrupt(fiber) }
  })

const on = (body: Effect.Effect<void, unknown, Storage | Scope.Scope>) =>
  Effect.scoped(
    Effect.gen(function*() {
      yield* TestClock.setTime(TEST_NOW)
      yield* loadNetwork()
      yield* body
    })
  ).pipe(Effect.provide(memoryStorage()))

const message = (id: string) => Effect.flatMap(Storage, ({ pull }) => Effect.map(pull.letter(id), (found) => found as OutboxMessage))

describe("lanes", () => {
  it.effect("P9: a partner that never answers does not cost another one a single round", () =>
    on(Effect.gen(function*() {
      const [slow, fast] = [makePartner(), makePartner()]
      slow.state.answer = Effect.never
      yield* write("slow", many(500, "s"))
      const first = yield* start("slow", slow.method)
      const second = yield* start("fast", fast.method)
      for (let round = 1; round <= 50; round++) {
        yield* write("fast", many(4, `f${round}-`))
        yield* TestClock.adjust("20 millis")
        expect(fast.done.length, `after ${round} rounds of 20 ms`).toBe(round * 4)
      }
      expect([slow.done.length, slow.running.most]).toEqual([0, 16])
      yield* Effect.forEach([first, second], ({ fiber }) => Effect.forkChild(Fiber.interrupt(fiber)))
      yield* TestClock.adjust("30 seconds")
    })))

  const beside: ReadonlyArray<readonly [string, Effect.Effect<void, AdapterError>]> = [
    ["never answers", Effect.never],
    ["answers after ten seconds", Effect.sleep("10 seconds")],
    ["refuses every connection", Effect.fail(fault("unavailable"))],
    ["breaks off every call", Effect.andThen(Effect.sleep("200 millis"), Effect.fail(fault("unknown")))]
  ]
  for (const [name, answer] of beside) {
    it.effect(`P9: beside a partner that ${name} the p99 of another one moves by less than a tenth`, () =>
      on(Effect.gen(function*() {
        /** From the commit to the end of the call, in the clock's ms: 300 messages, one each 5 ms, to who answers in 20. */
        const p99 = (lane: string) =>
          Effect.gen(function*() {
            const ended = new Map<string, number>()
            const begun = new Map<string, number>()
            const { method } = makePartner({
              deliver: ({ id }) =>
                Effect.gen(function*() {
                  yield* Effect.sleep("20 millis")
                  ended.set(id, yield* Clock.currentTimeMillis)
                  return { state: "done" as const }
                })
            })
            const { fiber } = yield* start(lane, method)
            for (let n = 0; n < 300; n++) {
              begun.set(`${lane}${n}`, yield* Clock.currentTimeMillis)
              yield* write(lane, [`${lane}${n}`])
              for (let ms = 0; ms < 5; ms++) yield* TestClock.adjust("1 millis")
            }
            for (let ms = 0; ms < 100; ms++) yield* TestClock.adjust("1 millis")
            yield* Effect.forkChild(Fiber.interrupt(fiber))
            expect(ended.size).toBe(300)
            return [...ended].map(([id, at]) => at - begun.get(id)!).toSorted((a, b) => a - b)[296]!
          })
        const alone = yield* p99("alone")
        const slow = makePartner()
        slow.state.answer = answer
        yield* write("slow", many(1_000, "s"))
        const { fiber } = yield* start("slow", slow.method)
        const together = yield* p99("together")
        expect(slow.calls.length, "the other one was called meanwhile").toBeGreaterThan(0)
        expect(together).toBeLessThanOrEqual(alone * 1.1)
        yield* Effect.forkChild(Fiber.interrupt(fiber))
        yield* TestClock.adjust("30 seconds")
      })))
  }

  it.effect("P6: R-OPS-1: a partner that is away for an hour gets everything when it is back, and nobody has to look", () =>
    on(Effect.gen(function*() {
      const { done, calls, state, method } = makePartner()
      state.answer = Effect.fail(fault("unavailable"))
      yield* write("erp", many(100))
      const { stop, lanes } = yield* start("erp", method)
      for (let minute = 0; minute < 60; minute++) yield* TestClock.adjust("1 minute")
      expect(done).toEqual([])
      expect(["open", "halfOpen"]).toContain(lanes.states()[0]!.breaker)
      // 16 at once at first, then one try each half minute: not a hundred messages with a back-off each.
      expect(calls.length).toBeLessThan(16 + 125)
      state.answer = Effect.void
      for (let minute = 0; minute < 15; minute++) yield* TestClock.adjust("1 minute")
      expect(new Set(done)).toEqual(new Set(many(100)))
      expect(done.length, "each once").toBe(100)
      expect(yield* (yield* Storage).outbox.list("dead", 10)).toEqual([])
      yield* stop
    })))

  it.effect("R-OPS-1: a lane keeps its concurrency and its rate", () =>
    on(Effect.gen(function*() {
      const { calls, running, state, method } = makePartner()
      state.answer = Effect.sleep("100 millis")
      yield* write("sms", many(40))
      const { stop } = yield* start("sms", method, { sms: { concurrency: 3, perSecond: 5 } })
      for (let step = 0; step < 400; step++) yield* TestClock.adjust("10 millis")
      const within = (ms: number) => calls.filter(({ at }) => at - TEST_NOW < ms).length
      expect(running.most).toBeLessThanOrEqual(3)
      // A burst of one second's calls, then five a second.
      expect([within(1_000), within(4_000)]).toEqual([9, 24])
      yield* Effect.forkChild(stop)
      yield* TestClock.adjust("1 second")
    })))

  it.effect("D27: in doubt, `never` goes to a person or is dropped, and the partner is not called again", () =>
    on(Effect.gen(function*() {
      for (const doubt of ["dead", "dropped"] as const) {
        const { calls, state, method } = makePartner({ repeat: "never", doubt })
        state.answer = Effect.fail(fault("unknown"))
        yield* write(doubt, [doubt])
        const { stop } = yield* start(doubt, method)
        yield* TestClock.adjust("10 minutes")
        const { state: ended, history } = yield* message(doubt)
        expect([calls.length, ended, history.map(({ outcome }) => outcome)]).toEqual([1, doubt, [doubt]])
        expect(history[0]!.text).toContain("it is unknown")
        yield* stop
      }
    })))

  it.effect("D27: what was being sent when its hub died is not sent again by `never`, and by `safe` under the same id", () =>
    on(Effect.gen(function*() {
      const { outbox } = yield* Storage
      for (const repeat of ["never", "safe"] as const) {
        const { calls, method } = makePartner({ repeat })
        yield* write(repeat, [repeat])
        yield* outbox.sending(yield* outbox.claim(repeat, TEST_NOW, TEST_NOW + 1, 1), TEST_NOW)
        const { stop } = yield* start(repeat, method)
        yield* TestClock.adjust("1 second")
        expect([calls.map(({ id }) => id), (yield* message(repeat)).state])
          .toEqual(repeat === "never" ? [[], "dead"] : [["safe"], "done"])
        yield* stop
      }
    })))

  it.effect("OPS-2: a method that breaks down, or that nobody has, harms no other message", () =>
    on(Effect.gen(function*() {
      const partner = makePartner({ deadline: ({ id }) => { if (id === "m0") throw new Error("a bug"); return null } })
      yield* write("erp", many(3))
      yield* (yield* Storage).commit({
        id: testUuid(77), at: TEST_NOW, orders: [], reservations: [], movements: [], sale: null, key: null, events: [],
        outbox: [{ id: "odd", lane: "erp", method: "nobody's", orderId: null, payload: {}, availableAt: TEST_NOW }]
      })
      const { stop } = yield* start("erp", partner.method)
      yield* TestClock.adjust("1 second")
      expect(partner.done).toEqual(["m1", "m2"])
      const [bug, odd] = [yield* message("m0"), yield* message("odd")]
      expect([bug.state, bug.lastError, odd.state]).toEqual(["unknown", "tell broke down: Error", "dead"])
      expect(odd.lastError).toContain("nobody delivers nobody's in this lane")
      yield* stop
    })))

  it.effect("SMS-1: what is of no use any more is dropped with its reason, and the partner is not asked", () =>
    on(Effect.gen(function*() {
      const late: LaneMethod["deadline"] = ({ createdAt }, _, now) => (now - createdAt > MINUTE ? "a minute has passed" : null)
      const { calls, state, method } = makePartner({ deadline: late })
      state.answer = Effect.fail(fault("unavailable"))
      yield* write("sms", ["m"])
      const { stop } = yield* start("sms", method)
      for (let minute = 0; minute < 5; minute++) yield* TestClock.adjust("1 minute")
      const { state: ended, lastError, history } = yield* message("m")
      expect([ended, lastError, history.at(-1)?.outcome]).toEqual(["dropped", "late: a minute has passed", "dropped"])
      expect(calls.every(({ at }) => at - TEST_NOW <= MINUTE)).toBe(true)
      yield* stop
    })))

  it.effect("D24: a call longer than the lease keeps its message; one that was lost meanwhile is broken off", () =>
    on(Effect.gen(function*() {
      const storage = yield* Storage
      const { done, calls, state, method } = makePartner()
      state.answer = Effect.sleep("5 minutes")
      yield* write("erp", ["long"])
      const { stop } = yield* start("erp", method, { erp: { timeoutMs: 600_000 } })
      for (let second = 0; second < 310; second++) yield* TestClock.adjust("1 second")
      expect([done, calls.length]).toEqual([["long"], 1])
      yield* stop

      // Its renewals are refused, as they are to a worker that was stopped past its lease.
      const deaf: StorageService = { ...storage, outbox: { ...storage.outbox, renew: () => Effect.succeed([]) } }
      yield* write("late", ["lost"])
      const other = yield* start("late", method, { late: { timeoutMs: 600_000 } }, deaf)
      for (let second = 0; second < 30; second++) yield* TestClock.adjust("1 second")
      expect([other.lanes.states()[0]!.inFlight, done]).toEqual([0, ["long"]])
      yield* other.stop
    })))

  it.effect("P10: a lane that is closed lets its running calls end, and their outcomes are recorded", () =>
    on(Effect.gen(function*() {
      const { state, method } = makePartner()
      state.answer = Effect.sleep("5 seconds")
      yield* write("erp", ["running", "next"])
      const { fiber } = yield* start("erp", method, { erp: { concurrency: 1 } })
      yield* TestClock.adjust("1 second")
      const closing = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* TestClock.adjust("3 seconds")
      expect(closing.pollUnsafe(), "it waits").toBeUndefined()
      yield* TestClock.adjust("2 seconds")
      expect(closing.pollUnsafe(), "it has ended").toBeDefined()
      expect([(yield* message("running")).state, (yield* message("next")).state]).toEqual(["done", "waiting"])
    })))

  it.effect("P10: a database that is away for a moment breaks off no call that runs, and the lane goes on", () =>
    on(Effect.gen(function*() {
      const storage = yield* Storage
      const away = { now: false }
      const failing = <A>(work: Effect.Effect<A, StorageUnavailable>) =>
        Effect.suspend(() => away.now ? Effect.fail(new StorageUnavailable({ message: "away", outcome: "notApplied" })) : work)
      const { outbox } = storage
      const shaky: StorageService = {
        ...storage,
        outbox: {
          ...outbox,
          nextDue: (lane) => failing(outbox.nextDue(lane)),
          claim: (...asked) => failing(outbox.claim(...asked)),
          settle: (outcomes) => failing(outbox.settle(outcomes))
        }
      }
      const { calls, done, state, method } = makePartner({ repeat: "never" })
      state.answer = Effect.sleep("20 seconds")
      yield* write("erp", ["slow"])
      const { stop } = yield* start("erp", method, {}, shaky)
      yield* TestClock.adjust("1 second")
      away.now = true
      for (let second = 0; second < 25; second++) yield* TestClock.adjust("1 second")
      away.now = false
      yield* write("erp", ["next"])
      for (let second = 0; second < 30; second++) yield* TestClock.adjust("1 second")
      expect([calls.map(({ id }) => id), done]).toEqual([["slow", "next"], ["slow", "next"]])
      expect([(yield* message("slow")).state, (yield* message("next")).state]).toEqual(["done", "done"])
      yield* stop
    })))
})
