import type { Driver } from "../driver.ts"
import type { Fence } from "../ops/fence.ts"
import { type Rows, slicesOf } from "./rows.ts"

/** Slices under way at once: the writer never waits for the next one, an order never for more than one. */
const IN_FLIGHT = 4

/**
 * Writes rows in slices, a few of them under way at once. `written` hears of each: on hand of its rows that had movements
 * after their statement (cell, units, cell, units…), and its number of rows.
 */
export const writeSlices = async (
  driver: Driver,
  rows: Rows,
  under: { readonly type: number; readonly fence: Fence | null },
  written: (levels: ReadonlyArray<number>, rows: number) => void
): Promise<void> => {
  const slices = slicesOf(rows, driver.dialect.sliceRows)
  const work = async (): Promise<void> => {
    for (const [from, to] of slices) {
      const slice = {
        kind: rows.kind,
        asOf: rows.asOf,
        products: rows.products.subarray(from, to),
        branches: rows.branches.subarray(from, to),
        figures: rows.figures.subarray(from, to),
        ...under
      }
      written(await driver.write("slice", slice, "slice"), to - from)
    }
  }
  await allSettled(Array.from({ length: IN_FLIGHT }, work))
}

/** All of them to their end, then the first failure. */
const allSettled = async (work: ReadonlyArray<Promise<void>>): Promise<void> => {
  const ends = await Promise.allSettled(work)
  const failed = ends.find((end) => end.status === "rejected")
  if (failed !== undefined) throw failed.reason
}
