import {
  Addresses, type ConfirmedAddress, defineAdapter, geocodingPort, type Order, Schema, Storage
} from "@aptekit/core"
import { smallNetwork, stateStock, TEST_NOW, type TestNetwork } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { courier, line, place } from "./intake-kit.ts"
import { command, expectSound, inWorld, levelOf, openCases, OPERATOR } from "./world.ts"

/** Knows «Двойная, 1» in two places: one beside the branch `south`, one beside `north`. */
const PLACES = [{ lat: 43.2, lon: 76.94 }, { lat: 43.27, lon: 76.94 }] as const
const geocoder = defineAdapter({
  name: "two-places",
  config: Schema.Struct({}),
  ports: { geocoding: geocodingPort },
  setup: () => ({
    geocoding: {
      geocode: () => ({
        candidates: PLACES.map((point, i) => ({ address: `Двойная, 1 (${i})`, point, precision: "exact" as const }))
      })
    }
  })
})

const TEXT = "Двойная, 1, кв. 8"
const unclear = { type: "courier" as const, address: { text: TEXT } }
const world = <A, E>(body: Parameters<typeof inWorld<A, E>>[0], network: Partial<TestNetwork> = {}) =>
  inWorld(body, { network, hub: { adapters: [geocoder({})] } })

const confirm = (order: Order, wish: ConfirmedAddress, caseId = 1, ifMatch?: number) =>
  Effect.flatMap(Addresses, (addresses) => addresses.confirm(order.id, caseId, wish, { actor: OPERATOR, ifMatch }))

const atBranches = (order: Order) => order.fulfilments.map((f) => [f.part, f.branchId, f.status])

const eventsOf = (order: Order) => Effect.flatMap(Storage, (storage) => storage.orders.events(order.id))

describe("R-ASM-2: R-ORD-4: an unclear address is settled by a person", () => {
  it.effect("a candidate of the case: the order gets its point and goes on as if it had come with it", () =>
    world(
      Effect.gen(function*() {
        const { order: placed } = yield* place({ delivery: unclear })
        const done = yield* confirm(placed, { candidate: 0 })
        expect(atBranches(done)).toEqual([[1, "south", "assigned"]])
        expect(done.delivery).toEqual({ type: "courier", address: { text: TEXT, point: PLACES[0] } })
        expect(openCases(done)).toEqual([])
        expect(done.cases[0]!.resolution).toBe("addressConfirmed")
        expect(done.plan).toMatchObject({ outcome: "planned", notes: ["address confirmed by a person"] })
        expect(done.fulfilments[0]!.lines[0]).toMatchObject({ held: 1, price: { amount: 49_000 } })
        yield* expectSound
        const last = (yield* eventsOf(done)).at(-1)!
        expect([last.type, last.actor]).toEqual(["order.located", OPERATOR])
        expect(JSON.stringify(yield* eventsOf(done))).not.toMatch(/Двойная|43\.2/u)
        // What was committed is what was answered.
        const read = yield* (yield* Storage).orders.byId(done.id)
        expect(read).toEqual(done)
      })
    ))

  it.effect("a point of the map, with the address as it should read", () =>
    world(
      Effect.gen(function*() {
        const { order: placed } = yield* place({ delivery: unclear })
        const point = { lat: 43.268, lon: 76.941 }
        const done = yield* confirm(placed, { point, address: "Двойная, 1А, кв. 8" })
        expect(done.delivery).toEqual({ type: "courier", address: { text: "Двойная, 1А, кв. 8", point } })
        expect(atBranches(done)).toEqual([[1, "north", "assigned"]])
      })
    ))

  it.effect("lines that the operator has changed meanwhile are planned as they are, their numbers never used twice", () =>
    world(
      Effect.gen(function*() {
        const { order: placed } = yield* place({ delivery: unclear, lines: [line("coffee"), line("aspirin", 1)] })
        const input = { lines: [{ lineId: 1, quantity: 0 }, { lineId: 2, quantity: 20 }] } as const
        const changed = yield* command(placed, { name: "changeLines", input }, { actor: OPERATOR })
        const done = yield* confirm(changed, { candidate: 1 })
        expect(done.fulfilments.flatMap((f) => f.lines.map((l) => [f.branchId, l.lineId, l.held])))
          .toEqual(expect.arrayContaining([["north", 2, 10], ["south", 3, 10]]))
        yield* expectSound
      }),
      { levels: [["aspirin", "north", 10], ["aspirin", "south", 10]] }
    ))

  it.effect("what still stands against the order stays with the operator, with its reason", () =>
    world(
      Effect.gen(function*() {
        const { order: placed } = yield* place({ delivery: unclear, lines: [line("rare")] })
        const done = yield* confirm(placed, { candidate: 0 })
        expect([done.fulfilments[0]!.status, openCases(done)]).toEqual(["operator", ["noBranch"]])
      })
    ))

  it.effect("a part that came back from its branch lets its goods go in the same commit", () =>
    world(
      Effect.gen(function*() {
        const { order: placed } = yield* place({ delivery: courier(43.27) })
        expect(atBranches(placed)).toEqual([[1, "north", "assigned"]])
        const back = yield* command(placed, { name: "escalate", input: { reason: "addressUnclear" } })
        const done = yield* confirm(back, { point: PLACES[0] })
        expect(atBranches(done)).toEqual([[1, "south", "assigned"]])
        expect([yield* levelOf("aspirin", "north"), yield* levelOf("aspirin", "south")])
          .toEqual([{ onHand: 10, reserved: 0 }, { onHand: 15, reserved: 1 }])
        yield* expectSound
      })
    ))

  it.effect("of two parts that came back one may be enough: the other one ends", () =>
    world(
      Effect.gen(function*() {
        const lines = [line("ibuprofen", 3), line("aspirin", 3)] as const
        // Nobody near the client has both: two parts.
        const { order: placed } = yield* place({ delivery: courier(43.2), lines })
        expect(placed.fulfilments).toHaveLength(2)
        let order = placed
        for (const part of [1, 2]) {
          order = yield* command(order, { name: "escalate", input: { reason: "addressUnclear" } }, { part })
        }
        yield* stateStock([["aspirin", "north", 10], ["ibuprofen", "north", 10]], TEST_NOW + 1)
        const done = yield* confirm(order, { point: PLACES[1] })
        expect(done.fulfilments.map(({ branchId, status, endReason }) => [branchId, status, endReason]))
          .toEqual([["north", "assigned", null], [expect.any(String), "cancelled", "addressConfirmed"]])
        yield* expectSound
      }),
      { levels: [["aspirin", "south", 10], ["ibuprofen", "east", 10]] }
    ))

  it.effect("where another part is on its way the address is set, and the rest stays with the operator", () =>
    world(
      Effect.gen(function*() {
        const lines = [line("ibuprofen", 3), line("aspirin", 3)] as const
        const { order: placed } = yield* place({ delivery: courier(43.2), lines })
        const back = yield* command(placed, { name: "escalate", input: { reason: "addressUnclear" } })
        const done = yield* confirm(back, { point: PLACES[1] })
        expect(done.fulfilments).toEqual(back.fulfilments)
        expect([done.fulfilments[0]!.status, openCases(done)]).toEqual(["operator", []])
        expect(done.delivery).toMatchObject({ address: { point: PLACES[1] } })
      }),
      { levels: [["aspirin", "south", 10], ["ibuprofen", "east", 10]] }
    ))
})

