import {
  arriveOnce,
  BranchId,
  ChannelId,
  type Fulfilment,
  type Order,
  ProductId,
  Stock,
  Storage,
  SYSTEM
} from "@aptekit/core"
import { stateStock, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { line, NORTH, place, policy } from "./intake-kit.ts"
import { command, expectSound, inWorld, levelOf, openCases, OPERATOR } from "./world.ts"

const HOUR = 3_600_000

const accept = (order: Order) => command(order, { name: "accept", input: {} })
const now = (order: Order): Effect.Effect<Fulfilment, unknown, Storage> =>
  Effect.flatMap(Storage, ({ orders }) => Effect.map(orders.byId(order.id), (found) => found!.fulfilments[0]!))
const available = Effect.flatMap(Stock, (stock) =>
  Effect.map(
    stock.availability(ChannelId.make("shop"), [ProductId.make("aspirin")], [NORTH]),
    ([row]) => row!.available
  ))

describe("purchase requests", () => {
  const waiting = (externalId: string, quantity: number) =>
    Effect.gen(function*() {
      const { order } = yield* place({ externalId, lines: [line("aspirin", quantity)] })
      const expectedAt = new Date(TEST_NOW + 48 * HOUR).toISOString()
      return yield* command(order, { name: "requestPurchase", input: { expectedAt } }, { actor: OPERATOR })
    })

  it.effect("ORD-16: what is there stays held until the goods are expected", () =>
    inWorld(
      Effect.gen(function*() {
        const order = yield* waiting("E-1", 12)
        expect(order.fulfilments[0]).toMatchObject({
          status: "awaiting",
          awaitingFrom: "operator",
          reservation: { state: "live", expiresAt: TEST_NOW + 48 * HOUR },
          lines: [{ held: 10, quantity: 12 }]
        })
        const early = yield* Effect.flip(command(order, { name: "arrive", input: {} }, { actor: SYSTEM }))
        expect(early).toMatchObject({ code: "insufficientStock", lines: [{ lineId: 1, wanted: 12, available: 10 }] })
      })
    ))

  it.effect("D11: goods that come go to waiting orders first, oldest first", () =>
    inWorld(
      Effect.gen(function*() {
        const first = yield* waiting("E-1", 12)
        yield* TestClock.adjust("1 second")
        const second = yield* waiting("E-2", 3)
        yield* TestClock.adjust("1 second")
        yield* stateStock([["aspirin", "north", 13]], TEST_NOW + HOUR)
        expect(yield* available, "3 are free, and all of them awaited").toBe(0)
        const { order } = yield* place({ externalId: "E-3", lines: [line("aspirin", 1)] })
        expect(openCases(order)).toEqual(["absent:1"])
        yield* arriveOnce
        expect([(yield* now(first)).status, (yield* now(second)).status]).toEqual(["assigned", "awaiting"])
        yield* stateStock([["aspirin", "north", 15]], TEST_NOW + 2 * HOUR)
        yield* arriveOnce
        expect((yield* now(second)).status).toBe("assigned")
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 15, reserved: 15 })
        yield* expectSound
      })
    ))

  it.effect("D11: a hundred orders that wait in vain do not keep the goods of the next one from it", () =>
    inWorld(
      Effect.gen(function*() {
        for (let i = 0; i < 100; i++) {
          const { order } = yield* place({ externalId: `rare-${i}`, lines: [line("rare", 1)] })
          const expectedAt = new Date(TEST_NOW + 48 * HOUR).toISOString()
          yield* command(order, { name: "requestPurchase", input: { expectedAt } }, { actor: OPERATOR })
        }
        yield* TestClock.adjust("1 second")
        const last = yield* waiting("E-1", 12)
        yield* stateStock([["aspirin", "north", 12]], TEST_NOW + HOUR)
        yield* arriveOnce
        expect((yield* now(last)).status).toBe("assigned")
      })
    ))

  it.effect("D11: what the branch asked for comes back to it as accepted", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 12)] })
        const accepted = yield* accept(order)
        expect(accepted.fulfilments[0]!.lines[0]!.held).toBe(10)
        const expectedAt = new Date(TEST_NOW + 48 * HOUR).toISOString()
        yield* command(accepted, { name: "requestPurchase", input: { expectedAt } })
        yield* stateStock([["aspirin", "north", 20]], TEST_NOW + HOUR)
        yield* arriveOnce
        expect(yield* now(order)).toMatchObject({ status: "accepted", awaitingFrom: null, expectedAt: null })
      }),
      { network: policy({ shortageSettledBy: "branch" }) }
    ))

  it.effect("STK-8: what one branch awaits is no other branch's affair", () =>
    inWorld(
      Effect.gen(function*() {
        yield* waiting("E-1", 12)
        const { order } = yield* place({
          externalId: "E-2",
          lines: [line("aspirin", 15)],
          delivery: { type: "pickup", branchId: BranchId.make("south") }
        })
        expect(order.fulfilments[0]!.status).toBe("assigned")
      })
    ))
})
