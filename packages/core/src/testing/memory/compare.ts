import { type GoneRows, type ImportBatch, type ImportCounts, NO_COUNTS } from "../../exchange/sync.ts"
import type { Instant } from "../../kernel/time.ts"
import { NO_PRICE, toStated } from "../../stock/image.ts"
import { type Cell, cellAt, type MemoryState } from "./state.ts"

/** What a run says of one row, judged by what was there and by what the run has said of it before. */
export interface RowVerdict {
  readonly kind: "stock" | "price"
  readonly priceType: string | null
  readonly cell: Cell
  readonly asOf: Instant
  /** Units or minor units of the statement. */
  readonly figure: number
  readonly verdict: "stale" | "unchanged" | "new" | "gone" | "changed"
  readonly before: number | null
  readonly after: number | null
}

interface Known {
  readonly figure: number
  readonly asOf: Instant
  readonly stated: boolean
}

export interface ComparedRun {
  readonly counts: ImportCounts
  readonly gone: ReadonlyArray<GoneRows>
  readonly rows: ReadonlyArray<RowVerdict>
}

/** Judges all rows of a run; changes nothing. */
export const compareRun = (state: MemoryState, batches: ReadonlyArray<ImportBatch>): ComparedRun => {
  const said = new Map<string, Known>()
  const rows = batches.flatMap((batch) => {
    const judge = batch.kind === "stock" ? judgeStock(state, batch, said) : judgePrice(state, batch, said)
    return Array.from(batch.products, (product, i) => judge(cellAt(product, batch.branches[i]!), i))
  })
  const counts = { ...NO_COUNTS }
  for (const { verdict } of rows) counts[verdict]++
  const gone = (["stock", "price"] as const).map((kind): GoneRows => {
    const there = rows.filter((row) => row.kind === kind && row.verdict !== "stale" && wasThere(row))
    return { kind, before: there.length, gone: there.filter((row) => isGone(row)).length }
  })
  return { counts, gone, rows }
}

const wasThere = ({ kind, before }: RowVerdict): boolean => before !== null && (kind === "price" || before > 0)
const isGone = ({ kind, figure }: RowVerdict): boolean => figure === (kind === "stock" ? 0 : NO_PRICE)

type Judge = (cell: Cell, i: number) => RowVerdict

const laterUnits = (state: MemoryState, cell: Cell, asOf: Instant) => {
  const later = state.movements.get(cell.key)?.filter((movement) => movement.occurredAt > asOf) ?? []
  return { any: later.length > 0, units: later.reduce((sum, movement) => sum + movement.quantity, 0) }
}

/** onHand = what the statement says + movements after its time (D1); an overtaken row is left alone (D2). */
const judgeStock = (
  state: MemoryState,
  batch: Extract<ImportBatch, { kind: "stock" }>,
  said: Map<string, Known>
): Judge =>
(cell, i) => {
  const { kind, asOf } = batch
  const figure = batch.quantities[i]!
  const level = state.levels.get(cell.key)
  const known = said.get(`${cell.key}`) ?? {
    figure: level?.onHand ?? 0,
    asOf: level?.asOf ?? 0,
    stated: level !== undefined && level.asOf !== 0
  }
  const before = level === undefined ? null : known.figure
  const row = { kind, priceType: null, cell, asOf, figure, before }
  if (known.asOf > asOf) return { ...row, verdict: "stale", after: before }
  const later = laterUnits(state, cell, asOf)
  const after = figure + later.units
  said.set(`${cell.key}`, { figure: after, asOf, stated: true })
  // A row that moved since is always written: its sum must be made anew.
  if (!later.any && figure === known.figure) return { ...row, verdict: "unchanged", after }
  return { ...row, verdict: !known.stated ? "new" : figure === 0 ? "gone" : "changed", after }
}

const judgePrice = (
  state: MemoryState,
  batch: Extract<ImportBatch, { kind: "price" }>,
  said: Map<string, Known>
): Judge =>
(cell, i) => {
  const { kind, asOf, priceType } = batch
  const figure = batch.amounts[i]!
  const key = `${priceType}/${cell.key}`
  const price = state.prices.get(priceType)?.get(cell.key)
  const known = said.get(key) ?? { figure: price?.amount ?? NO_PRICE, asOf: price?.asOf ?? 0, stated: price !== undefined }
  const shown = (amount: number): number | null => (amount === NO_PRICE ? null : amount)
  const row = { kind, priceType, cell, asOf, figure, before: shown(known.figure) }
  if (known.asOf > asOf) return { ...row, verdict: "stale", after: row.before }
  said.set(key, { figure, asOf, stated: true })
  const verdict = figure === known.figure ? "unchanged" : !known.stated ? "new" : figure === NO_PRICE ? "gone" : "changed"
  return { ...row, verdict, after: shown(figure) }
}

/** Writes one row; a stale one changes nothing. */
export const applyRow = (state: MemoryState, row: RowVerdict): void => {
  const { kind, cell, asOf, verdict } = row
  if (verdict === "stale") return
  if (kind === "stock") {
    state.setLevel(cell, { onHand: row.after!, reserved: state.levels.get(cell.key)?.reserved ?? 0, asOf })
    state.image.stated[state.image.cell(cell.product, cell.branch)] = toStated(asOf)
    return
  }
  const priceType = row.priceType!
  let prices = state.prices.get(priceType)
  if (prices === undefined) state.prices.set(priceType, prices = new Map())
  prices.set(cell.key, { amount: row.figure, asOf })
  const branch = cell.branch === NO_PRICE ? null : cell.branch
  state.image.setPrice(priceType, cell.product, branch, row.figure)
  state.image.setPriceStated(priceType, cell.product, branch, toStated(asOf))
}
