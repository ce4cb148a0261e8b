import { defineAdapter, geocodingPort, Orders, planOnce, Schema, Storage, sweepOnce } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { line, place } from "./intake-kit.ts"
import { command, inWorld, openCases } from "./world.ts"

/** A geocoder that takes the question and never answers. */
const silent = defineAdapter({
  name: "silent",
  config: Schema.Struct({}),
  ports: { geocoding: geocodingPort },
  setup: () => ({ geocoding: { geocode: () => Effect.never } })
})

describe("jobs", () => {
  it.effect("P1: forty orders whose addresses nobody can look up are all with a person a minute and a half later", () =>
    inWorld(
      Effect.gen(function*() {
        const placing = yield* Effect.forkChild(Effect.forEach(Array.from({ length: 40 }, (_, i) => `E-${i}`), (externalId) =>
          place({ externalId, delivery: { type: "courier", address: { text: "пр. Абая, 1" } }, lines: [line("coffee", 1)] }), {
          concurrency: "unbounded"
        }))
        yield* TestClock.adjust("3 seconds")
        expect(placing.pollUnsafe(), "answered without a plan").toBeDefined()
        const jobs = yield* Effect.forkChild(Effect.forever(Effect.andThen(planOnce("one"), Effect.sleep("1 second"))))
        for (let second = 0; second < 87; second++) yield* TestClock.adjust("1 second")
        expect(jobs.pollUnsafe()).toBeUndefined()
        const { items } = yield* (yield* Storage).orders.list({ limit: 100 })
        const reasons = new Set(items.map((order) => openCases(order).join()))
        expect([items.length, ...reasons]).toEqual([40, "addressUnclear,partnerUnreachable"])
      }),
      { hub: { adapters: [silent({})] } }
    ))

  it.effect("P4: an order on which the sweeper breaks down does not keep the others from their end", () =>
    inWorld(
      Effect.gen(function*() {
        const packed = (externalId: string) =>
          Effect.gen(function*() {
            const accepted = yield* command((yield* place({ externalId })).order, { name: "accept", input: {} })
            return yield* command(accepted, { name: "assemble", input: {} })
          })
        const poison = yield* packed("E-1")
        const other = yield* packed("E-2")
        yield* TestClock.adjust("25 hours")
        const orders = yield* Orders
        const sweep: typeof orders.sweep = (id) => (id === poison.id ? Effect.die("broken") : orders.sweep(id))
        yield* Effect.provideService(sweepOnce, Orders, { ...orders, sweep })
        const storage = yield* Storage
        expect((yield* storage.orders.byId(other.id))!.fulfilments[0]!.status).toBe("expired")
      })
    ))
})
