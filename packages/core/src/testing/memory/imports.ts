import { Clock, Effect } from "effect"
import { type ImportBatch, type ImportCounts, NO_COUNTS, type RunSource, type SyncRun } from "../../exchange/sync.ts"
import type { Instant } from "../../kernel/time.ts"
import { nextUuid } from "../../kernel/uuid.ts"
import { NO_PRICE, toStated } from "../../stock/image.ts"
import type { ImportRun, StockStore } from "../../store/ports.ts"
import { type Cell, cellAt, type MemoryState } from "./state.ts"

/** As many rejected rows are kept to be read; all are counted. */
const KEPT_REJECTS = 1_000

type Counts = { -readonly [K in keyof ImportCounts]: number }
type StockBatch = Extract<ImportBatch, { kind: "stock" }>
type PriceBatch = Extract<ImportBatch, { kind: "price" }>

export const stockStore = (state: MemoryState): StockStore => ({
  image: state.image,
  levels: (cells) =>
    Effect.sync(() =>
      cells.flatMap(({ productId, branchId }) => {
        const cell = state.cell(productId, branchId)
        const level = cell === undefined ? undefined : state.levels.get(cell.key)
        if (cell === undefined || level === undefined) return []
        state.setLevel(cell, level)
        return [{ productId, branchId, ...level }]
      })
    ),
  openRun: (source) => openRun(state, source),
  runs: (limit, after) =>
    Effect.sync(() => {
      const newest = state.runs.toReversed()
      const start = after === undefined ? 0 : newest.findIndex((run) => run.id === after) + 1
      const items = newest.slice(start, start + limit)
      const more = newest.length > start + items.length
      return { items, next: more ? (items.at(-1)?.id ?? null) : null, position: state.seq }
    }),
  run: (id) => Effect.sync(() => state.runs.find((run) => run.id === id) ?? null)
})

const openRun = (state: MemoryState, source: RunSource): Effect.Effect<ImportRun> =>
  Effect.gen(function*() {
    const id = yield* nextUuid
    const startedAt = yield* Clock.currentTimeMillis
    const batches: Array<ImportBatch> = []
    const at = state.runs.length
    state.runs.push({
      id,
      connection: source.connection,
      file: source.file,
      state: "receiving",
      startedAt,
      finishedAt: null,
      counts: NO_COUNTS,
      error: null,
      rejects: []
    })
    const current = (): SyncRun => state.runs[at]!
    const receiving = (): void => {
      if (current().state !== "receiving") throw new Error(`run ${id} has ended; open another one`)
    }
    return {
      id,
      write: (batch) =>
        Effect.sync(() => {
          receiving()
          batches.push(checked(state, batch))
        }),
      reject: (rows) =>
        Effect.sync(() => {
          receiving()
          const { counts, rejects } = current()
          state.runs[at] = {
            ...current(),
            counts: { ...counts, rejected: counts.rejected + rows.length },
            rejects: [...rejects, ...rows].slice(0, KEPT_REJECTS)
          }
        }),
      finish: (extra = {}) =>
        Effect.map(Clock.currentTimeMillis, (finishedAt) => {
          receiving()
          const counts = added(current().counts, extra)
          for (const batch of batches) {
            if (batch.kind === "stock") applyStock(state, batch, counts)
            else applyPrices(state, batch, counts)
          }
          state.runs[at] = { ...current(), state: "done", finishedAt, counts }
          recordImport(state, current(), finishedAt)
          return current()
        }),
      abort: (reason) =>
        Effect.map(Clock.currentTimeMillis, (finishedAt) => {
          receiving()
          state.runs[at] = { ...current(), state: "failed", finishedAt, error: reason }
          return current()
        })
    }
  })

/** Other replicas read their image again after it (D5). */
const recordImport = (state: MemoryState, run: SyncRun, at: Instant): void => {
  state.record([{
    type: "stock.imported",
    orderId: null,
    fulfilmentId: null,
    branchId: null,
    actor: { kind: "partner", id: run.connection },
    at,
    data: { run: run.id, counts: run.counts }
  }])
  state.image.statements++
  state.announce()
}

