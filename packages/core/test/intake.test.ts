import { BranchId, ChannelId, Orders, ProductId, Storage, totalOf } from "@aptekit/core"
import { kzt, makeBranch, makeProduct, makeRequest, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { assigned, courier, line, NORTH, operator, outcome, place, policy } from "./intake-kit.ts"
import { inWorld, levelOf, openCases } from "./world.ts"

const MINUTE = 60_000

describe("intake", () => {
  it.effect("ORD-3: every reason that stands against an order is told at once", () =>
    inWorld(
      Effect.gen(function*() {
        const customer = { name: "А", phone: "?" }
        const lines = [line("insulin", 9), line("rare", 1, { price: kzt(1) }), { barcode: "0", quantity: 1 }] as const
        const { order } = yield* place({ customer, lines, delivery: courier() })
        expect(openCases(order).toSorted()).toEqual([
          "noBranch", "phoneUnclear", "prescription:1", "priceDiffers:2", "unknownProduct:3"
        ])
      })
    ))

  it.effect("ORD-1: products are named by id, code or barcode", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({
          lines: [line("aspirin"), { sku: "sku-ibuprofen", quantity: 1 }, { barcode: "4600000000015", quantity: 1 }]
        })
        expect(order.fulfilments[0]!.lines.map((l) => l.productId)).toEqual(["aspirin", "ibuprofen", "aspirin"])
        expect(totalOf(order)).toEqual(kzt(49_000 + 99_000 + 49_000))
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 2 })
      })
    ))

  it.effect("ORD-7: the hold before acceptance ends by policy, from the next opening on", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place()
        // Almaty opens at 12:00, one hour after TEST_NOW.
        const expiresAt = TEST_NOW + (60 + 90) * MINUTE
        expect(order.fulfilments[0]).toMatchObject({ reservation: { state: "live", expiresAt }, sweepAt: expiresAt })
      }),
      {
        network: {
          ...policy({ unacceptedHoldMinutes: 90 }),
          branches: [makeBranch("north", { hours: [{ day: 1, from: "12:00", to: "20:00" }] })],
          levels: [["aspirin", "north", 10]]
        }
      }
    ))

  it.effect("ORD-7: with the operator goods are held until the operator's time is up", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 12)] })
        expect(order.fulfilments[0]).toMatchObject({
          reservation: { state: "live", expiresAt: TEST_NOW + 24 * 60 * MINUTE }, sweepAt: null
        })
      })
    ))

  it.effect("ASM-1: a delivery is split over branches, a line dealt out becomes two", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 20), line("ibuprofen", 2)], delivery: courier(43.27) })
        const parts = order.fulfilments.map((f) => ({
          branch: f.branchId,
          part: f.part,
          status: f.status,
          lines: f.lines.map((l) => [l.lineId, l.productId, l.quantity, l.held])
        }))
        expect(parts).toEqual([
          { branch: "north", part: 1, status: "assigned", lines: [[1, "aspirin", 10, 10], [2, "ibuprofen", 2, 2]] },
          { branch: "south", part: 2, status: "assigned", lines: [[3, "aspirin", 10, 10]] }
        ])
        expect(order.plan).toMatchObject({ outcome: "planned", reason: "fewestBranches" })
        expect(yield* levelOf("aspirin", "south")).toEqual({ onHand: 15, reserved: 10 })
      })
    ))

  it.effect("ORD-12: where policy forbids a split, nothing is held and the operator decides", () =>
    inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 20)], delivery: courier() })
        expect(outcome(order)).toEqual(operator([0], "noBranch"))
        expect(order.plan?.reason).toBe("splitForbidden")
      }),
      { network: policy({ split: false }) }
    ))

  it.effect("ORD-1: a foreign channel, an unknown branch, by policy an unknown product are refused", () =>
    inWorld(
      Effect.gen(function*() {
        const paths: Array<string | undefined> = []
        for (
          const request of [
            { channel: ChannelId.make("nobody") },
            { delivery: { type: "pickup" as const, branchId: BranchId.make("moon") } },
            { lines: [line("aspirin"), line("stranger")] as const }
          ]
        ) {
          const error = yield* Effect.flip(place(request))
          expect(error._tag).toBe("InvalidInput")
          paths.push(error._tag === "InvalidInput" ? error.issues[0]?.path : undefined)
        }
        expect(paths).toEqual(["channel", "delivery.branchId", "lines[1]"])
        const storage = yield* Storage
        expect((yield* storage.orders.list({ limit: 10 })).items).toEqual([])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
      }),
      { network: policy({ unknownProduct: "refuse" }) }
    ))

  it.effect("D31: the channel's policy wins over the branch's, the branch's over the network's", () =>
    inWorld(
      Effect.gen(function*() {
        const ends = []
        for (const channel of ["shop", "app"]) {
          const { order } = yield* place({ channel: ChannelId.make(channel) })
          ends.push((order.fulfilments[0]!.reservation!.expiresAt - TEST_NOW) / MINUTE)
        }
        expect(ends).toEqual([30, 20])
      }),
      {
        network: {
          policies: [
            { scope: "network", scopeId: "", policy: { unacceptedHoldMinutes: 10 } },
            { scope: "branch", scopeId: "north", policy: { unacceptedHoldMinutes: 20 } },
            { scope: "channel", scopeId: "shop", policy: { unacceptedHoldMinutes: 30 } }
          ]
        }
      }
    ))

  it.effect("STK-4: an order decided on an old image is planned again with the database's figures", () =>
    inWorld(
      Effect.gen(function*() {
        const { stock: { image } } = yield* Storage
        image.setLevel(image.productSlot(ProductId.make("aspirin"))!, image.branchSlot(NORTH)!, 100, 0)
        const { order } = yield* place({ lines: [line("aspirin", 12)] })
        expect(outcome(order)).toEqual(operator([10], "tooFew:1"))
      })
    ))

  it.effect("D5: what the image wrongly calls absent is asked of the database before it becomes a case", () =>
    inWorld(
      Effect.gen(function*() {
        const { stock: { image } } = yield* Storage
        image.setLevel(image.productSlot(ProductId.make("aspirin"))!, image.branchSlot(NORTH)!, 0, 0)
        expect(outcome((yield* place({ lines: [line("aspirin", 10)] })).order)).toEqual(assigned(10))
      })
    ))
})

