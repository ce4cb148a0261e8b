import {
  AdapterError, AdapterRegistry, dispatchOnce, type HubServices, type LaneMethod, type LaneWork, makeLanes, Network, Storage
} from "@aptekit/core"
import { TEST_NOW, testUuid } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Hooks, inHub, load, newHooks, useDatabases } from "./support/races.ts"

const LANES = ["a", "b"]

/** The hub keeps the database's clock, which was measured and may lie a moment before the test's (D24). */
const DUE = TEST_NOW - 1_000

const fault = (outcome: AdapterError["outcome"], because?: "gateway"): AdapterError =>
  new AdapterError({
    message: `it is ${outcome}`, adapter: "x", instance: "x", method: "m", outcome, reason: "fault", ...(because === undefined ? {} : { because })
  })

/** Two gateways that can be asked; what arrived is counted at the gateway, whatever it answers. */
const makePair = (answer: (lane: string, arrive: () => void) => AdapterError | null) => {
  const arrived: Array<string> = []
  const method: LaneMethod = {
    name: "tell",
    lanes: () => [],
    repeat: "ask",
    deliver: ({ lane, id }) =>
      Effect.suspend(() => {
        const error = answer(lane, () => arrived.push(`${lane} ${id}`))
        return error === null ? Effect.succeed({ state: "done" as const }) : Effect.fail(error)
      }),
    find: ({ lane, id }) => Effect.succeed(arrived.includes(`${lane} ${id}`) ? id : null),
    hasDetours: () => true,
    detour: ({ lane, payload }, _, { error }) =>
      error?.because === "gateway"
        ? { lane: lane === "a" ? "b" : "a", payload: { ...payload, left: lane }, why: "no money" }
        : null
  }
  return { arrived, method }
}

const workOf = (method: LaneMethod) =>
  Effect.gen(function*() {
    const network = yield* Network
    const lanes = makeLanes([method], Object.fromEntries(LANES.map((lane) => [lane, { maxAttempts: 1_000 }])))
    const work = { storage: yield* Storage, registry: yield* AdapterRegistry, lanes, view: () => network.view() }
    return (lane: string): LaneWork => ({ ...work, lane })
  })

const write = (ids: ReadonlyArray<string>, lane = "a") =>
  Effect.flatMap(Storage, ({ commit }) =>
    commit({
      id: testUuid(1e6), at: TEST_NOW, orders: [], reservations: [], movements: [], sale: null, key: null, events: [],
      outbox: ids.map((id) => ({ id, lane, method: "tell", orderId: null, payload: { said: "Заказ" }, availableAt: DUE }))
    }))

const letter = (id: string) => Effect.flatMap(Storage, ({ pull }) => Effect.map(pull.letter(id), (found) => found!))

describe.each(useDatabases())("detours on $name", ({ skip, fresh }) => {
  const race = (title: string, body: (hooks: Hooks) => Effect.Effect<void, unknown, HubServices>): void =>
    it.effect.skipIf(skip)(title, () =>
      Effect.flatMap(Effect.promise(fresh), (open) => {
        const hooks = newHooks()
        return inHub(open, hooks, body(hooks))
      }))

  race("D27: a worker that is held up before it records a move moves nothing that another has sent meanwhile", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      const answers = [fault("rejected", "gateway"), null]
      const { arrived, method } = makePair((_, arrive) => {
        const error = answers.shift() ?? null
        if (error === null) arrive()
        return error
      })
      const work = yield* workOf(method)
      yield* write(["m"])
      const run = Effect.runPromiseWith(yield* Effect.context<HubServices>())
      // The first worker has its refusal and stands still past its lease; the second one finds the doubt, asks, and sends.
      hooks.writes.before("settleOutbox", () => run(Effect.andThen(hooks.pass("61 seconds"), dispatchOnce(work("a")))))
      yield* dispatchOnce(work("a"))
      yield* dispatchOnce(work("b"))
      expect(arrived).toEqual(["a m"])
      const { state, lane, payload } = yield* letter("m")
      expect([state, lane, payload]).toEqual(["done", "a", { said: "Заказ" }])
    }))

  race("D27: a move is recorded once, and whoever claims the message there sends it once", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      const { arrived, method } = makePair((lane, arrive) => {
        if (lane === "a") return fault("unavailable", "gateway")
        arrive()
        return null
      })
      const work = yield* workOf(method)
      yield* write(["m"])
      yield* dispatchOnce(work("a"))
      const run = Effect.runPromiseWith(yield* Effect.context<HubServices>())
      // It has arrived at the second gateway, and its worker dies before it says so: the next one asks that gateway.
      hooks.writes.before("settleOutbox", () => run(Effect.andThen(hooks.pass("61 seconds"), Effect.all([dispatchOnce(work("a")), dispatchOnce(work("b"))]))))
      yield* dispatchOnce(work("b"))
      expect(arrived).toEqual(["b m"])
      const { state, lane, history, attempts } = yield* letter("m")
      expect([state, lane, attempts]).toEqual(["done", "b", 3])
      expect(history.map(({ outcome, text }) => [outcome, text])).toEqual([["moved", "a → b: no money: it is unavailable"]])
    }))

  race("D27: six workers over two gateways that fail in every way send each message once", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      let turn = 0
      const ends = ["ok", "lost", "unknown", "unavailable", "empty", "refused", "ok"] as const
      const { arrived, method } = makePair((_, arrive) => {
        const end = ends[(turn++ * 5 + (turn >> 3)) % ends.length]
        if (end === "ok" || end === "lost") arrive()
        if (end === "ok") return null
        if (end === "lost" || end === "unknown") return fault("unknown")
        return end === "unavailable" ? fault("unavailable") : fault(end === "empty" ? "unavailable" : "rejected", "gateway")
      })
      const work = yield* workOf(method)
      const ids = Array.from({ length: 40 }, (_, i) => `m${i}`)
      yield* write(ids)
      let rounds = 0
      do {
        yield* Effect.forEach([...LANES, ...LANES, ...LANES], (lane) => dispatchOnce(work(lane)), { concurrency: "unbounded" })
        yield* hooks.pass("11 minutes")
      } while (++rounds < 60 && (yield* (yield* Storage).outbox.list("waiting", 1)).length > 0)
      expect(arrived.map((one) => one.slice(2)).toSorted()).toEqual(ids.toSorted())
      const states = yield* Effect.forEach(ids, (id) => Effect.map(letter(id), ({ state, lane }) => `${state} ${lane} ${id}`))
      expect(states.toSorted()).toEqual(arrived.map((one) => `done ${one}`).toSorted())
    }))
})