const added = (counts: ImportCounts, extra: Partial<ImportCounts>): Counts => {
  const sum: Counts = { ...counts }
  for (const key of Object.keys(extra) as ReadonlyArray<keyof ImportCounts>) sum[key] += extra[key] ?? 0
  return sum
}

/** A copy: its sender may fill the same arrays again. */
const checked = (state: MemoryState, batch: ImportBatch): ImportBatch => {
  const values = batch.kind === "stock" ? batch.quantities : batch.amounts
  const { length } = batch.products
  if (batch.branches.length !== length || values.length !== length) {
    throw new Error(`write: ${length} products, ${batch.branches.length} branches and ${values.length} figures differ`)
  }
  const products = state.products.size
  const branches = state.branches.size
  for (let i = 0; i < length; i++) {
    const branch = batch.branches[i]!
    const networkWide = branch === NO_PRICE && batch.kind === "price"
    const product = batch.products[i]!
    const isKnown = product >= 0 && product < products && branch < branches && (branch >= 0 || networkWide)
    if (!isKnown) throw new Error(`write: row ${i} names slots that nobody has (${product}, ${branch})`)
  }
  const copied = { products: batch.products.slice(), branches: batch.branches.slice() }
  return batch.kind === "stock"
    ? { ...batch, ...copied, quantities: batch.quantities.slice() }
    : { ...batch, ...copied, amounts: batch.amounts.slice() }
}

const laterUnits = (state: MemoryState, cell: Cell, asOf: Instant) => {
  const later = state.movements.get(cell.key)?.filter((movement) => movement.occurredAt > asOf) ?? []
  return { any: later.length > 0, units: later.reduce((sum, movement) => sum + movement.quantity, 0) }
}

/** onHand = what the statement says + movements after its time (D1); an overtaken row is left alone (D2). */
const applyStock = (state: MemoryState, batch: StockBatch, counts: Counts): void => {
  const { asOf } = batch
  for (let i = 0; i < batch.products.length; i++) {
    const cell = cellAt(batch.products[i]!, batch.branches[i]!)
    const stated = batch.quantities[i]!
    const known = state.levels.get(cell.key)
    if (known !== undefined && known.asOf > asOf) {
      counts.stale++
      continue
    }
    const later = laterUnits(state, cell, asOf)
    const onHand = stated + later.units
    // A row that moved since is always written: its sum must be made anew.
    if (!later.any && stated === (known?.onHand ?? 0)) counts.unchanged++
    else counts[known === undefined || known.asOf === 0 ? "new" : stated === 0 ? "gone" : "changed"]++
    state.setLevel(cell, { onHand, reserved: known?.reserved ?? 0, asOf })
    state.image.stated[state.image.cell(cell.product, cell.branch)] = toStated(asOf)
  }
}

const applyPrices = (state: MemoryState, batch: PriceBatch, counts: Counts): void => {
  let prices = state.prices.get(batch.priceType)
  if (prices === undefined) state.prices.set(batch.priceType, prices = new Map())
  for (let i = 0; i < batch.products.length; i++) {
    const cell = cellAt(batch.products[i]!, batch.branches[i]!)
    const amount = batch.amounts[i]!
    const known = prices.get(cell.key)
    if (known !== undefined && known.asOf > batch.asOf) {
      counts.stale++
      continue
    }
    if (amount === (known?.amount ?? NO_PRICE)) counts.unchanged++
    else counts[known === undefined ? "new" : amount === NO_PRICE ? "gone" : "changed"]++
    prices.set(cell.key, { amount, asOf: batch.asOf })
    const branch = cell.branch === NO_PRICE ? null : cell.branch
    state.image.setPrice(batch.priceType, cell.product, branch, amount)
    state.image.setPriceStated(batch.priceType, cell.product, branch, toStated(batch.asOf))
  }
}
