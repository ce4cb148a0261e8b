import {
  BranchId,
  type Change,
  type Command,
  type Order,
  Orders,
  ProductId,
  Storage,
  type StorageService
} from "@aptekit/core"
import { kzt, makeProduct, smallNetwork, stateStock, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { courier, line, place, policy } from "./intake-kit.ts"
import { command, expectSound, inWorld, levelOf, openCases, OPERATOR } from "./world.ts"

const accept = (order: Order) => command(order, { name: "accept", input: {} })
const SOUTH = BranchId.make("south")
const product = (id: string) => ProductId.make(id)

/** Commits a rival's change of the same order, once, just before the first command is committed. */
const rival = () => {
  let done = false
  return (_: "commit", change: Change, storage: StorageService): Effect.Effect<void> => {
    const before = done ? null : (change.orders[0]?.before ?? null)
    if (before === null) return Effect.void
    done = true
    const after = { ...before, version: before.version + 1, comment: "соперник" }
    const own = { ...change, id: "rival", key: null, reservations: [], orders: [{ before, after }] }
    return Effect.orDie(Effect.asVoid(storage.commit(own)))
  }
}

describe("commands", () => {
  it.effect("P2: the same Idempotency-Key again does nothing and gives the order as it is now", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        const first = yield* command(order, { name: "accept", input: {} }, { idempotencyKey: "k" })
        const packed = yield* command(first, { name: "assemble", input: {} })
        const again = yield* command(order, { name: "accept", input: {} }, { idempotencyKey: "k" })
        expect(again).toEqual(packed)
      })
    ))

  it.effect("P2: a key sent with another wish, or for another part, is a conflict", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        yield* command(order, { name: "defer", input: { minutes: 5 } }, { idempotencyKey: "k" })
        const { order: two } = yield* place({ externalId: "E-2" })
        for (const [other, minutes] of [[order, 6], [two, 5]] as const) {
          const wish = { name: "defer", input: { minutes } } as const
          const error = yield* Effect.flip(command(other, wish, { idempotencyKey: "k" }))
          expect(error._tag).toBe("KeyConflict")
        }
      })
    ))

  it.effect("P2: keys belong to whoever sends them", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        yield* command(order, { name: "defer", input: { minutes: 5 } }, { idempotencyKey: "k" })
        const accepted = yield* command(order, { name: "accept", input: {} }, { actor: OPERATOR, idempotencyKey: "k" })
        expect(accepted.fulfilments[0]!.status).toBe("accepted")
      })
    ))

  it.effect("D12: a command that names the version it has seen is not decided on another one", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        yield* command(order, { name: "defer", input: { minutes: 5 } }, { ifMatch: order.version })
        const error = yield* Effect.flip(command(order, { name: "accept", input: {} }, { ifMatch: order.version }))
        expect(error._tag).toBe("VersionConflict")
        expect((yield* (yield* Storage).orders.byId(order.id))!.fulfilments[0]!.status).toBe("assigned")
      })
    ))

  it.effect("D12: one that names no version is decided again when somebody else was faster", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        const accepted = yield* accept(order)
        expect(accepted).toMatchObject({ version: 3, comment: "соперник", fulfilments: [{ status: "accepted" }] })
      }),
      { memory: { before: rival() } }
    ))

  it.effect("D12: but one that names a version is not", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        const error = yield* Effect.flip(command(order, { name: "accept", input: {} }, { ifMatch: 1 }))
        expect(error._tag).toBe("VersionConflict")
      }),
      { memory: { before: rival() } }
    ))

  it.effect("ORD-4: a line is replaced by an analogue, the old goods are let go in the same commit", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 12)] })
        const wish = { lineId: 1, productId: product("ibuprofen"), quantity: 5 }
        const replaced = yield* command(order, { name: "substitute", input: wish }, { actor: OPERATOR })
        expect(replaced.fulfilments[0]!.lines).toMatchObject([
          { lineId: 1, productId: "ibuprofen", quantity: 5, held: 5, price: kzt(99_000) }
        ])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
        const sent = yield* command(replaced, { name: "assign", input: {} }, { actor: OPERATOR })
        expect([sent.fulfilments[0]!.status, openCases(sent)]).toEqual(["assigned", []])
        yield* expectSound
      })
    ))

  it.effect("ORD-4: the replacement must be there, known and not stopped", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 12)] })
        const codes = []
        for (const id of ["rare", "stranger", "halted"]) {
          const wish = { name: "substitute", input: { lineId: 1, productId: product(id), quantity: 1 } } as const
          const error = yield* Effect.flip(command(order, wish, { actor: OPERATOR }))
          codes.push(error._tag === "Refused" && error.code)
        }
        expect(codes).toEqual(["insufficientStock", "unknownProduct", "unknownProduct"])
      }),
      { network: { products: [...smallNetwork().products, makeProduct("halted", { stopped: true })] } }
    ))

  it.effect("ORD-4: quantities change, lines go and come, and the reservation follows", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 4), line("ibuprofen", 2)] })
        const accepted = yield* accept(order)
        const change = (...lines: Extract<Command, { name: "changeLines" }>["input"]["lines"]) =>
          command(accepted, { name: "changeLines", input: { lines } })
        const more = { productId: product("insulin"), quantity: 1 }
        const changed = yield* change({ lineId: 1, quantity: 6 }, { lineId: 2, quantity: 0 }, more)
        expect(changed.fulfilments[0]!.lines.map((l) => [l.lineId, l.productId, l.quantity, l.held])).toEqual([
          [1, "aspirin", 6, 6], [3, "insulin", 1, 1]
        ])
        expect(yield* levelOf("ibuprofen", "north")).toEqual({ onHand: 5, reserved: 0 })
        expect(yield* Effect.flip(change({ lineId: 1, quantity: 11 }))).toMatchObject({
          code: "insufficientStock", lines: [{ lineId: 1, wanted: 11, available: 10 }]
        })
        const none = change({ lineId: 1, quantity: 0 }, { lineId: 3, quantity: 0 })
        expect(yield* Effect.flip(none)).toMatchObject({ code: "noLines" })
        yield* expectSound
      })
    ))

  it.effect("ORD-4: an operator moves an order to another branch, and its goods with it", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 12)] })
        const there = yield* command(order, { name: "assign", input: { branchId: SOUTH } }, { actor: OPERATOR })
        expect(there.fulfilments[0]).toMatchObject({ branchId: "south", status: "assigned", lines: [{ held: 12 }] })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
        expect(yield* levelOf("aspirin", "south")).toEqual({ onHand: 15, reserved: 12 })
        const events = yield* (yield* Storage).orders.events(order.id)
        expect(events.slice(1).map((event) => event.branchId), "both boards are told").toEqual(["south", "north"])
      })
    ))

  it.effect("ORD-5: where the branch reserves, accepting does it; a shortage goes back to the operators", () =>
    inWorld(
      Effect.gen(function*() {
        const { order: first } = yield* place({ externalId: "E-1", lines: [line("aspirin", 7)] })
        const { order: second } = yield* place({ externalId: "E-2", lines: [line("aspirin", 7)] })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
        const accepted = (yield* accept(first)).fulfilments[0]
        expect(accepted).toMatchObject({ reservation: { state: "live" }, lines: [{ held: 7 }] })
        expect(yield* Effect.flip(accept(second))).toMatchObject({
          code: "insufficientStock", state: "assigned", lines: [{ lineId: 1, wanted: 7, available: 3 }]
        })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 7 })
      }),
      { network: policy({ reserveAt: "branch" }) }
    ))

  it.effect("ORD-5: where the branch settles it, it accepts a shortage, and holds what comes in with «Наличие»", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 12)] })
        const accepted = yield* accept(order)
        expect(yield* Effect.flip(command(accepted, { name: "assemble", input: {} }))).toMatchObject({
          code: "missingLines", lines: [{ lineId: 1, wanted: 12, available: 10 }]
        })
        yield* stateStock([["aspirin", "north", 14]], TEST_NOW + 1000)
        const held = yield* command(accepted, { name: "hold", input: {} })
        expect(held.fulfilments[0]!.lines[0]!.held).toBe(12)
        expect((yield* command(held, { name: "assemble", input: {} })).fulfilments[0]!.status).toBe("assembled")
      }),
      { network: policy({ shortageSettledBy: "branch" }) }
    ))

  it.effect("ORD-11: where policy says so, every line is scanned first, in any spelling of the code", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        const accepted = yield* accept(order)
        const early = yield* Effect.flip(command(accepted, { name: "assemble", input: {} }))
        expect(early).toMatchObject({ code: "notScanned" })
        const scan = (barcode: string) => command(accepted, { name: "scan", input: { barcode } })
        expect(yield* Effect.flip(scan("4600000000022"))).toMatchObject({ code: "notInOrder" })
        yield* scan("4600000000015")
        yield* scan("]d20104600000000015172612311010AB")
        expect(yield* Effect.flip(scan("4600000000015"))).toMatchObject({ code: "tooMany" })
        const packed = yield* command(accepted, { name: "assemble", input: {} })
        expect(packed.fulfilments[0]!.status).toBe("assembled")
      }),
      { network: policy({ confirmByScan: true }) }
    ))

  it.effect("ORD-13: the customer's cancellation ends every part, or is refused as a whole", () =>
    inWorld(
      Effect.gen(function*() {
        const orders = yield* Orders
        const customer = { actor: { kind: "customer", id: "c" } } as const
        const two = (externalId: string) => place({ externalId, lines: [line("aspirin", 12)], delivery: courier() })
        const { order } = yield* place({ lines: [line("aspirin", 20)], delivery: courier() })
        expect(order.fulfilments.length).toBe(2)
        const ended = yield* orders.cancel(order.id, "передумал", customer)
        expect(ended.fulfilments.map((f) => [f.status, f.endReason])).toEqual([
          ["cancelled", "передумал"], ["cancelled", "передумал"]
        ])
        const again = yield* Effect.flip(orders.cancel(order.id, "передумал", customer))
        expect(again).toMatchObject({ _tag: "Refused", state: "cancelled" })
        const { order: other } = yield* two("E-2")
        const away = yield* command(yield* command(yield* accept(other), { name: "assemble", input: {} }), {
          name: "handOver", input: {}
        })
        expect(yield* Effect.flip(orders.cancel(away.id, "поздно", customer))).toMatchObject({ state: "delivering" })
        yield* expectSound
      })
    ))

  it.effect("ORD-8: why a delivery failed stays with the order in the courier's words", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ delivery: courier() })
        const away = yield* command(yield* command(yield* accept(order), { name: "assemble", input: {} }), {
          name: "handOver", input: {}
        })
        const failed = yield* command(away, { name: "fail", input: { reason: "никто не открыл" } }, { actor: OPERATOR })
        expect(failed.fulfilments[0]).toMatchObject({ status: "returning", note: "никто не открыл" })
      })
    ))

  it.effect("ORD-9: a part that is not there is not found", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        const stranger = { ...order, fulfilments: [{ ...order.fulfilments[0]!, id: order.id as never }] }
        expect(yield* Effect.flip(accept(stranger))).toMatchObject({ _tag: "NotFound", what: "fulfilment" })
      })
    ))
})
