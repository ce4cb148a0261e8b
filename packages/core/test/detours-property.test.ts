import { AdapterError, type LaneMethod, makeLanes, NetworkView, runLane, Storage } from "@aptekit/core"
import { loadNetwork, memoryStorage, TEST_NOW, testUuid } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"

/** A small generator (mulberry32), so that a failing seed can be run again. */
const chances = (seed: number) => {
  let state = seed
  return (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const LANES = ["a", "b", "c"]
const GATEWAY = { a: "ask", b: "safe", c: "never" } as const
type Lane = keyof typeof GATEWAY

const error = (outcome: AdapterError["outcome"], more: { readonly because?: "gateway"; readonly retryAfterMs?: number } = {}): AdapterError =>
  new AdapterError({ message: `it is ${outcome}`, adapter: "a", instance: "a", method: "m", outcome, reason: "fault", ...more })

/**
 * Three gateways that fail in every way: one can be asked, one knows a repetition by its id, one does neither. What arrived is
 * counted at the gateway itself, whatever it answered.
 */
const makeGateways = (chance: () => number) => {
  const arrived = new Map<string, Array<string>>()
  const has = (lane: string, id: string): boolean => arrived.get(id)?.includes(lane) === true
  const take = (lane: string, id: string): void => {
    if (GATEWAY[lane as Lane] === "safe" && has(lane, id)) return
    arrived.set(id, [...arrived.get(id) ?? [], lane])
  }
  const ends: ReadonlyArray<(lane: string, id: string) => Effect.Effect<{ readonly state: "done" }, AdapterError>> = [
    (lane, id) => Effect.sync(() => (take(lane, id), { state: "done" as const })),
    (lane, id) => Effect.andThen(Effect.sync(() => take(lane, id)), Effect.fail(error("unknown"))),
    () => Effect.fail(error("unknown")),
    () => Effect.fail(error("unavailable")),
    () => Effect.fail(error("unavailable", { retryAfterMs: Math.ceil(chance() * 60_000) })),
    () => Effect.fail(error("unavailable", { because: "gateway" })),
    () => Effect.fail(error("rejected", { because: "gateway" })),
    // Longer than its lease's renewal, so that a second worker may look meanwhile.
    (lane, id) => Effect.andThen(Effect.sleep("21 seconds"), Effect.sync(() => (take(lane, id), { state: "done" as const })))
  ]
  const method: LaneMethod = {
    name: "tell",
    lanes: () => [],
    repeat: ({ lane }) => GATEWAY[lane as Lane],
    doubt: "dropped",
    deliver: ({ lane, id }) => Effect.suspend(() => ends[Math.floor(chance() * ends.length)]!(lane, id)),
    find: ({ lane, id }) =>
      Effect.suspend(() => chance() < 0.3 ? Effect.fail(error(chance() < 0.5 ? "unavailable" : "unknown")) : Effect.succeed(has(lane, id) ? id : null)),
    hasDetours: () => true,
    detour: ({ lane }, { resting }, { last }) => {
      const others = LANES.filter((other) => other !== lane && !resting.has(other))
      return others.length === 0 || last ? null : { lane: others[Math.floor(chance() * others.length)]!, payload: {}, why: "any other" }
    }
  }
  return { arrived, method }
}

const view = new NetworkView({ branches: [], channels: [], policies: [], keys: [], templates: [], version: 0 })
const ids = Array.from({ length: 60 }, (_, i) => `m${i}`)

describe("detours", () => {
  for (const seed of [1, 2, 3]) {
    it.effect(`D27: whatever gateways do, two workers of each lane send nothing twice, and lose nothing (seed ${seed})`, () =>
      Effect.scoped(
        Effect.gen(function*() {
          yield* TestClock.setTime(TEST_NOW)
          yield* loadNetwork()
          const storage = yield* Storage
          const { arrived, method } = makeGateways(chances(seed))
          yield* storage.commit({
            id: testUuid(1e6), at: TEST_NOW, orders: [], reservations: [], movements: [], sale: null, key: null, events: [],
            outbox: ids.map((id, i) => ({ id, lane: LANES[i % 3]!, method: "tell", orderId: null, payload: {}, availableAt: TEST_NOW }))
          })
          const breaker = { failures: 2, openMs: 15_000 }
          const options = Object.fromEntries(LANES.map((lane) => [lane, { concurrency: 4, breaker, maxAttempts: 1_000 }]))
          const hubs = [makeLanes([method], options), makeLanes([method], options)]
          const fibers = []
          for (const lanes of hubs) {
            for (const lane of LANES) {
              fibers.push(yield* Effect.forkChild(runLane({ lane, storage, registry: { all: new Map() }, lanes, view: () => view })))
            }
          }
          // A hub that dies in the middle leaves what it was sending in doubt.
          yield* TestClock.adjust("2 seconds")
          yield* Effect.forkChild(Fiber.interruptAll(fibers.slice(0, 3)))
          for (let i = 0; i < 400; i++) yield* TestClock.adjust("15 seconds")
          const ended = yield* Effect.forEach(ids, (id) => Effect.map(storage.pull.letter(id), (found) => found!))
          for (const { id, state, lane } of ended) {
            const at = arrived.get(id) ?? []
            expect(at.length, `${id}: ${at.join(", ")}`).toBeLessThanOrEqual(1)
            if (state === "done") expect([id, ...at]).toEqual([id, lane])
          }
          const states = ended.map(({ state }) => state)
          expect(states.filter((state) => !["done", "dropped", "rejected"].includes(state)), "all have come to an end").toEqual([])
          // Dropped is only what nobody could know of, at the gateway that can do neither.
          expect(ended.filter(({ state, lane }) => state === "dropped" && lane !== "c").map(({ id }) => id)).toEqual([])
          expect(ended.some(({ history }) => history.some(({ outcome }) => outcome === "moved"))).toBe(true)
        })
      ).pipe(Effect.provide(memoryStorage())))
  }
})