describe("R-ORD-9: what cannot be confirmed is refused, and changes nothing", () => {
  const refusals: ReadonlyArray<readonly [string, ConfirmedAddress, RegExp]> = [
    ["a candidate that there is not", { candidate: 2 }, /the case has the candidates 0 to 1/u],
    ["a case that is closed", { candidate: 0 }, /closed already/u],
    ["a case about something else", { candidate: 0 }, /not about an address/u]
  ]
  for (const [name, wish, text] of refusals) {
    it.effect(name, () =>
      world(
        Effect.gen(function*() {
          const elsewhere = name.includes("something else")
          const { order: placed } = yield* place(elsewhere ? { lines: [line("rare")] } : { delivery: unclear })
          const order = name.includes("closed") ? yield* confirm(placed, { candidate: 1 }) : placed
          const error = yield* Effect.flip(confirm(order, wish))
          expect([error._tag, error.message]).toEqual(["Refused", expect.stringMatching(text)])
          expect(yield* (yield* Storage).orders.byId(order.id)).toEqual(order)
        })
      ))
  }

  it.effect("a case that there is not, a version that the caller has not seen", () =>
    world(
      Effect.gen(function*() {
        const { order: placed } = yield* place({ delivery: unclear })
        expect((yield* Effect.flip(confirm(placed, { candidate: 0 }, 7)))._tag).toBe("NotFound")
        expect((yield* Effect.flip(confirm(placed, { candidate: 0 }, 1, placed.version + 1)))._tag).toBe("VersionConflict")
      })
    ))

  it.effect("without a geocoder the case has no candidates: the point must be given", () =>
    inWorld(
      Effect.gen(function*() {
        const { order: placed } = yield* place({ delivery: unclear })
        expect((yield* Effect.flip(confirm(placed, { candidate: 0 }))).message).toMatch(/no candidates; give the point/u)
        expect(atBranches(yield* confirm(placed, { point: PLACES[0] }))).toEqual([[1, "south", "assigned"]])
      }),
      { network: smallNetwork() }
    ))
})
