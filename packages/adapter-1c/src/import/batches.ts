import type { ImportBatch } from "@aptekit/core"
import { Columns } from "./columns.ts"
import { MAX_UNITS } from "./gather.ts"
import type { PriceTarget } from "./targets.ts"

interface Shared {
  readonly row: number
  readonly units: Map<string, number>
}

interface Batch {
  readonly priceType: string | null
  readonly asOf: number
  readonly rows: Columns
  /** Rows of branches that several warehouses fill, and what each warehouse gave. */
  readonly shared: Map<number, Shared>
}

/**
 * The rows that count: of several of one product and branch the last. All are compared with what was there before the
 * file, so an earlier one would be applied and counted although a later one takes it back.
 */
const lastOfEach = (rows: Columns): Int32Array => {
  let [products, width] = [0, 1]
  for (let row = 0; row < rows.size; row++) {
    products = Math.max(products, rows.at(row, 0) + 1)
    // A price of the whole network has the branch −1.
    width = Math.max(width, rows.at(row, 1) + 2)
  }
  const seen = new Uint8Array(Math.ceil(products * width / 8))
  const kept = new Int32Array(rows.size)
  let first = rows.size
  for (let row = rows.size - 1; row >= 0; row--) {
    const cell = rows.at(row, 0) * width + rows.at(row, 1) + 1
    const [byte, bit] = [Math.floor(cell / 8), 1 << (cell % 8)]
    if ((seen[byte]! & bit) !== 0) continue
    seen[byte]! |= bit
    kept[--first] = row
  }
  return kept.subarray(first)
}

/** Rows with slots, by what a batch has in common: kind, price type and as-of time. */
export class Batches {
  readonly #batches = new Map<string, Batch>()

  stock(asOf: number, product: number, branch: number, units: number): void {
    this.#batch(null, asOf).rows.push(product, branch, units)
  }

  /** Of a branch that several warehouses fill: they are added up. Of a warehouse that comes twice the last counts. */
  sharedStock(asOf: number, product: number, branch: number, units: number, warehouse: string): void {
    const { rows, shared } = this.#batch(null, asOf)
    const cell = product * 2 ** 16 + branch
    const known = shared.get(cell)
    if (known === undefined) {
      shared.set(cell, { row: rows.size, units: new Map([[warehouse, units]]) })
      return rows.push(product, branch, units)
    }
    known.units.set(warehouse, units)
    const total = [...known.units.values()].reduce((sum, more) => sum + more, 0)
    rows.set(known.row, 2, Math.min(total, MAX_UNITS))
  }

  price(asOf: number, product: number, target: PriceTarget, amount: number): void {
    this.#batch(target.priceType, asOf).rows.push(product, target.branch, amount)
  }

  /** Oldest first: what a later statement says comes last. */
  all(): ReadonlyArray<ImportBatch> {
    return [...this.#batches.values()].sort((a, b) => a.asOf - b.asOf).map(({ priceType, asOf, rows }) => {
      const kept = lastOfEach(rows)
      const [products, branches, figures] = [rows.column(0, kept), rows.column(1, kept), rows.column(2, kept)]
      return priceType === null
        ? { kind: "stock", asOf, products, branches, quantities: figures }
        : { kind: "price", asOf, priceType, products, branches, amounts: figures }
    })
  }

  #batch(priceType: string | null, asOf: number): Batch {
    const key = `${asOf}/${priceType ?? ""}`
    let batch = this.#batches.get(key)
    if (batch === undefined) {
      batch = { priceType, asOf, rows: new Columns(3), shared: new Map() }
      this.#batches.set(key, batch)
    }
    return batch
  }
}
