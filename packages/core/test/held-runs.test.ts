import { defineAdapter, Schema, Storage } from "@aptekit/core"
import { stockBatch, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { decideRun } from "../src/hub/runs.ts"
import { inWorld } from "./world.ts"

const ANNA = { kind: "operator", id: "anna" } as const
const BERIK = { kind: "operator", id: "berik" } as const

/** A connection that takes as long to apply a kept file as the test wants. */
const keeping = (release: () => Promise<void>) =>
  defineAdapter({
    name: "erp",
    config: Schema.Struct({}),
    ports: {},
    setup: () => ({ runs: { release, discard: async () => undefined } })
  })({}, { id: "erp" })

const heldRun = Effect.gen(function*() {
  const storage = yield* Storage
  const run = yield* storage.stock.openRun({ connection: "erp", file: "rests.xml" }, { preview: true })
  yield* run.write(stockBatch(storage, [["aspirin", "north", 4]], TEST_NOW))
  return (yield* run.finish()).id
})

describe("deciding on a held run", () => {
  it.effect("STK-2: however long it takes, nobody else decides meanwhile", () => {
    const applied = Promise.withResolvers<void>()
    return inWorld(
      Effect.gen(function*() {
        const id = yield* heldRun
        const anna = yield* Effect.forkChild(decideRun(id, "released", ANNA))
        for (let minute = 0; minute < 15; minute++) {
          yield* TestClock.adjust("1 minute")
          expect(yield* Effect.flip(decideRun(id, "discarded", BERIK))).toMatchObject({ code: "runNotHeld", state: "held" })
        }
        applied.resolve()
        expect(yield* Fiber.join(anna)).toMatchObject({ state: "done", decidedBy: "anna" })
      }),
      { hub: { adapters: [keeping(() => applied.promise)] } }
    )
  })

  it.effect("STK-2: P10: a hub that dies meanwhile keeps nobody from it for longer than its lease", () => {
    const applied = Promise.withResolvers<void>()
    return inWorld(
      Effect.gen(function*() {
        const id = yield* heldRun
        const storage = yield* Storage
        const dying = { ...storage, leases: { ...storage.leases, release: () => Effect.void } }
        const anna = yield* Effect.forkChild(Effect.provideService(decideRun(id, "released", ANNA), Storage, dying))
        yield* TestClock.adjust("1 minute")
        yield* Fiber.interrupt(anna)
        expect(yield* Effect.flip(decideRun(id, "discarded", BERIK))).toMatchObject({ code: "runNotHeld" })
        yield* TestClock.adjust("30 seconds")
        expect(yield* decideRun(id, "discarded", BERIK)).toMatchObject({ state: "discarded", decidedBy: "berik" })
      }),
      { hub: { adapters: [keeping(() => applied.promise)] } }
    )
  })
})
