import { Effect } from "effect"
import { BranchId, ProductId } from "../../kernel/ids.ts"
import type { StockSeries } from "../../stock/series.ts"
import type { StorageService } from "../../store/ports.ts"
import { same } from "../assert.ts"
import { makeProduct, TEST_NOW } from "../builders.ts"
import { loadNetwork, smallNetwork } from "../network.ts"
import { storageCase } from "./case.ts"

const row = (productId: string, branchId: string, series: string, expiresAt: string | null, units: number): StockSeries =>
  ({ productId: ProductId.make(productId), branchId: BranchId.make(branchId), series, expiresAt, units })

const [branchA, branchB] = smallNetwork().branches.map((branch) => branch.id as string) as [string, string]
const [first, second] = smallNetwork().products.map((product) => product.id as string) as [string, string]

const read = (stock: StorageService["stock"], products: ReadonlyArray<string>, branches: ReadonlyArray<string> = []) =>
  Effect.map(
    stock.series(products.map((id) => ProductId.make(id)), branches.map((id) => BranchId.make(id))),
    (found) => found.map(({ productId, branchId, series, expiresAt, units }) => [productId, branchId, series, expiresAt, units])
  )

export const seriesCases = [
  storageCase("STK-1", "series are read as they were stated, soonest end first", ({ stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      same(yield* read(stock, [first]), [], "nothing known is nothing listed")
      const counts = yield* stock.putSeries({
        asOf: TEST_NOW,
        rows: [
          row(first, branchA, "А-2", "2027-06-30", 3),
          row(first, branchA, "А-1", "2026-12-31", 5),
          row(first, branchB, "", null, 1),
          row(second, branchA, "Б", "2027-01-31", 2),
          row(first, branchA, "А-1", "2026-12-31", 2)
        ]
      })
      same(counts, { stated: 3, stale: 0, unknown: 0 }, "counts")
      same(yield* read(stock, [first]), [
        [first, branchA, "А-1", "2026-12-31", 7],
        [first, branchA, "А-2", "2027-06-30", 3],
        [first, branchB, "", null, 1]
      ], "all branches")
      same(yield* read(stock, [first, second], [branchA]), [
        [first, branchA, "А-1", "2026-12-31", 7],
        [second, branchA, "Б", "2027-01-31", 2],
        [first, branchA, "А-2", "2027-06-30", 3]
      ], "one branch")
    })),

  storageCase("D2", "a later statement of series stands, an equal one applies again", ({ stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const state = (asOf: number, ...rows: ReadonlyArray<StockSeries>) => stock.putSeries({ asOf, rows })
      yield* state(TEST_NOW, row(first, branchA, "old", "2027-01-01", 1), row(first, branchB, "b", null, 4))
      same((yield* state(TEST_NOW - 1, row(first, branchA, "older", null, 9))).stale, 1, "an older one")
      same(yield* read(stock, [first], [branchA]), [[first, branchA, "old", "2027-01-01", 1]], "stands")
      yield* state(TEST_NOW, row(first, branchA, "new", "2027-02-01", 2))
      same(yield* read(stock, [first], [branchA]), [[first, branchA, "new", "2027-02-01", 2]], "whole per branch")
      yield* state(TEST_NOW + 1, row(first, branchA, "", null, 0))
      same(yield* read(stock, [first], [branchA]), [], "none left")
      same((yield* state(TEST_NOW, row(first, branchA, "new", null, 2))).stale, 1, "older than none left")
      same(yield* read(stock, [first]), [[first, branchB, "b", null, 4]], "the other branch keeps its own")
    })),

  storageCase("STK-1", "many series are stated at once; what the hub does not have is counted", ({ catalogue, stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const products = Array.from({ length: 700 }, (_, i) => makeProduct(`s${i}`))
      yield* catalogue.upsert(products)
      const rows = products.flatMap(({ id }) => [row(id, branchA, "1", "2027-01-01", 1), row(id, branchA, "2", "2027-01-02", 2)])
      const counts = yield* stock.putSeries({
        asOf: TEST_NOW,
        rows: [...rows, row("nowhere", branchA, "1", null, 1), row(first, "nowhere", "1", null, 1)]
      })
      same(counts, { stated: 700, stale: 0, unknown: 2 }, "counts")
      same(yield* read(stock, ["s0", "s699"]), [
        ["s0", branchA, "1", "2027-01-01", 1],
        ["s699", branchA, "1", "2027-01-01", 1],
        ["s0", branchA, "2", "2027-01-02", 2],
        ["s699", branchA, "2", "2027-01-02", 2]
      ], "the first and the last")
    }))
]
