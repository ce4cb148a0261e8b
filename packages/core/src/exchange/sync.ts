import { Schema } from "effect"
import { BranchId, ProductId } from "../kernel/ids.ts"
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

const LATEST = 8.64e15

/** Why a batch cannot be taken in, or null: adapters without types may hand in anything. */
export const batchFault = (batch: ImportBatch): string | null => {
  const { kind, asOf, products, branches } = batch
  if (kind !== "stock" && kind !== "price") return "its kind is neither stock nor price"
  const figures = kind === "stock" ? batch.quantities : batch.amounts
  if (![products, branches, figures].every((one) => one instanceof Int32Array)) return "its rows are not Int32Array"
  if (!Number.isFinite(asOf) || Math.abs(asOf) > LATEST) return "asOf is no time in milliseconds"
  if (kind === "price" && (typeof batch.priceType !== "string" || batch.priceType === "")) return "priceType is empty"
  const least = kind === "stock" ? 0 : -1
  const wrong = figures.findIndex((figure) => figure < least)
  return wrong < 0 ? null : `row ${wrong} has the figure ${figures[wrong]}, less than ${least}`
}

/** Rows of a run by what became of them, and its products. */
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

/**
 * Stops a run that looks like a mistake: of its rows that were above zero (stock) or had a price (prices), more than
 * `goneShare` (0..1), and at least `minimum` rows, would drop to zero or to none. Such a run is held for a person.
 */
export interface RunGuard {
  readonly goneShare: number
  readonly minimum: number
}

/** How a run is held back from being applied. */
export interface RunOptions {
  readonly guard?: RunGuard
  /** The run only shows its difference: it is compared, held and never applied. */
  readonly preview?: boolean
}

/** What a run does at this moment, and how much of that is done. */
export const RunProgress = Schema.Struct({
  phase: Schema.Literals(["reading", "comparing", "writing"]),
  percent: Schema.Int
})
export type RunProgress = typeof RunProgress.Type

/** Reading the file, comparing with the image, writing what differs. */
export type RunPhase = RunProgress["phase"]

/** A row that a held run would change. */
export const DifferenceRow = Schema.Struct({
  kind: Schema.Literals(["stock", "price"]),
  productId: ProductId,
  /** Null: the price of the whole network. */
  branchId: Schema.NullOr(BranchId),
  priceType: Schema.NullOr(Schema.String),
  /** Units on hand or minor units now; null: nobody has stated it, or there is no price. */
  before: Schema.NullOr(Schema.Int),
  /** The same after the run: sales since its time are taken off already. Null: no price. */
  after: Schema.NullOr(Schema.Int)
})
export type DifferenceRow = typeof DifferenceRow.Type

/** As many rows of its difference a held run keeps; all are counted. */
export const KEPT_DIFFERENCE = 10_000

/** Leases of those who decide on held runs: this and the run's id. Where only one hub can be, they end with it. */
export const RUN_LEASES = "run/"

/** What a person made of a held run. */
export type RunDecision = "released" | "discarded"

/** One bulk exchange, from its first byte to its last row (STK-2). */
export const SyncRun = Schema.Struct({
  id: Schema.String,
  connection: Schema.String,
  file: Schema.String,
  /**
   * `held`: compared, nothing applied, waits for a person. Released, it is `done`: what it said was applied by a run of
   * its own, row by row as of its time (D2).
   */
  state: Schema.Literals(["receiving", "applying", "done", "failed", "held", "discarded"]),
  startedAt: Instant,
  finishedAt: Schema.NullOr(Instant),
  counts: ImportCounts,
  /** Why it failed or is held, and what to do. */
  error: Schema.NullOr(Schema.String),
  /** Rejected rows: line of the file and reason; the first thousand. */
  rejects: Schema.Array(Schema.Struct({ line: Schema.Int, reason: Schema.String })),
  /** Only while it is under way, and only from the hub that works on it. */
  progress: Schema.NullOr(RunProgress),
  /** It was only to show its difference. */
  preview: Schema.Boolean,
  /** Who released or discarded it. */
  decidedBy: Schema.NullOr(Schema.String)
})
export type SyncRun = typeof SyncRun.Type

/** A run that was opened just now and has received nothing. */
export const newRun = (id: string, source: RunSource, options: RunOptions, now: Instant): SyncRun => ({
  id,
  connection: source.connection,
  file: source.file,
  state: "receiving",
  startedAt: now,
  finishedAt: null,
  counts: NO_COUNTS,
  error: null,
  rejects: [],
  progress: null,
  preview: options.preview === true,
  decidedBy: null
})

/** Rows of one kind that a run names: how many were there, and how many of these would be gone. */
export interface GoneRows {
  readonly kind: "stock" | "price"
  readonly before: number
  readonly gone: number
}

/** Why a guard holds a run, or null where it lets it through. */
export const guardTrips = ({ goneShare, minimum }: RunGuard, rows: ReadonlyArray<GoneRows>): string | null => {
  const tripped = rows.find(({ before, gone }) => gone >= minimum && gone > 0 && gone > goneShare * before)
  if (tripped === undefined) return null
  const { kind, before, gone } = tripped
  const percent = (share: number): string => `${Math.round(share * 100)} %`
  const fate = kind === "stock" ? "would drop to zero" : "would lose their price"
  return `Held: ${gone} of ${before} ${kind} rows ${fate} (${percent(gone / before)}, allowed ${percent(goneShare)}). ` +
    "Nothing was applied. Look at the difference, then release or discard the run."
}

export const PREVIEW_HELD = "A preview: nothing was applied. Look at the difference, then release or discard the run."
