import { type Actor, BranchId, Orders, type Sale, Sales, Storage, sweepOnce } from "@aptekit/core"
import { makeBranch, stateStock, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { courier, line, NORTH, place, policy } from "./intake-kit.ts"
import { command, expectSound, inWorld, levelOf, openCases, OPERATOR } from "./world.ts"

const TILL: Actor = { kind: "register", id: "till" }
const iso = (at: number): string => new Date(at).toISOString()

/** A receipt a minute after the statement of the stock. */
const receipt = (id: string, number: string | undefined, lines: Sale["lines"], over: Partial<Sale> = {}): Sale => ({
  source: "till",
  id,
  branchId: NORTH,
  occurredAt: iso(TEST_NOW + 60_000),
  ...(number === undefined ? {} : { fulfilmentNumber: number }),
  lines,
  ...over
})
const told = (sale: Sale) => Effect.flatMap(Sales, (sales) => sales.record(sale, TILL))
/** Told at the moment of the sale at the earliest. */
const record = (sale: Sale) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.andThen(TestClock.setTime(Math.max(now, Date.parse(sale.occurredAt))), told(sale)))
const accept = (order: Parameters<typeof command>[0]) => command(order, { name: "accept", input: {} })
const assemble = (order: Parameters<typeof command>[0]) => command(order, { name: "assemble", input: {} })

