import { Schema } from "effect"
import { Instant } from "../kernel/time.ts"

/** Where a bulk run comes from. */
export interface RunSource {
  /** The connection (configured adapter instance) that sends it, or `api`. */
  readonly connection: string
  /** The file's name as the partner called it, for people. */
  readonly file: string
}

/**
 * Rows as parallel arrays of slots and figures; no object per row (D29). All rows of a batch share their as-of time.
 * `asOf`: the time up to which the statement speaks (D2).
 */
export type ImportBatch =
  | {
    readonly kind: "stock"
    readonly asOf: Instant
    readonly products: Int32Array
    readonly branches: Int32Array
    /** Units; negative ones were already made 0 and reported (D6). */
    readonly quantities: Int32Array
  }
  | {
    readonly kind: "price"
    readonly asOf: Instant
    readonly priceType: string
    readonly products: Int32Array
    /** A branch's slot, or −1 for the whole network. */
    readonly branches: Int32Array
    /** Minor units; NO_PRICE (−1) takes a price back. */
    readonly amounts: Int32Array
  }

export const ImportCounts = Schema.Struct({
  new: Schema.Int,
  changed: Schema.Int,
  unchanged: Schema.Int,
  /** Rows that became zero by an explicit 0 or a deletion mark; never by absence (D3). */
  gone: Schema.Int,
  /** Rows that a later statement has already overtaken (D2). */
  stale: Schema.Int,
  /** Rows that wait for what they refer to. */
  parked: Schema.Int,
  rejected: Schema.Int,
  products: Schema.Int
})
export type ImportCounts = typeof ImportCounts.Type

export const NO_COUNTS: ImportCounts = {
  new: 0,
  changed: 0,
  unchanged: 0,
  gone: 0,
  stale: 0,
  parked: 0,
  rejected: 0,
  products: 0
}

/** One bulk exchange, from its first byte to its last row (STK-2). */
export const SyncRun = Schema.Struct({
  id: Schema.String,
  connection: Schema.String,
  file: Schema.String,
  state: Schema.Literals(["receiving", "applying", "done", "failed"]),
  startedAt: Instant,
  finishedAt: Schema.NullOr(Instant),
  counts: ImportCounts,
  /** Why it failed, and what to do. */
  error: Schema.NullOr(Schema.String),
  /** Rejected rows: line of the file and reason; the first thousand. */
  rejects: Schema.Array(Schema.Struct({ line: Schema.Int, reason: Schema.String }))
})
export type SyncRun = typeof SyncRun.Type
