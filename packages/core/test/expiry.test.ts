import {
  ChannelId,
  type Fulfilment,
  Network,
  type Order,
  Orders,
  ProductId,
  Stock,
  Storage,
  sweepOnce,
  SYSTEM
} from "@aptekit/core"
import { stateStock, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { courier, line, NORTH, place, policy } from "./intake-kit.ts"
import { command, expectSound, inWorld, levelOf, openCases } from "./world.ts"

const HOUR = 3_600_000
const ASPIRIN = ProductId.make("aspirin")

const accept = (order: Order) => command(order, { name: "accept", input: {} })
const assemble = (order: Order) => Effect.flatMap(accept(order), (o) => command(o, { name: "assemble", input: {} }))
const now = (order: Order): Effect.Effect<Fulfilment, unknown, Storage> =>
  Effect.flatMap(Storage, ({ orders }) => Effect.map(orders.byId(order.id), (found) => found!.fulfilments[0]!))
const available = Effect.flatMap(Stock, (stock) =>
  Effect.map(stock.availability(ChannelId.make("shop"), [ASPIRIN], [NORTH]), ([row]) => row!.available))
const extend = (order: Order, hours: number) =>
  Effect.flatMap(Clock.currentTimeMillis, (at) =>
    command(order, { name: "extend", input: { until: new Date(at + hours * HOUR).toISOString() } }))

describe("the end of a reservation", () => {
  it.effect("ORD-7, D11: an assembled order expires by itself and its goods are for sale again", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 4)] })
        yield* assemble(order)
        yield* TestClock.adjust(24 * HOUR - 1)
        expect(yield* sweepOnce).toBe(0)
        expect((yield* now(order)).status).toBe("assembled")
        yield* TestClock.adjust(1)
        expect(yield* sweepOnce).toBe(1)
        expect(yield* now(order)).toMatchObject({
          status: "expired",
          reservation: { state: "expired" },
          sweepAt: null,
          putBack: "due",
          endReason: "reservationEnded"
        })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
        expect(yield* sweepOnce).toBe(0)
        const [last] = (yield* (yield* Storage).orders.events(order.id)).slice(-1)
        expect(last).toMatchObject({ type: "fulfilment.expire", actor: SYSTEM, data: { reason: "reservationEnded" } })
        yield* expectSound
      })
    ))

  it.effect("ORD-18: an expired order's goods go back on the shelf once, and that is recorded", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        const packed = yield* assemble(order)
        yield* TestClock.adjust("24 hours")
        yield* sweepOnce
        expect((yield* command(packed, { name: "putBack", input: {} })).fulfilments[0]!.putBack).toBe("done")
        const again = yield* Effect.flip(command(packed, { name: "putBack", input: {} }))
        expect(again).toMatchObject({ _tag: "Refused", code: "nothingToPutBack", state: "expired" })
      })
    ))

  it.effect("D11: what no branch accepted in time goes to the operator and keeps its goods", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 4)] })
        yield* TestClock.adjust("2 hours")
        yield* sweepOnce
        const part = yield* now(order)
        const expiresAt = TEST_NOW + 26 * HOUR
        expect(part).toMatchObject({ status: "operator", reservation: { state: "live", expiresAt }, sweepAt: null })
        expect(openCases((yield* (yield* Storage).orders.byId(order.id))!)).toEqual(["notAccepted"])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 4 })
      })
    ))

  it.effect("ORD-7: an accepted order whose time is up stays, and is listed as due", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        yield* accept(order)
        yield* TestClock.adjust("30 hours")
        expect(yield* sweepOnce).toBe(0)
        expect((yield* now(order)).status).toBe("accepted")
        const due = yield* (yield* Storage).orders.list({ dueBefore: yield* Clock.currentTimeMillis, limit: 9 })
        expect(due.items.map(({ id }) => id)).toEqual([order.id])
      })
    ))

  it.effect("ORD-7: policy lets the system end an accepted order too", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        yield* accept(order)
        yield* TestClock.adjust("24 hours")
        yield* sweepOnce
        expect(yield* now(order)).toMatchObject({ status: "expired", putBack: null })
      }),
      { network: policy({ acceptedDue: "expire" }) }
    ))

  it.effect("ORD-7: where policy has come to leave it to a person, a due order moves from the sweeper's list to theirs", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 4)] })
        yield* accept(order)
        yield* (yield* Network).save({ policies: [{ scope: "network", scopeId: "", policy: { acceptedDue: "person" } }] })
        yield* TestClock.adjust(25 * HOUR)
        expect([yield* sweepOnce, yield* sweepOnce], "looked at once").toEqual([1, 0])
        expect(yield* now(order)).toMatchObject({ status: "accepted", sweepAt: null, reservation: { state: "live" } })
        expect(yield* available, "its goods are not free").toBe(6)
        const { orders } = yield* Storage
        expect((yield* orders.list({ dueBefore: TEST_NOW + 25 * HOUR, limit: 9 })).items.map((o) => o.id)).toEqual([order.id])
        yield* expectSound
      }),
      { network: policy({ acceptedDue: "expire" }) }
    ))

  it.effect("D11: with the operator, and on the way, no end runs", () =>
    inWorld(
      Effect.gen(function*() {
        const { order: asked } = yield* place({ lines: [line("rare")] })
        const { order } = yield* place({ externalId: "E-2", delivery: courier() })
        yield* command(yield* assemble(order), { name: "handOver", input: {} })
        yield* TestClock.adjust("100 hours")
        expect(yield* sweepOnce).toBe(0)
        expect([(yield* now(asked)).status, (yield* now(order)).status]).toEqual(["operator", "delivering"])
      })
    ))

  it.effect("D10: sweepers at once end an order once", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        yield* assemble(order)
        yield* TestClock.adjust("24 hours")
        const sweep = Effect.ignore((yield* Orders).sweep(order.id))
        yield* Effect.all([sweep, sweep, sweep, sweep], { concurrency: 4 })
        const events = yield* (yield* Storage).orders.events(order.id)
        expect(events.filter((event) => event.type === "fulfilment.expire").length).toBe(1)
        yield* expectSound
      })
    ))
})

