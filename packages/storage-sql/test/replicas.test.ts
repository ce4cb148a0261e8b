import { BranchId, ProductId, Storage } from "@aptekit/core"
import {
  type LevelRow, loadNetwork, makeChange, makeMovement, makeOrder, makeProduct, smallNetwork, stateStock, TEST_NOW
} from "@aptekit/core/testing"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { useMariadb } from "../../../test/mariadb.ts"
import { mariadb } from "../src/index.ts"

const server = useMariadb()

describe.skipIf(server.skip !== null)("two replicas on one MariaDB", () => {
  const both = async <A>(body: (one: Storage["Service"], two: Storage["Service"]) => Effect.Effect<A, unknown, Storage>) => {
    const uri = await server.fresh()
    const nested = Effect.gen(function*() {
      const one = yield* Storage
      return yield* Effect.provide(Effect.flatMap(Storage, (two) => body(one, two)), mariadb({ uri }))
    })
    return Effect.runPromise(nested.pipe(Effect.provide(mariadb({ uri }))))
  }

  it("D5: what one adds to the catalogue the other can sell", () =>
    both((one, two) =>
      Effect.gen(function*() {
        yield* Effect.provideService(loadNetwork(), Storage, one)
        yield* two.network.load
        yield* one.catalogue.upsert([makeProduct("zinc")])
        expect(yield* two.catalogue.byIds([ProductId.make("zinc")])).toHaveLength(1)
        const order = makeOrder({ n: 1, lines: [] })
        const movements = [makeMovement("zinc", "north", -2, TEST_NOW + 1)]
        yield* two.commit(makeChange("change-1", null, order, { movements }))
        const cell = { productId: ProductId.make("zinc"), branchId: BranchId.make("north") }
        expect((yield* two.stock.levels([cell]))[0]).toMatchObject({ ...cell, onHand: -2 })
      })))

  /** Both know the network; the second one's image has what the first one stated. */
  const bothLoaded = <A>(body: (one: Storage["Service"], two: Storage["Service"]) => Effect.Effect<A, unknown, Storage>) =>
    both((one, two) =>
      Effect.gen(function*() {
        yield* Effect.provideService(loadNetwork(), Storage, one)
        yield* two.network.load
        yield* two.catalogue.byIds(smallNetwork().products.map(({ id }) => id))
        yield* agree(two, "aspirin", "north", 10)
        return yield* body(one, two)
      })
    )

  const units = ({ stock: { image } }: Storage["Service"], product: string, branch: string): number =>
    image.onHand[image.cell(image.productSlot(ProductId.make(product))!, image.branchSlot(BranchId.make(branch))!)]!

  /** Until its image says so; without asking the database, which would repair it. */
  const agree = (storage: Storage["Service"], product: string, branch: string, onHand: number) =>
    Effect.gen(function*() {
      for (let look = 0; look < 100 && units(storage, product, branch) !== onHand; look++) yield* Effect.sleep("50 millis")
      expect(units(storage, product, branch)).toBe(onHand)
    })

  const states = (storage: Storage["Service"], rows: ReadonlyArray<LevelRow>, asOf: number) =>
    Effect.provideService(stateStock(rows, asOf), Storage, storage)

  it("D5: two imports at once go one after the other, and both hubs show what the later statement says", () =>
    bothLoaded((one, two) =>
      Effect.gen(function*() {
        const rows = (n: number): ReadonlyArray<LevelRow> => [["aspirin", "north", n], ["aspirin", "south", n], ["rare", "east", n]]
        const runs = yield* Effect.all([
          states(one, rows(21), TEST_NOW + 10_000),
          states(two, rows(22), TEST_NOW + 20_000),
          states(one, rows(23), TEST_NOW + 30_000)
        ], { concurrency: "unbounded" })
        expect(runs.map(({ state }) => state)).toEqual(["done", "done", "done"])
        for (const storage of [one, two]) {
          for (const [product, branch] of [["aspirin", "north"], ["aspirin", "south"], ["rare", "east"]] as const) {
            yield* agree(storage, product, branch, 23)
          }
        }
        const [level] = yield* two.stock.levels([{ productId: ProductId.make("rare"), branchId: BranchId.make("east") }])
        expect(level).toMatchObject({ onHand: 23, asOf: TEST_NOW + 30_000 })
      })))

  it("D5: a statement is compared with what the other hub has just done, not with an older image", () =>
    bothLoaded((one, two) =>
      Effect.gen(function*() {
        yield* states(one, [["aspirin", "north", 3]], TEST_NOW + 10_000)
        // Says what the second hub's image had until a moment ago.
        const run = yield* states(two, [["aspirin", "north", 10], ["aspirin", "south", 15]], TEST_NOW + 20_000)
        expect(run.counts).toMatchObject({ changed: 1, unchanged: 1 })
        for (const storage of [one, two]) yield* agree(storage, "aspirin", "north", 10)
        const stale = yield* states(one, [["aspirin", "south", 1]], TEST_NOW + 15_000)
        expect(stale.counts.stale).toBe(1)
      })))

  it("STK-1: a product of many substances is kept whole", () =>
    both((one) =>
      Effect.gen(function*() {
        const inn = Array.from({ length: 30 }, (_, i) => `Витамин B${i}`).join(" + ")
        yield* one.catalogue.upsert([makeProduct("multi", { inn, form: inn, strength: inn, family: inn, atc: inn })])
        expect((yield* one.catalogue.byIds([ProductId.make("multi")]))[0]).toMatchObject({ inn, form: inn, strength: inn })
      })))
})
