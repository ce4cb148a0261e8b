import { Effect } from "effect"
import { bySeriesCell, bySoonestEnd } from "../../stock/series.ts"
import type { StockStore } from "../../store/ports.ts"
import type { MemoryState } from "./state.ts"

/** Series in memory: the last statement of each product and branch stands. */
export const seriesStore = (state: MemoryState): Pick<StockStore, "putSeries" | "series"> => ({
  putSeries: ({ asOf, rows }) =>
    Effect.sync(() => {
      const { cells, unknown } = bySeriesCell(rows, (row) => state.cell(row.productId, row.branchId)?.key)
      const fresh = cells.filter(({ key }) => (state.series.get(key)?.asOf ?? asOf) <= asOf)
      for (const cell of fresh) state.series.set(cell.key, { asOf, rows: cell.rows })
      return { stated: fresh.length, stale: cells.length - fresh.length, unknown }
    }),
  series: (products, branches) =>
    Effect.sync(() =>
      [...state.series.values()].flatMap(({ asOf, rows }) =>
        rows.filter((row) => row.units > 0 && products.includes(row.productId))
          .filter((row) => branches.length === 0 || branches.includes(row.branchId))
          .map((row) => ({ ...row, asOf }))
      ).sort(bySoonestEnd)
    )
})
