import type { ImportBatch } from "@aptekit/core"
import { Columns } from "./columns.ts"
import type { PriceTarget } from "./targets.ts"

interface Batch {
  readonly priceType: string | null
  readonly asOf: number
  readonly rows: Columns
  /** Rows of branches that several warehouses fill. */
  readonly shared: Map<number, number>
}

/** Rows with slots, by what a batch has in common: kind, price type and as-of time. */
export class Batches {
  readonly #batches = new Map<string, Batch>()

  stock(asOf: number, product: number, branch: number, units: number, shared: boolean): void {
    const batch = this.#batch(null, asOf)
    const cell = product * 2 ** 16 + branch
    const row = shared ? batch.shared.get(cell) : undefined
    if (row !== undefined) return batch.rows.add(row, 2, units)
    if (shared) batch.shared.set(cell, batch.rows.size)
    batch.rows.push(product, branch, units)
  }

  price(asOf: number, product: number, target: PriceTarget, amount: number): void {
    this.#batch(target.priceType, asOf).rows.push(product, target.branch, amount)
  }

  /** Oldest first: what a later statement says comes last. */
  all(): ReadonlyArray<ImportBatch> {
    return [...this.#batches.values()].sort((a, b) => a.asOf - b.asOf).map(({ priceType, asOf, rows }) => {
      const [products, branches, figures] = [rows.column(0), rows.column(1), rows.column(2)]
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