describe("sales", () => {
  it.effect("ORD-6: a walk-in sale moves stock and is told in the log", () =>
    inWorld(
      Effect.gen(function*() {
        const position = yield* (yield* Storage).feed.position
        const done = yield* record(receipt("1", undefined, [line("aspirin", 3), line("coffee", 1)]))
        expect(done).toEqual({ order: null, created: true })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 7, reserved: 0 })
        expect(yield* levelOf("coffee", "north")).toEqual({ onHand: 0, reserved: 0 })
        const [event] = yield* (yield* Storage).feed.read(position, 10)
        expect(event).toMatchObject({ type: "sale.recorded", orderId: null, branchId: "north", actor: TILL })
      })
    ))

  it.effect("D7: a return brings goods back to the branch once, and leaves the order that sold them closed", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        yield* assemble(yield* accept(order))
        yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        const position = yield* (yield* Storage).feed.position
        const back = { ...receipt("2", order.number, [line("aspirin", 1), line("coffee", 1)]), kind: "return" as const }
        expect(yield* record(back)).toEqual({ order: null, created: true })
        expect(yield* record(back)).toEqual({ order: null, created: false })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 9, reserved: 0 })
        expect(yield* levelOf("coffee", "north")).toEqual({ onHand: 0, reserved: 0 })
        const [event, more] = yield* (yield* Storage).feed.read(position, 10)
        expect([event, more]).toMatchObject([{ type: "sale.recorded", data: { kind: "return", number: order.number } }, undefined])
        const seen = yield* (yield* Storage).orders.byId(order.id)
        expect([seen?.fulfilments[0]?.status, openCases(seen!)]).toEqual(["closed", []])
      })
    ))

  it.effect("ORD-6: sold in full, a pickup order closes itself and is paid", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2), line("ibuprofen", 1)] })
        yield* assemble(yield* accept(order))
        const { order: sold } = yield* record(receipt("1", order.number, [line("aspirin", 2), line("ibuprofen", 1)]))
        expect(sold?.fulfilments[0]).toMatchObject({
          status: "closed", endReason: "sold", sweepAt: null, reservation: { state: "consumed" }
        })
        expect([sold?.payment.state, openCases(sold!)]).toEqual(["paid", []])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
        yield* expectSound
      })
    ))

  it.effect("ORD-6: a sale may come before acceptance; the number may name the part", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        const { order: sold } = yield* record(receipt("1", `${order.number}-1`, [line("aspirin")]))
        expect(sold?.fulfilments[0]!.status).toBe("closed")
      })
    ))

  it.effect("D15: the same receipt again does nothing; a number of ours that nobody knows is a walk-in", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        const first = yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        const again = yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        expect(again).toEqual({ order: first.order, created: false })
        const stranger = yield* record(receipt("2", "999999", [line("aspirin", 1)]))
        expect(stranger).toEqual({ order: null, created: true })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 7, reserved: 0 })
      })
    ))

  it.effect("ORD-12: a part sold where only the whole may be is kept, with a case; the rest closes it", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 3)] })
        const { order: partly } = yield* record(receipt("1", order.number, [line("aspirin", 1)]))
        expect(partly?.fulfilments[0]).toMatchObject({ status: "assigned", lines: [{ sold: 1, held: 2 }] })
        expect(openCases(partly!)).toEqual(["soldDifferently"])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 9, reserved: 2 })
        const { order: closed } = yield* record(receipt("2", order.number, [line("aspirin", 2)]))
        expect([closed?.fulfilments[0]!.status, openCases(closed!)]).toEqual(["closed", []])
        yield* expectSound
      })
    ))

  it.effect("ORD-12: policy allows a partial sale; the rest stays held and may be let go", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 3)] })
        yield* assemble(yield* accept(order))
        const { order: partly } = yield* record(receipt("1", order.number, [line("aspirin", 1)]))
        expect([partly?.fulfilments[0]!.status, openCases(partly!)]).toEqual(["assembled", []])
        const rest = yield* command(partly!, { name: "cancel", input: { reason: "no more" } }, { actor: OPERATOR })
        expect(rest.fulfilments[0]).toMatchObject({ status: "closed", putBack: "due", lines: [{ sold: 1, held: 0 }] })
        const back = yield* command(rest, { name: "putBack", input: {} })
        expect(back.fulfilments[0]!.putBack, "ORD-18: the rest is back on the shelf").toBe("done")
      }),
      { network: policy({ partialSale: true }) }
    ))

  it.effect("D9: what was sold in part stays sold at its branch when the order moves on to another", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 3)] })
        const { order: partly } = yield* record(receipt("1", order.number, [line("aspirin", 1)]))
        const back = yield* command(partly!, { name: "escalate", input: {} })
        const south = BranchId.make("south")
        yield* command(back, { name: "assign", input: { branchId: south } }, { actor: OPERATOR })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 9, reserved: 0 })
        expect(yield* levelOf("aspirin", "south")).toEqual({ onHand: 15, reserved: 2 })
      }),
      { network: policy({ partialSale: true }) }
    ))

  it.effect("D7: a sale of an expired order closes it as sold late", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        yield* assemble(yield* accept(order))
        yield* TestClock.adjust("24 hours")
        yield* sweepOnce
        const { order: sold } = yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        expect(sold?.fulfilments[0]).toMatchObject({ status: "closed", endReason: "soldLate", putBack: null })
        expect(openCases(sold!)).toEqual([])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
      })
    ))

  it.effect("D7: a sale of a cancelled order moves stock and asks a person", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        yield* (yield* Orders).cancel(order.id, "customer", { actor: { kind: "customer", id: "c" } })
        const { order: sold } = yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        expect([sold?.fulfilments[0]!.status, openCases(sold!)]).toEqual(["cancelled", ["soldAfterEnd"]])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
      })
    ))

  it.effect("D9: lines sold a second time move nothing and ask a person", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        const { order: twice, created } = yield* record(receipt("2", order.number, [line("aspirin", 2)]))
        expect([created, openCases(twice!)]).toEqual([true, ["doubleSale"]])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
      })
    ))

  it.effect("D9: of a receipt only the units that were not sold before move stock", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        const { order: twice } = yield* record(receipt("2", order.number, [line("aspirin", 3), line("ibuprofen", 1)]))
        expect(openCases(twice!)).toEqual(["doubleSale"])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 7, reserved: 0 })
        expect(yield* levelOf("ibuprofen", "north")).toEqual({ onHand: 4, reserved: 0 })
      })
    ))

  it.effect("D7: the rest of a part that was let go after a partial sale moves stock when it is sold after all", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 1), line("ibuprofen", 1)] })
        yield* record(receipt("1", order.number, [line("aspirin", 1)]))
        yield* command(order, { name: "cancel", input: { reason: "noShow" } })
        const { order: late } = yield* record(receipt("2", order.number, [line("ibuprofen", 1)]))
        expect([late?.fulfilments[0]!.status, openCases(late!)]).toEqual(["closed", ["soldAfterEnd"]])
        expect(yield* levelOf("ibuprofen", "north")).toEqual({ onHand: 4, reserved: 0 })
      }),
      { network: policy({ partialSale: true }) }
    ))

  it.effect("ORD-12: one product on two lines may be sold in two receipts", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 1), line("aspirin", 2)] })
        yield* record(receipt("1", order.number, [line("aspirin", 1)]))
        const { order: sold } = yield* record(receipt("2", order.number, [line("aspirin", 2)]))
        expect([sold?.fulfilments[0]!.status, openCases(sold!)]).toEqual(["closed", []])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 7, reserved: 0 })
      }),
      { network: policy({ partialSale: true }) }
    ))

  it.effect("D1: a register whose clock runs ahead takes nothing from the statements that come later", () =>
    inWorld(
      Effect.gen(function*() {
        yield* TestClock.adjust("1 minute")
        yield* told(receipt("1", undefined, [line("aspirin", 3)], { occurredAt: iso(TEST_NOW + 365 * 24 * 3_600_000) }))
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 7, reserved: 0 })
        yield* stateStock([["aspirin", "north", 7]], TEST_NOW + 120_000)
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 7, reserved: 0 })
      })
    ))

  it.effect("D9: the same holds while the sold goods are still on their way", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ delivery: courier(), lines: [line("aspirin", 2)] })
        yield* command(yield* assemble(yield* accept(order)), { name: "handOver", input: {} })
        yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        const { order: twice } = yield* record(receipt("2", order.number, [line("aspirin", 2)]))
        expect([twice?.fulfilments[0]!.status, openCases(twice!)]).toEqual(["delivering", ["doubleSale"]])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
      })
    ))

  it.effect("D7: a sale at another branch moves that branch's stock and asks a person", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        const south = { branchId: BranchId.make("south") }
        const { order: sold } = yield* record(receipt("1", order.number, [line("aspirin", 2)], south))
        expect([sold?.fulfilments[0]!.status, openCases(sold!)]).toEqual(["assigned", ["soldDifferently"]])
        expect(yield* levelOf("aspirin", "south")).toEqual({ onHand: 13, reserved: 0 })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 2 })
      })
    ))

  it.effect("D1: a sale before the statement consumes its reservation, and leaves what was stated alone", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        yield* record(receipt("1", order.number, [line("aspirin", 2)], { occurredAt: iso(TEST_NOW - 60_000) }))
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
      })
    ))

  it.effect("D9: for delivery an order closes when it is both sold and delivered, in either order", () =>
    inWorld(
      Effect.gen(function*() {
        const started = (externalId: string) =>
          Effect.gen(function*() {
            const { order } = yield* place({ externalId, delivery: courier(), lines: [line("aspirin", 2)] })
            return yield* command(yield* assemble(yield* accept(order)), { name: "handOver", input: {} })
          })
        const deliver = (order: Parameters<typeof command>[0]) =>
          command(order, { name: "deliver", input: {} }, { actor: OPERATOR })
        const one = yield* started("E-1")
        const { order: sold } = yield* record(receipt("1", one.number, [line("aspirin", 2)]))
        expect(sold?.fulfilments[0]!.status).toBe("delivering")
        expect(yield* deliver(sold!)).toMatchObject({
          fulfilments: [{ status: "closed", endReason: "sold" }], payment: { state: "paid" }
        })
        const two = yield* deliver(yield* started("E-2"))
        expect(two.fulfilments[0]!.status).toBe("delivered")
        const { order: closed } = yield* record(receipt("2", two.number, [line("aspirin", 2)]))
        expect([closed?.fulfilments[0]!.status, openCases(closed!)]).toEqual(["closed", []])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 6, reserved: 0 })
      })
    ))

  for (const saleSource of ["handover", "delivery"] as const) {
    it.effect(`D9: where the ${saleSource} is the sale, it moves the stock and the delivered order closes`, () =>
      inWorld(
        Effect.gen(function*() {
          const { order } = yield* place({ delivery: courier(), lines: [line("aspirin", 2)] })
          yield* TestClock.adjust("1 minute")
          const away = yield* command(yield* assemble(yield* accept(order)), { name: "handOver", input: {} })
          const moved = saleSource === "handover" ? { onHand: 8, reserved: 0 } : { onHand: 10, reserved: 2 }
          expect(yield* levelOf("aspirin", "north")).toEqual(moved)
          const done = yield* command(away, { name: "deliver", input: {} }, { actor: OPERATOR })
          expect(done.fulfilments[0]).toMatchObject({ status: "closed", reservation: { state: "consumed" } })
          expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
        }),
        {
          network: {
            branches: [makeBranch("north", { saleSource, point: { lat: 43.27, lon: 76.94 } })],
            levels: [["aspirin", "north", 10]]
          }
        }
      ))
  }

  it.effect("D7: a sale that takes held goods costs the youngest order that is not assembled", () =>
    inWorld(
      Effect.gen(function*() {
        const orders = []
        for (const externalId of ["old", "young", "packed"]) {
          orders.push((yield* place({ externalId, lines: [line("aspirin", 3)] })).order)
          yield* TestClock.adjust("1 second")
        }
        yield* assemble(yield* accept(orders[2]!))
        yield* record(receipt("1", undefined, [line("aspirin", 5)]))
        const storage = yield* Storage
        const now = yield* Effect.forEach(orders, (order) => storage.orders.byId(order.id))
        const seen = now.map((order) => [order!.fulfilments[0]!.lines[0]!.held, openCases(order!)])
        expect(seen).toEqual([[2, ["shortage:1"]], [0, ["shortage:1"]], [3, []]])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 5, reserved: 5 })
        yield* expectSound
      })
    ))

  it.effect("D12: a sale meets an order that somebody changes meanwhile, and is recorded all the same", () => {
    let raced = false
    return inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        const { order: sold } = yield* record(receipt("1", order.number, [line("aspirin", 2)]))
        expect([raced, sold?.version, sold?.fulfilments[0]!.status]).toEqual([true, 3, "closed"])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
      }),
      {
        memory: {
          before: (_, change, storage) => {
            const before = change.sale === null || raced ? null : change.orders[0]!.before!
            if (before === null) return Effect.void
            raced = true
            const after = { ...before, version: before.version + 1, comment: "сменил" }
            return Effect.orDie(Effect.asVoid(storage.commit({
              ...change, id: "race", sale: null, reservations: [], movements: [], orders: [{ before, after }]
            })))
          }
        }
      }
    )
  })

  it.effect("D7: only what is malformed is refused: an unknown branch or product, by its path", () =>
    inWorld(
      Effect.gen(function*() {
        const moon = { branchId: BranchId.make("moon") }
        const branch = yield* Effect.flip(record(receipt("1", undefined, [line("aspirin")], moon)))
        const product = yield* Effect.flip(record(receipt("1", undefined, [line("aspirin"), line("stranger")])))
        const paths = [branch, product].map((error) => error._tag === "InvalidInput" && error.issues[0]?.path)
        expect(paths).toEqual(["branchId", "lines[1].productId"])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
      })
    ))
})
