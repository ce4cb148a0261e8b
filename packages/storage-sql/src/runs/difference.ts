import { type DifferenceRow, KEPT_DIFFERENCE } from "@aptekit/core"
import type { DifferencePart } from "../ops/runs.ts"

/** Nobody has stated this row, or it has no price. */
export const NOTHING = -0x8000_0000

/** The rows that a held run would change, four figures each: product, branch, before, after, one kind per part. */
export class Difference {
  readonly #parts = new Map<string, { readonly kind: string; readonly priceType: string | null; readonly rows: Array<number> }>()
  #left = KEPT_DIFFERENCE

  add(kind: "stock" | "price", priceType: string | null, product: number, branch: number, before: number, after: number): void {
    if (this.#left === 0) return
    this.#left--
    const id = `${kind}/${priceType}`
    let part = this.#parts.get(id)
    if (part === undefined) this.#parts.set(id, (part = { kind, priceType, rows: [] }))
    part.rows.push(product, branch, before, after)
  }

  get full(): boolean {
    return this.#left === 0
  }

  parts(runId: string): ReadonlyArray<DifferencePart> {
    return [...this.#parts.values()].map(({ kind, priceType, rows }, part) => ({
      run_id: runId,
      part,
      kind,
      price_type: priceType,
      data: new Uint8Array(Int32Array.from(rows).buffer)
    }))
  }
}

interface Names {
  readonly product: (slot: number) => DifferenceRow["productId"]
  readonly branch: (slot: number) => DifferenceRow["branchId"]
}

const shown = (figure: number): number | null => (figure === NOTHING ? null : figure)

export const differenceRows = (parts: ReadonlyArray<DifferencePart>, names: Names): ReadonlyArray<DifferenceRow> =>
  parts.flatMap(({ kind, price_type, data }) => {
    // A database's buffer may start anywhere; the array needs bytes of its own.
    const figures = new Int32Array(new Uint8Array(data).buffer)
    return Array.from({ length: figures.length / 4 }, (_, i): DifferenceRow => ({
      kind: kind as DifferenceRow["kind"],
      productId: names.product(figures[i * 4]!),
      branchId: figures[i * 4 + 1]! < 0 ? null : names.branch(figures[i * 4 + 1]!),
      priceType: price_type,
      before: shown(figures[i * 4 + 2]!),
      after: shown(figures[i * 4 + 3]!)
    }))
  })
