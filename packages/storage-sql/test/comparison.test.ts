import { type BranchId, type ImportBatch, NO_COUNTS, type ProductId, StockImage } from "@aptekit/core"
import { expect, test } from "vitest"
import { Comparison } from "../src/runs/compare.ts"

const PRODUCTS = 8_000
const BRANCHES = 17

test("R-STK-2: prices that come branch by branch are put in the order of their keys, and others have their turn meanwhile", async () => {
  const image = new StockImage()
  for (let slot = 0; slot < PRODUCTS; slot++) image.addProduct(`p${slot}` as ProductId, slot)
  for (let slot = 0; slot < BRANCHES; slot++) image.addBranch(`b${slot}` as BranchId, slot)
  const batches = Array.from({ length: BRANCHES }, (_, branch): ImportBatch => ({
    kind: "price", priceType: "retail", asOf: Date.UTC(2026, 10, 1),
    products: Int32Array.from({ length: PRODUCTS }, (__, product) => product),
    branches: new Int32Array(PRODUCTS).fill(branch),
    amounts: Int32Array.from({ length: PRODUCTS }, (__, product) => product * 100 + branch)
  }))
  const compared = await Comparison.of(image, batches, NO_COUNTS, async () => new Map(), () => undefined)
  let turns = 0
  let done = false
  const tick = (): void => {
    turns++
    if (!done) setImmediate(tick)
  }
  setImmediate(tick)
  const [rows] = await compared.rows()
  done = true
  const { products, branches, figures } = rows!
  expect(products).toHaveLength(PRODUCTS * BRANCHES)
  const wrong = products.findIndex((product, i) =>
    product !== Math.floor(i / BRANCHES) || branches[i] !== i % BRANCHES || figures[i] !== product * 100 + branches[i])
  expect(wrong).toBe(-1)
  // 8,192 products of 18 columns, in pieces of 65,536, twice.
  expect(turns).toBeGreaterThanOrEqual(6)
})
