import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { BranchId, ProductId, Storage } from "@aptekit/core"
import { loadNetwork, stateStock, stockBatch, TEST_NOW } from "@aptekit/core/testing"
import { Effect } from "effect"
import { afterAll, describe, expect, it } from "vitest"
import { type Driver, DriverError } from "../src/driver.ts"
import { openSqlite } from "../src/sqlite/driver.ts"
import { storageLayer } from "../src/storage.ts"

const directory = mkdtempSync(join(tmpdir(), "aptekit-cut-off-"))
afterAll(() => rmSync(directory, { recursive: true }))

/** A database whose connection breaks when `cut` says so: the slice is applied, its answer is lost. */
const breaking = async (file: string, cut: { next: boolean }): Promise<Driver> => {
  const driver = await openSqlite(file)
  const write: Driver["write"] = async (name, args, priority) => {
    const answer = await driver.write(name, args, priority)
    if (name !== "slice" || !cut.next) return answer
    cut.next = false
    throw new DriverError("connection lost", "unknown")
  }
  return { ...driver, write }
}

const onHand = (branch: string) =>
  Effect.gen(function*() {
    const { stock } = yield* Storage
    const [level] = yield* stock.levels([{ productId: ProductId.make("aspirin"), branchId: BranchId.make(branch) }])
    return level?.onHand
  })

const at = (seconds: number): number => TEST_NOW + seconds * 1_000

describe("a run that the database cuts off", () => {
  it("D4: is finished before the next one is compared, so that nothing half-applied stays", () => {
    const cut = { next: false }
    return Effect.runPromise(
      Effect.gen(function*() {
        yield* loadNetwork()
        cut.next = true
        yield* Effect.flip(stateStock([["aspirin", "north", 5]], at(1)))
        yield* stateStock([["aspirin", "north", 10]], at(2))
        expect(yield* onHand("north")).toBe(10)
        const { stock } = yield* Storage
        const { items } = yield* stock.runs(2, undefined)
        expect(items.map((run) => [run.state, run.progress])).toEqual([["done", null], ["done", null]])
      }).pipe(Effect.provide(storageLayer(() => breaking(join(directory, "next.db"), cut))))
    )
  })

  it("D2: keeps the time of the rows that it left as they were, over a restart", async () => {
    const cut = { next: false }
    const open = storageLayer(() => breaking(join(directory, "restart.db"), cut))
    await Effect.runPromise(
      Effect.gen(function*() {
        yield* loadNetwork()
        cut.next = true
        yield* Effect.flip(stateStock([["aspirin", "north", 10], ["aspirin", "south", 4]], at(10)))
      }).pipe(Effect.provide(open))
    )
    await Effect.runPromise(
      Effect.gen(function*() {
        const run = yield* stateStock([["aspirin", "north", 99], ["aspirin", "south", 99]], at(5))
        expect([run.counts.stale, yield* onHand("north"), yield* onHand("south")]).toEqual([2, 10, 4])
      }).pipe(Effect.provide(open))
    )
  })

  it("STK-2: a held run waits over a restart, with its difference, and is decided then", async () => {
    const open = storageLayer(() => openSqlite(join(directory, "held.db")))
    const held = await Effect.runPromise(
      Effect.gen(function*() {
        yield* loadNetwork()
        const storage = yield* Storage
        const run = yield* storage.stock.openRun({ connection: "1c", file: "rests.xml" }, { preview: true })
        yield* run.write(stockBatch(storage, [["aspirin", "north", 4]], at(1)))
        return yield* run.finish()
      }).pipe(Effect.provide(open))
    )
    await Effect.runPromise(
      Effect.gen(function*() {
        const { stock } = yield* Storage
        expect(yield* stock.run(held.id)).toEqual(held)
        const { items } = yield* stock.difference(held.id, 10, undefined)
        expect(items).toMatchObject([{ productId: "aspirin", branchId: "north", before: 10, after: 4 }])
        expect(yield* onHand("north")).toBe(10)
        const discarded = yield* stock.decide(held.id, "discarded", { kind: "operator", id: "anna" })
        expect(discarded).toMatchObject({ state: "discarded", decidedBy: "anna" })
      }).pipe(Effect.provide(open))
    )
  })
})
