import { Schema } from "effect"
import { BranchId, ProductId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"

/** More units of one series at one branch are a slip of the finger. */
const MAX_SERIES_UNITS = 1_000_000_000

/**
 * A batch of a product at a branch with its expiry date. Comes only from sources that know it (OData, an HTTP service;
 * CommerceML has neither: 1C fact 44): where nothing is known, nothing is listed, which never means "fine" (R9).
 */
export const StockSeries = Schema.Struct({
  productId: ProductId,
  branchId: BranchId,
  /** The maker's batch number; "" where the goods have none. */
  series: Schema.String.check(Schema.isMaxLength(100)),
  /** The last day of use, `YYYY-MM-DD`; null where the source knows none. */
  expiresAt: Schema.NullOr(Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/u))),
  units: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_SERIES_UNITS }))
})
export type StockSeries = typeof StockSeries.Type

/** A series as it is read, with the time of the statement that named it. */
export interface StatedSeries extends StockSeries {
  readonly asOf: Instant
}

/**
 * A statement of series: of each product and branch that it names, these are all series there were at `asOf`. A row of
 * 0 units names its product and branch and adds nothing: so "none left" is said.
 */
export interface SeriesStatement {
  readonly asOf: Instant
  readonly rows: ReadonlyArray<StockSeries>
}

/** What became of a statement of series; counted in products at branches. */
export interface SeriesCounts {
  readonly stated: number
  /** A later statement had named them already (D2). */
  readonly stale: number
  /** Products or branches that the hub does not have. */
  readonly unknown: number
}

const LAST_DAY = "9999-12-31"

/** Soonest end first; what has no date comes last. */
export const bySoonestEnd = (a: StockSeries, b: StockSeries): number => {
  const [first, second] = [a.expiresAt ?? LAST_DAY, b.expiresAt ?? LAST_DAY]
  return first === second ? 0 : first < second ? -1 : 1
}

interface Stated {
  readonly key: number
  readonly rows: ReadonlyArray<StockSeries>
}

/**
 * The rows of a statement by product and branch, in the order of their keys; series named twice are added up.
 * `keyOf`: undefined where the hub does not know the product or the branch.
 */
export const bySeriesCell = (
  rows: ReadonlyArray<StockSeries>,
  keyOf: (row: StockSeries) => number | undefined
): { readonly cells: ReadonlyArray<Stated>; readonly unknown: number } => {
  const cells = new Map<number, Map<string, StockSeries>>()
  const unknown = new Set<string>()
  for (const row of rows) {
    const key = keyOf(row)
    if (key === undefined) {
      unknown.add(`${row.productId}\n${row.branchId}`)
      continue
    }
    let cell = cells.get(key)
    if (cell === undefined) cells.set(key, cell = new Map())
    const known = cell.get(row.series)
    cell.set(row.series, known === undefined ? row : { ...row, units: known.units + row.units })
  }
  const sorted = [...cells].sort(([a], [b]) => a - b)
  return { cells: sorted.map(([key, series]) => ({ key, rows: [...series.values()] })), unknown: unknown.size }
}
