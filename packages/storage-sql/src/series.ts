import {
  type BranchId,
  bySeriesCell,
  bySoonestEnd,
  type ProductId,
  type StatedSeries,
  type StockImage,
  type StorageService
} from "@aptekit/core"
import type { Driver } from "./driver.ts"
import type { Ask } from "./outbox.ts"
import type { SeriesRow } from "./ops/series.ts"
import { cellOf } from "./schema.ts"

/** Cells of one write: short enough that orders pass between two of them. */
const PIECE = 200
/** Series with expiry dates over a driver. */
export const seriesStore = (
  driver: Driver,
  ask: Ask,
  image: StockImage,
  cellName: (cell: number) => { readonly productId: ProductId; readonly branchId: BranchId }
): Pick<StorageService["stock"], "putSeries" | "series"> => {
  const keyOf = (row: { readonly productId: ProductId; readonly branchId: BranchId }): number | undefined => {
    const [p, b] = [image.productSlot(row.productId), image.branchSlot(row.branchId)]
    return p === undefined || b === undefined ? undefined : cellOf(p, b)
  }
  const statedOf = ({ cell, series, expires_at, units, as_of }: SeriesRow): StatedSeries =>
    ({ ...cellName(cell), series, expiresAt: expires_at, units, asOf: as_of })
  return {
    putSeries: ({ asOf, rows }) =>
      ask(async () => {
        const { cells, unknown } = bySeriesCell(rows, keyOf)
        let stale = 0
        for (let at = 0; at < cells.length; at += PIECE) {
          const piece = cells.slice(at, at + PIECE).map(({ key, rows }) => ({
            cell: key,
            rows: rows.map(({ series, expiresAt, units }) => ({ series, expires_at: expiresAt, units }))
          }))
          stale += await driver.write("putSeries", { asOf, cells: piece }, "log")
        }
        return { stated: cells.length - stale, stale, unknown }
      }),
    series: (products, branches) =>
      ask(async () => {
        const slots = [...new Set(products)].flatMap((id) => image.productSlot(id) ?? [])
        if (slots.length === 0) return []
        const found = (await driver.list("seriesOf", slots)).map(statedOf)
        return found.filter((row) => branches.length === 0 || branches.includes(row.branchId)).sort(bySoonestEnd)
      })
  }
}
