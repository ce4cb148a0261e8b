import type { JournalRow } from "../ops/bulk.ts"

/** Rows of one part of the journal: about a megabyte, so that no order waits long for it. */
const PART_ROWS = 100_000
/** Pages of the database that a slice may touch. */
const SLICE_PAGES = 64
/** Products whose rows share a page, about. */
const PAGE_PRODUCTS = 16

/** Rows to write, in the order of their keys: slots and figures side by side, no object per row. */
export interface Rows {
  readonly kind: "stock" | "price"
  readonly priceType: string | null
  readonly asOf: number
  readonly products: Int32Array
  /** A branch's slot, or −1 for the whole network. */
  readonly branches: Int32Array
  /** Units by the statement, or minor units; −1: no price. */
  readonly figures: Int32Array
}

/** Memory that the writer's thread sees too: a slice crosses without a copy. */
export const shared = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4))

/** Where slices end: by rows, and by pages, since a commit of scattered rows writes a page for each (performance.md §2). */
export function* slicesOf({ products }: Rows, mostRows: number): Generator<readonly [from: number, to: number]> {
  let from = 0
  let pages = 1
  let page = products[0] ?? 0
  for (let i = 0; i < products.length; i++) {
    if (products[i]! - page >= PAGE_PRODUCTS) {
      page = products[i]!
      pages++
    }
    if (i - from < mostRows && pages <= SLICE_PAGES) continue
    yield [from, i]
    from = i
    pages = 1
  }
  if (from < products.length) yield [from, products.length]
}

const pack = (rows: Rows, from: number, to: number): Uint8Array => {
  const packed = new Int32Array((to - from) * 3)
  packed.set(rows.products.subarray(from, to))
  packed.set(rows.branches.subarray(from, to), to - from)
  packed.set(rows.figures.subarray(from, to), (to - from) * 2)
  return new Uint8Array(packed.buffer)
}

/** The parts of the journal that keep these rows, made one at a time. */
export function* journalOf(runId: string, rows: Rows, set: number): Generator<JournalRow> {
  for (let from = 0; from < rows.products.length; from += PART_ROWS) {
    yield {
      run_id: runId,
      part: set * 10_000 + from / PART_ROWS,
      kind: rows.kind,
      price_type: rows.priceType,
      as_of: rows.asOf,
      data: pack(rows, from, Math.min(rows.products.length, from + PART_ROWS))
    }
  }
}

export const rowsOf = (row: JournalRow): Rows => {
  // Copied into memory that the writer shares; a database's buffer may start anywhere.
  const packed = shared(row.data.byteLength / 4)
  new Uint8Array(packed.buffer).set(row.data)
  const rows = packed.length / 3
  return {
    kind: row.kind as Rows["kind"],
    priceType: row.price_type,
    asOf: row.as_of,
    products: packed.subarray(0, rows),
    branches: packed.subarray(rows, rows * 2),
    figures: packed.subarray(rows * 2)
  }
}
