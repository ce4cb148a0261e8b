import { type InboundHub, Storage } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { line, place } from "./intake-kit.ts"
import { drain, fact, testTaker, type TestTaker } from "./pull-kit.ts"
import { inWorld, openCases } from "./world.ts"

type Bound = Parameters<Parameters<InboundHub["inbox"]["once"]>[1]>[0]

const once = (taker: TestTaker, id: string, effect: (hub: Bound) => Promise<unknown>) =>
  Effect.promise(() => taker.hub().inbox.once(id, async (hub) => void (await effect(hub))))

const told = (taker: TestTaker) =>
  Effect.gen(function*() {
    const { order } = yield* place({ lines: [line("aspirin", 1)] })
    yield* drain(taker)
    return order
  })

const seen = (id: string) =>
  Effect.gen(function*() {
    const { orders } = yield* Storage
    const order = (yield* orders.byId(id as never))!
    const events = (yield* orders.events(order.id)).slice(1).map(({ type }) => type)
    return { order, events, cases: openCases(order) }
  })

describe("D27: a partner's message has one effect", () => {
  const taker = testTaker()
  const given = { hub: { adapters: [taker.adapter] } }

  it.effect("however often it comes, and at the same time", () =>
    inWorld(
      Effect.gen(function*() {
        const order = yield* told(taker)
        const accepted = once(taker, "m-1", (hub) => hub.orders.facts([fact(order, "accepted")]))
        const first = yield* Effect.all([accepted, accepted, accepted, accepted], { concurrency: "unbounded" })
        expect(first.filter((mine) => mine)).toEqual([true])
        expect(yield* accepted).toBe(false)
        expect((yield* seen(order.id)).events).toEqual(["fulfilment.accept"])
      }),
      given
    ))

  it.effect("late, after what it asked for was undone: a case that a person has closed is not opened again", () =>
    inWorld(
      Effect.gen(function*() {
        const order = yield* told(taker)
        const part = order.fulfilments[0]!.id
        const asked = once(taker, "m-2", (hub) => hub.orders.needsAction(part, "needsErpAction", "no such product"))
        expect(yield* asked).toBe(true)
        yield* Effect.promise(() => taker.hub().orders.resolved(part, "needsErpAction"))
        expect(yield* asked).toBe(false)
        const { cases } = yield* seen(order.id)
        expect(cases).toEqual([])
      }),
      given
    ))

  it.effect("in the wrong order: what has ended stays ended", () =>
    inWorld(
      Effect.gen(function*() {
        const order = yield* told(taker)
        for (const [id, state] of [["m-5", "cancelled"], ["m-3", "accepted"], ["m-4", "assembled"], ["m-3", "accepted"]] as const) {
          yield* once(taker, id, (hub) => hub.orders.facts([fact(order, state)]))
        }
        const { order: after, events } = yield* seen(order.id)
        expect([after.fulfilments[0]!.status, events.filter((type) => type === "fulfilment.cancel").length]).toEqual(["cancelled", 1])
      }),
      given
    ))

  it.effect("cut off half-way it goes on where it was, and does nothing twice", () =>
    inWorld(
      Effect.gen(function*() {
        const order = yield* told(taker)
        const part = order.fulfilments[0]!.id
        const both = (cut: boolean) =>
          taker.hub().inbox.once("m-6", async (hub) => {
            await hub.orders.needsAction(part, "needsErpAction", "first")
            if (cut) throw new Error("killed")
            await hub.orders.needsAction(part, "erpDiffers", "second")
          })
        yield* Effect.promise(() => expect(both(true)).rejects.toThrow("killed"))
        // A person sees to it before the message comes again.
        yield* Effect.promise(() => taker.hub().orders.resolved(part, "needsErpAction"))
        expect(yield* Effect.promise(() => both(false))).toBe(true)
        expect((yield* seen(order.id)).cases).toEqual(["erpDiffers"])
        expect(yield* Effect.promise(() => both(false))).toBe(false)
      }),
      given
    ))

  it.effect("ids are each connection's own, and one that is none is refused", () => {
    const other = testTaker(["north"], "other")
    return inWorld(
      Effect.gen(function*() {
        const nothing = () => Promise.resolve()
        expect([yield* once(taker, "m-7", nothing), yield* once(other, "m-7", nothing), yield* once(taker, "m-7", nothing)])
          .toEqual([true, true, false])
        for (const id of ["", "x".repeat(91), "a b"]) {
          yield* Effect.promise(() => expect(taker.hub().inbox.once(id, nothing)).rejects.toThrow(/messageId/u))
        }
      }),
      { hub: { adapters: [taker.adapter, other.adapter] } }
    )
  })
})
