import { type HubServices, type OrderId, Orders, Sales, Storage, sweepOnce } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { courier, line, NORTH, place as placeAny, policy } from "./intake-kit.ts"
import { command, expectSound, inWorld, levelOf, OPERATOR, SHOP } from "./world.ts"

/** A channel whose customers change an order by sending it again. */
const inChangeableWorld = <A, E>(body: Effect.Effect<A, E, HubServices>) =>
  inWorld(body, { network: policy({ resendIsChange: true }) })

const order = (quantity: number, product = "aspirin") => ({ externalId: "A-1", lines: [line(product, quantity)] as const })
const place = (request: ReturnType<typeof order>) => placeAny(request)

describe("R-ORD-13: the customer changes an order by sending it again", () => {
  it.effect("the reservation follows, and the branch is asked to accept again", () =>
    inChangeableWorld(Effect.gen(function*() {
      const first = yield* place(order(8))
      yield* command(first.order, { name: "accept", input: {} })
      const second = yield* place(order(10))
      expect(second.created).toBe(false)
      expect(second.order.id).toBe(first.order.id)
      expect(second.order.number).toBe(first.order.number)
      expect(second.order.version).toBe(3)
      expect(second.order.fulfilments[0]).toMatchObject({ id: first.order.fulfilments[0]!.id, status: "assigned" })
      expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 10 })
      yield* expectSound
    })))

  it.effect("its own goods count as free for it: from 8 of 10 to 9 of 10", () =>
    inChangeableWorld(Effect.gen(function*() {
      yield* place(order(8))
      const { order: changed } = yield* place(order(9))
      expect(changed.fulfilments[0]!.lines[0]).toMatchObject({ quantity: 9, held: 9 })
    })))

  it.effect("another product: the old goods are for sale again", () =>
    inChangeableWorld(Effect.gen(function*() {
      yield* place(order(8))
      yield* place(order(2, "ibuprofen"))
      expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
      expect(yield* levelOf("ibuprofen", "north")).toEqual({ onHand: 5, reserved: 2 })
      yield* expectSound
    })))

  it.effect("the same again changes nothing", () =>
    inChangeableWorld(Effect.gen(function*() {
      yield* place(order(8))
      const again = yield* place(order(8))
      expect(again.order.version).toBe(1)
    })))

  it.effect("once it is packed the change is refused with the state", () =>
    inChangeableWorld(Effect.gen(function*() {
      const { order: placed } = yield* place(order(8))
      yield* command(placed, { name: "accept", input: {} })
      yield* command(placed, { name: "assemble", input: {} })
      const refused = yield* Effect.flip(place(order(9)))
      expect(refused).toMatchObject({ _tag: "Refused", code: "tooLateToChange", state: "assembled" })
      expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 8 })
    })))

  it.effect("a part that has ended does not come back to life: the change is refused", () =>
    inChangeableWorld(Effect.gen(function*() {
      const big = (quantity: number) => placeAny({ externalId: "A-1", delivery: courier(), lines: [line("aspirin", quantity)] })
      const { order: first } = yield* big(20)
      expect(first.fulfilments.map((f) => f.status)).toEqual(["assigned", "assigned"])
      yield* command(first, { name: "cancel", input: { reason: "damaged" } }, { actor: OPERATOR })
      expect(yield* Effect.flip(big(21))).toMatchObject({ _tag: "Refused", code: "tooLateToChange", state: "cancelled" })
    })))

  it.effect("a part that an earlier change dropped may be needed again", () =>
    inChangeableWorld(Effect.gen(function*() {
      const big = (quantity: number) => placeAny({ externalId: "A-1", delivery: courier(), lines: [line("aspirin", quantity)] })
      yield* big(20)
      const { order: small } = yield* big(2)
      expect(small.fulfilments.map((f) => f.status)).toEqual(["assigned", "cancelled"])
      const { order: again } = yield* big(21)
      expect(again.fulfilments.map((f) => f.status)).toEqual(["assigned", "assigned"])
      yield* expectSound
    })))

  it.effect("without the policy it is a conflict, as before", () =>
    inWorld(Effect.gen(function*() {
      yield* place(order(8))
      expect(yield* Effect.flip(place(order(9)))).toMatchObject({ _tag: "KeyConflict", fields: ["lines"] })
    })))
})

describe("R-ORD-21: the order's money", () => {
  const pay = (state: "paid" | "refunded", reference: string) => (id: OrderId) =>
    Effect.flatMap(Orders, (orders) => orders.reportPayment(id, { state, reference }, { actor: OPERATOR }))

  it.effect("paid is an event, once; cancelling a paid order asks for the refund", () =>
    inWorld(Effect.gen(function*() {
      const { order: placed } = yield* place(order(1))
      const paid = yield* pay("paid", "p-1")(placed.id)
      const again = yield* pay("paid", "p-1")(placed.id)
      expect([paid.payment.state, again.version]).toEqual(["paid", paid.version])
      const cancelled = yield* Effect.flatMap(Orders, (orders) => orders.cancel(placed.id, "changed my mind", { actor: SHOP }))
      expect(cancelled.payment.state).toBe("refundDue")
      expect((yield* pay("refunded", "r-1")(placed.id)).payment.state).toBe("refunded")
    })))

  it.effect("a paid order that expires is to be refunded, unless it is sold late after all", () =>
    inWorld(Effect.gen(function*() {
      const { order: placed } = yield* place(order(1))
      yield* pay("paid", "p-1")(placed.id)
      yield* command(yield* command(placed, { name: "accept", input: {} }), { name: "assemble", input: {} })
      yield* TestClock.adjust("25 hours")
      yield* sweepOnce
      const storage = yield* Storage
      expect((yield* storage.orders.byId(placed.id))!.payment.state).toBe("refundDue")
      const sales = yield* Sales
      const { order: sold } = yield* sales.record({
        source: "till",
        id: "1",
        branchId: NORTH,
        occurredAt: "2026-11-21T10:00:00Z",
        fulfilmentNumber: placed.number,
        lines: [line("aspirin", 1)]
      }, { kind: "register", id: "till" })
      expect([sold?.fulfilments[0]!.endReason, sold?.payment.state]).toEqual(["soldLate", "paid"])
    })))

  it.effect("money that comes for a cancelled order is to be given back", () =>
    inWorld(Effect.gen(function*() {
      const { order: placed } = yield* place(order(1))
      yield* Effect.flatMap(Orders, (orders) => orders.cancel(placed.id, "changed my mind", { actor: SHOP }))
      expect((yield* pay("paid", "p-1")(placed.id)).payment.state).toBe("refundDue")
    })))
})
