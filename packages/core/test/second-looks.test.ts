import { type HubServices, Orders, ProductId, shortagesOnce } from "@aptekit/core"
import { makeBranch, makeProduct, smallNetwork, stateStock, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { courier, line, outcome, place } from "./intake-kit.ts"
import { BRANCH, command, expectSound, inWorld, levelOf, openCases, OPERATOR } from "./world.ts"

const MINUTE = 60_000

/** Accepted and assembled. */
const packed = (over: Parameters<typeof place>[0]) =>
  Effect.gen(function*() {
    // After the statement of the stock, or what happens now would be counted in it (D1).
    yield* TestClock.adjust("1 minute")
    const { order } = yield* place(over)
    yield* command(order, { name: "accept", input: {} })
    return yield* command(order, { name: "assemble", input: {} })
  })

const inHandoverWorld = <A, E>(body: Effect.Effect<A, E, HubServices>) =>
  inWorld(body, { network: { branches: [makeBranch("north", { saleSource: "handover", point: { lat: 43.27, lon: 76.94 } })], levels: [["aspirin", "north", 10]] } })

describe("what facts take away", () => {
  it.effect("D7: a statement that takes goods below what is held opens a case for the youngest reservation", () =>
    inWorld(Effect.gen(function*() {
      const older = yield* place({ externalId: "1", lines: [line("aspirin", 5)] })
      yield* TestClock.adjust("1 minute")
      const younger = yield* place({ externalId: "2", lines: [line("aspirin", 4)] })
      yield* stateStock([["aspirin", "north", 6]], TEST_NOW + MINUTE)
      yield* shortagesOnce({ statements: 0 })
      const orders = yield* Orders
      const after = yield* orders.cancel(younger.order.id, "buyer", { actor: OPERATOR })
      expect(after.cases.map((c) => c.reason)).toEqual(["shortage"])
      const kept = yield* command(older.order, { name: "accept", input: {} })
      expect([openCases(kept), kept.fulfilments[0]!.lines[0]!.held]).toEqual([[], 5])
      yield* expectSound
    })))

  it.effect("D9: sold at hand-over and brought back, the goods are on hand and held again", () =>
    inHandoverWorld(Effect.gen(function*() {
      const order = yield* packed({ delivery: courier(), lines: [line("aspirin", 3)] })
      yield* command(order, { name: "handOver", input: {} })
      expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 7, reserved: 0 })
      yield* command(order, { name: "fail", input: { reason: "nobodyHome" } }, { actor: OPERATOR })
      yield* command(order, { name: "receiveBack", input: { to: "assembled" } })
      expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 3 })
      yield* expectSound
    })))

  it.effect("D9: brought back and cancelled, the goods are for sale again", () =>
    inHandoverWorld(Effect.gen(function*() {
      const order = yield* packed({ delivery: courier(), lines: [line("aspirin", 3)] })
      yield* command(order, { name: "handOver", input: {} })
      yield* command(order, { name: "fail", input: { reason: "nobodyHome" } }, { actor: OPERATOR })
      const back = yield* command(order, { name: "receiveBack", input: { to: "cancelled" } })
      expect(back.fulfilments[0]).toMatchObject({ status: "cancelled", putBack: "due" })
      expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
    })))
})

describe("what is due", () => {
  it.effect("R-ORD-7: an accepted order whose time is up is not packed any more", () =>
    inWorld(Effect.gen(function*() {
      const { order } = yield* place({ lines: [line("aspirin", 3)] })
      yield* command(order, { name: "accept", input: {} })
      yield* TestClock.adjust("25 hours")
      const refused = yield* Effect.flip(command(order, { name: "assemble", input: {} }))
      expect(refused).toMatchObject({ _tag: "Refused", code: "reservationEnded", state: "accepted" })
    })))

  it.effect("D10: a wish that needs goods of a due reservation gets them, swept or not", () =>
    inWorld(Effect.gen(function*() {
      yield* packed({ externalId: "1", lines: [line("aspirin", 10)] })
      const second = yield* place({ externalId: "2", lines: [line("ibuprofen", 1)] })
      yield* command(second.order, { name: "accept", input: {} })
      yield* TestClock.adjust("24 hours")
      const wish = { name: "changeLines", input: { lines: [{ productId: ProductId.make("aspirin"), quantity: 2 }] } } as const
      const changed = yield* command(second.order, wish, { actor: BRANCH })
      expect(changed.fulfilments[0]!.lines.map((l) => l.held)).toEqual([1, 2])
      yield* expectSound
    })))
})

describe("what a channel may mean", () => {
  it.effect("R-ORD-3: a barcode of two products names neither: a person says which", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [{ barcode: "4600000000015", quantity: 1 }] })
        expect(outcome(order)).toEqual({ status: "operator", held: [0], cases: ["unknownProduct:1"] })
      }),
      { network: { products: [...smallNetwork().products, makeProduct("twin", { barcodes: ["4600000000015"] })] } }
    ))

  it.effect("R-ORD-3: a line nobody knows keeps its place among the others", () =>
    inWorld(Effect.gen(function*() {
      const { order } = yield* place({ lines: [line("nobody-knows", 1), line("aspirin", 1)] })
      expect(order.fulfilments[0]!.lines.map((l) => l.lineId)).toEqual([1, 2])
    })))
})