describe("due reservations", () => {
  it.effect("P4: a reader sees due goods as free from the very end on, and writes nothing", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 4)] })
        yield* assemble(order)
        const position = yield* (yield* Storage).feed.position
        yield* TestClock.adjust(24 * HOUR - 1)
        expect(yield* available).toBe(6)
        yield* TestClock.adjust(1)
        expect(yield* available).toBe(10)
        expect(yield* (yield* Storage).feed.position).toBe(position)
        expect((yield* now(order)).status).toBe("assembled")
      })
    ))

  it.effect("D7: due goods that are no longer there are not free for a reader either", () =>
    inWorld(
      Effect.gen(function*() {
        yield* assemble((yield* place({ lines: [line("aspirin", 6)] })).order)
        yield* stateStock([["aspirin", "north", 5]], TEST_NOW + 1_000)
        yield* TestClock.adjust(24 * HOUR)
        expect(yield* available, "of 5, with 6 reserved and due").toBe(5)
      })
    ))

  it.effect("P4: an order that needs due goods ends the old reservation and gets them", () =>
    inWorld(
      Effect.gen(function*() {
        const { order: old } = yield* place({ lines: [line("aspirin", 8)] })
        yield* assemble(old)
        yield* TestClock.adjust("24 hours")
        const { order } = yield* place({ externalId: "E-2", lines: [line("aspirin", 7)] })
        expect([order.fulfilments[0]!.status, (yield* now(old)).status]).toEqual(["assigned", "expired"])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 7 })
      })
    ))

  it.effect("D10: an order that has enough without them leaves due reservations alone", () =>
    inWorld(
      Effect.gen(function*() {
        const { order: old } = yield* place({ lines: [line("aspirin", 8)] })
        yield* assemble(old)
        yield* TestClock.adjust("24 hours")
        yield* place({ externalId: "E-2", lines: [line("aspirin", 2)] })
        expect((yield* now(old)).status).toBe("assembled")
      })
    ))

  it.effect("D11: goods of an order that nobody accepted are not free, however late it is", () =>
    inWorld(
      Effect.gen(function*() {
        yield* place({ lines: [line("aspirin", 8)] })
        yield* TestClock.adjust("3 hours")
        expect(yield* available).toBe(2)
        const { order } = yield* place({ externalId: "E-2", lines: [line("aspirin", 7)] })
        expect([order.fulfilments[0]!.status, openCases(order)]).toEqual(["operator", ["tooFew:1"]])
      })
    ))
})

describe("extension", () => {
  it.effect("P5: a live reservation may be extended, though the branch has nothing left", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 10)] })
        const extended = yield* extend(yield* accept(order), 48)
        const expiresAt = TEST_NOW + 48 * HOUR
        expect(extended.fulfilments[0]!.reservation).toEqual({ state: "live", expiresAt })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 10 })
      })
    ))

  it.effect("P5: an assembled order that was extended does not expire at its old end", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        yield* extend(yield* assemble(order), 30)
        yield* TestClock.adjust("29 hours")
        expect(yield* sweepOnce).toBe(0)
        yield* TestClock.adjust("1 hour")
        expect(yield* sweepOnce).toBe(1)
      })
    ))

  it.effect("P5: never a dead one, swept or not; not to an earlier end, not beyond what policy allows", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        const packed = yield* assemble(order)
        const codes = []
        for (const hours of [24, 23, 73]) {
          const error = yield* Effect.flip(extend(packed, hours))
          codes.push(error._tag === "Refused" && error.code)
        }
        yield* TestClock.adjust("24 hours")
        const dead = yield* Effect.flip(extend(packed, 5))
        codes.push(dead._tag === "Refused" && dead.code)
        expect(codes).toEqual(["notLater", "notLater", "tooLate", "reservationEnded"])
        yield* sweepOnce
        expect(yield* Effect.flip(extend(packed, 5))).toMatchObject({ state: "expired", code: "state" })
      })
    ))

  it.effect("P5: an extension decided on an old version is refused to whoever names that version", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        const until = new Date(TEST_NOW + 48 * HOUR).toISOString()
        yield* command(order, { name: "defer", input: { minutes: 5 } })
        const error = yield* Effect.flip(
          command(order, { name: "extend", input: { until } }, { ifMatch: order.version })
        )
        expect(error._tag).toBe("VersionConflict")
      })
    ))
})
