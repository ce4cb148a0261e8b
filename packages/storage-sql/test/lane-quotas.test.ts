import { type LaneMethod, makeLanes, NetworkView, runLane, Storage } from "@aptekit/core"
import { Effect, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import { mariadb } from "../src/index.ts"
import { useEmptyMariadb } from "./support/databases.ts"

const server = useEmptyMariadb()
const T = 1_800_000_000_000
const LEASE = 60_000

type Store = Storage["Service"]

const both = async <A>(body: (one: Store, two: Store) => Effect.Effect<A, unknown>) => {
  const uri = await server.emptied()
  const nested = Effect.flatMap(Storage, (one) => Effect.provide(Effect.flatMap(Storage, (two) => body(one, two)), mariadb({ uri })))
  return Effect.runPromise(nested.pipe(Effect.provide(mariadb({ uri }))))
}

const write = (storage: Store, count: number, at = T) =>
  storage.commit({
    id: `c-${count}`, at, orders: [], reservations: [], movements: [], sale: null, key: null, events: [],
    outbox: Array.from({ length: count }, (_, i) => ({
      id: `m${i}`, lane: "sms", method: "tell", orderId: null, payload: {}, availableAt: at
    }))
  })

describe.skipIf(server.skip !== null)("R-OPS-1: what a partner bears holds over all hubs on one MariaDB", () => {
  it("calls at a time: a lease counts, whoever holds it, until its call is recorded or it has run out", () =>
    both((one, two) =>
      Effect.gen(function*() {
        const quota = { concurrency: 3, perSecond: null }
        const claim = (of: Store, at: number, limit: number) => of.outbox.claim("sms", at, at + LEASE, limit, quota)
        yield* write(one, 20)
        const first = yield* claim(one, T, 2)
        expect([first.length, (yield* claim(two, T, 10)).length, (yield* claim(one, T, 10)).length]).toEqual([2, 1, 0])
        const [{ id, token }] = first as unknown as readonly [(typeof first)[number]]
        yield* one.outbox.settle([{ id, token, at: T + 1, state: "done", availableAt: null, error: null, partnerRef: null }])
        expect((yield* claim(two, T + 1, 10)).length).toBe(1)
        // Both hubs have died: what they had in hand is free again, and no sooner.
        expect((yield* claim(two, T + LEASE - 1, 10)).length).toBe(0)
        expect((yield* claim(two, T + LEASE + 2, 10)).length).toBe(3)
      })))

  it("calls a second: one bucket for all, and a clock that is behind gives nothing", () =>
    both((one, two) =>
      Effect.gen(function*() {
        const quota = { concurrency: null, perSecond: 5 }
        const claim = (of: Store, at: number, limit = 10) => Effect.map(of.outbox.claim("sms", at, at + LEASE, limit, quota), ({ length }) => length)
        yield* write(one, 40)
        expect([yield* claim(one, T, 3), yield* claim(two, T), yield* claim(one, T)]).toEqual([3, 2, 0])
        expect([yield* claim(two, T + 200), yield* claim(one, T + 100), yield* claim(one, T + 399), yield* claim(one, T + 400)])
          .toEqual([1, 0, 0, 1])
        expect([yield* claim(two, T + 60_000), yield* claim(one, T + 60_000)]).toEqual([5, 0])
      })))

  it("claims at the same moment from both hubs together keep to it", () =>
    both((one, two) =>
      Effect.gen(function*() {
        yield* write(one, 200)
        const quota = { concurrency: 7, perSecond: 11 }
        const claims = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? one : two).outbox.claim("sms", T, T + LEASE, 4, quota))
        const all = yield* Effect.all(claims, { concurrency: "unbounded" })
        const ids = all.flat().map(({ id }) => id)
        expect([ids.length, new Set(ids).size]).toEqual([7, 7])
      })))

  it("two lanes at work never call more than that between them, and get everything done", () =>
    both((one, two) =>
      Effect.gen(function*() {
        const running = { now: 0, most: 0 }
        const starts: Array<number> = []
        const method: LaneMethod = {
          name: "tell",
          lanes: () => ["sms"],
          repeat: "safe",
          deliver: () =>
            Effect.gen(function*() {
              starts.push(Date.now())
              running.most = Math.max(running.most, ++running.now)
              yield* Effect.sleep("15 millis")
              running.now--
              return { state: "done" as const }
            })
        }
        const lanes = makeLanes([method], { sms: { concurrency: 2, perSecond: 20 } })
        const view = new NetworkView({ branches: [], channels: [], policies: [], keys: [], templates: [], version: 0 })
        yield* write(one, 40, Date.now())
        const work = (storage: Store) => runLane({ lane: "sms", storage, registry: { all: new Map() }, lanes, view: () => view })
        const fibers = [yield* Effect.forkChild(work(one)), yield* Effect.forkChild(work(two))]
        while (starts.length < 40) yield* Effect.sleep("20 millis")
        yield* Fiber.interruptAll(fibers)
        expect(running.most).toBeLessThanOrEqual(2)
        // A second's calls at once, then twenty a second: the last one comes a second after the first at the soonest.
        expect(starts.at(-1)! - starts[0]!).toBeGreaterThan(700)
      })))
})
