import { BranchId, type HubServices, Orders, Storage } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { both, figures, heldBy, type Hooks, inHub, load, newHooks, order, useDatabases, wants } from "./support/races.ts"

const all = { concurrency: "unbounded" } as const
const ids = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, i) => `E-${i}`)
const toAbay = { type: "courier", address: { text: "пр. Абая, 1", point: { lat: 43.24, lon: 76.95 } } } as const

describe.each(useDatabases())("races on $name", ({ skip, fresh }) => {
  const race = (title: string, body: (hooks: Hooks) => Effect.Effect<void, unknown, HubServices>): void =>
    it.effect.skipIf(skip)(title, () =>
      Effect.flatMap(Effect.promise(fresh), (open) => {
        const hooks = newHooks()
        return inHub(open, hooks, body(hooks))
      }))

  race("P3: R-STK-4: of 16 buyers who all saw the last unit exactly one gets it", ({ gate }) =>
    Effect.gen(function*() {
      yield* load({ levels: [["aspirin", "north", 1]] })
      gate.hold(16)
      const placed = yield* Effect.forEach(ids(16), (id) => order(id), all)
      const orders = placed.map((one) => one.order)
      const statuses = orders.map((one) => one.fulfilments[0]!.status).sort()
      expect(statuses).toEqual(["assigned", ...Array(15).fill("operator")])
      expect(heldBy(orders)).toBe(1)
      expect(orders.flatMap((one) => one.cases).map((c) => c.reason)).toEqual(Array(15).fill("absent"))
      expect(yield* figures("aspirin", "north")).toEqual(both(1, 1))
    }))

  race("P3: R-STK-4: two want 13 where 10 and 15 are: one gets 13 from the place with 15, and nobody 23 (Vendure 4030)", ({ gate }) =>
    Effect.gen(function*() {
      yield* load({ levels: [["aspirin", "north", 10], ["aspirin", "south", 15]] })
      gate.hold(2)
      const placed = yield* Effect.forEach(ids(2), (id) => order(id, { ...wants(13), delivery: toAbay }), all)
      const orders = placed.map((one) => one.order)
      const parts = orders.flatMap((one) => one.fulfilments).filter((f) => f.status === "assigned")
      expect(parts.map((f) => [f.branchId, f.lines.map((line) => line.held)])).toEqual([["south", [13]]])
      expect(heldBy(orders)).toBe(13)
      expect(yield* figures("aspirin", "north")).toEqual(both(10, 0))
      expect(yield* figures("aspirin", "south")).toEqual(both(15, 13))
    }))

  race("P3: R-STK-4: four want 20 where 10 and 15 are: one gets exactly 20 from both, and no place gives more than it has", ({ gate }) =>
    Effect.gen(function*() {
      yield* load({ levels: [["aspirin", "north", 10], ["aspirin", "south", 15]] })
      gate.hold(4)
      const placed = yield* Effect.forEach(ids(4), (id) => order(id, { ...wants(20), delivery: toAbay }), all)
      const whole = placed.filter((one) => one.order.fulfilments.every((f) => f.status === "assigned"))
      expect(whole.map((one) => heldBy([one.order]))).toEqual([20])
      const [north, south] = [yield* figures("aspirin", "north"), yield* figures("aspirin", "south")]
      expect(north.reserved + south.reserved).toBe(heldBy(placed.map((one) => one.order)))
      expect([north.reserved <= 10, south.reserved <= 15]).toEqual([true, true])
      expect([north.image, south.image].map((row) => row.reserved)).toEqual([north.reserved, south.reserved])
    }))

  race("P2: R-ORD-1: the same order from 16 connections, all decided at once, is one order with one hold", ({ gate }) =>
    Effect.gen(function*() {
      yield* load()
      gate.hold(16)
      const placed = yield* Effect.forEach(ids(16), () => order("E-1", wants(2)), all)
      expect(placed.filter((one) => one.created)).toHaveLength(1)
      expect(new Set(placed.map((one) => one.order.id)).size).toBe(1)
      const { orders, feed } = yield* Storage
      expect((yield* orders.list({ limit: 100 })).items).toHaveLength(1)
      expect((yield* feed.read(0, 100)).filter((event) => event.type === "order.placed")).toHaveLength(1)
      expect(yield* figures("aspirin", "north")).toEqual(both(10, 2))
    }))

  race("P1: P2: D18: an order that was refused by its own lost COMMIT keeps its number, and the next one gets another", ({ gate }) =>
    Effect.gen(function*() {
      yield* load()
      gate.twice = true
      const first = yield* order("E-1")
      const second = yield* order("E-2")
      expect(second.created).toBe(true)
      expect(second.order.number).not.toBe(first.order.number)
      const { orders } = yield* Storage
      expect((yield* orders.list({ limit: 100 })).items.map((one) => one.externalId).sort()).toEqual(["E-1", "E-2"])
    }))

  const RIVALS = ["fulfilment.accept", "fulfilment.cancel", "fulfilment.expire"] as const
  const AFTER = {
    "fulfilment.accept": { status: "accepted", held: 1 },
    "fulfilment.cancel": { status: "cancelled", held: 0 },
    "fulfilment.expire": { status: "operator", held: 1 }
  } as const

  for (const winner of RIVALS) {
    race(`P3: P8: ORD-9: accept, cancel and expire decided on one version: ${winner} commits first, and it alone`, (hooks) =>
      Effect.gen(function*() {
        yield* load()
        const orders = yield* Orders
        const storage = yield* Storage
        const placed = (yield* order("E-1")).order
        const { id } = placed.fulfilments[0]!
        // Not accepted in time: a person may still accept or cancel it, and the system is about to take it away.
        yield* hooks.pass("3 hours")
        hooks.gate.hold(3, [winner, ...RIVALS.filter((type) => type !== winner)])
        const seen = { actor: { kind: "branch", id: BranchId.make("north") }, ifMatch: placed.version } as const
        const cancel = { name: "cancel", input: { reason: "test" } } as const
        const results = yield* Effect.all({
          "fulfilment.accept": Effect.result(orders.command(id, { name: "accept", input: {} }, seen)),
          "fulfilment.cancel": Effect.result(orders.command(id, cancel, seen)),
          "fulfilment.expire": Effect.result(orders.sweep(placed.id))
        }, all)
        for (const rival of ["fulfilment.accept", "fulfilment.cancel"] as const) {
          const result = results[rival]
          const failure = result._tag === "Failure" ? result.failure._tag : null
          expect([rival, failure]).toEqual([rival, rival === winner ? null : "VersionConflict"])
        }
        const after = (yield* storage.orders.byId(placed.id))!
        const { status, held } = AFTER[winner]
        expect([after.version, after.fulfilments[0]!.status, heldBy([after])]).toEqual([placed.version + 1, status, held])
        const log = yield* storage.orders.events(placed.id)
        expect(log.map((event) => event.type)).toEqual(["order.placed", winner])
        expect(yield* figures("aspirin", "north")).toEqual(both(10, held))
      }))
  }
})