describe("idempotent intake", () => {
  it.effect("P2: the same order again is the same order, as it is now", () =>
    inWorld(
      Effect.gen(function*() {
        const first = yield* place()
        const orders = yield* Orders
        const cancelled = yield* orders.cancel(first.order.id, "customer", { actor: { kind: "customer", id: "c" } })
        const again = yield* place()
        expect(again).toEqual({ order: cancelled, created: false })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
      })
    ))

  it.effect("D15: the spelling of the phone and the order of keys do not matter", () =>
    inWorld(
      Effect.gen(function*() {
        const first = yield* place({ customer: { name: "Айгерім", phone: "+77010000001" } })
        const again = yield* place({ customer: { phone: "8 (701) 000-00-01", name: "Айгерім" } })
        expect([again.created, again.order.id]).toEqual([false, first.order.id])
      })
    ))

  it.effect("P2: other contents under the same key are a conflict that names fields, never values", () =>
    inWorld(
      Effect.gen(function*() {
        yield* place()
        const error = yield* Effect.flip(place({
          customer: { name: "Тайный Покупатель", phone: "+77019999999" },
          lines: [line("aspirin", 2)],
          comment: "секрет"
        }))
        expect(error).toMatchObject({ _tag: "KeyConflict", fields: ["customer", "lines", "comment"] })
        expect(JSON.stringify(error)).not.toMatch(/Тайный|9999999|секрет/u)
        expect((yield* (yield* Storage).orders.list({ limit: 10 })).items.length).toBe(1)
      })
    ))

  it.effect("D15: what the client did not send is no difference, what it did send is one", () =>
    inWorld(
      Effect.gen(function*() {
        yield* place()
        const error = yield* Effect.flip(place({ customer: { ...makeRequest().customer, language: "ru" } }))
        expect(error).toMatchObject({ _tag: "KeyConflict", fields: ["customer"] })
      })
    ))

  it.effect("P2: the same order sent sixteen times at once is one order", () =>
    inWorld(
      Effect.gen(function*() {
        const all = yield* Effect.forEach(Array.from({ length: 16 }), () => place(), { concurrency: 16 })
        expect(all.filter((one) => one.created).length).toBe(1)
        expect(new Set(all.map((one) => one.order.id)).size).toBe(1)
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 1 })
      })
    ))

  it.effect("STK-4: fifty buyers of ten units, sixteen at once: ten are assigned, forty go to the operator", () =>
    inWorld(
      Effect.gen(function*() {
        const buyers = Array.from({ length: 50 }, (_, n) => `E-${n}`)
        const all = yield* Effect.forEach(buyers, (externalId) => place({ externalId }), { concurrency: 16 })
        const of = (status: string) => all.filter(({ order }) => order.fulfilments[0]!.status === status)
        expect([of("assigned").length, of("operator").length]).toEqual([10, 40])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 10 })
      })
    ))

  it.effect("D14: numbers are different, of at most nine digits", () =>
    inWorld(
      Effect.gen(function*() {
        const all = yield* Effect.forEach(Array.from({ length: 120 }, (_, n) => `E-${n}`), (externalId) =>
          place({ externalId, lines: [line("coffee")] }), { concurrency: 8 })
        const numbers = new Set(all.map(({ order }) => order.number))
        expect(numbers.size).toBe(120)
        for (const number of numbers) expect(number).toMatch(/^\d{1,9}$/u)
      })
    ))

  it.effect("STK-6: a product that was added later is known to the next order", () =>
    inWorld(
      Effect.gen(function*() {
        yield* (yield* Storage).catalogue.upsert([makeProduct("fresh", { stockControl: false })])
        const { order } = yield* place({ lines: [line("fresh")] })
        expect(openCases(order)).toEqual(["noPrice:1"])
      })
    ))
})
