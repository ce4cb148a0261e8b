import { Clock, Effect } from "effect"
import {
  type DifferenceRow,
  guardTrips,
  type ImportBatch,
  type ImportCounts,
  KEPT_DIFFERENCE,
  newRun,
  PREVIEW_HELD,
  type RunOptions,
  type RunSource,
  type SyncRun
} from "../../exchange/sync.ts"
import type { Actor } from "../../kernel/actor.ts"
import type { Instant } from "../../kernel/time.ts"
import { nextUuid } from "../../kernel/uuid.ts"
import { NO_PRICE } from "../../stock/image.ts"
import type { EventType } from "../../store/change.ts"
import type { ImportRun, StockStore } from "../../store/ports.ts"
import { applyRow, compareRun, type RowVerdict } from "./compare.ts"
import { seriesStore } from "./series.ts"
import type { MemoryState } from "./state.ts"

/** As many rejected rows are kept to be read; all are counted. */
const KEPT_REJECTS = 1_000

type Counts = { -readonly [K in keyof ImportCounts]: number }

export const stockStore = (state: MemoryState): StockStore => ({
  ...seriesStore(state),
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
  openRun: (source, options = {}) => openRun(state, source, options),
  runs: (limit, after) =>
    Effect.sync(() => {
      const newest = state.runs.toReversed()
      const start = after === undefined ? 0 : newest.findIndex((run) => run.id === after) + 1
      const items = newest.slice(start, start + limit)
      const more = newest.length > start + items.length
      return { items, next: more ? (items.at(-1)?.id ?? null) : null, position: state.seq }
    }),
  run: (id) => Effect.sync(() => state.runs.find((run) => run.id === id) ?? null),
  difference: (id, limit, after = "0") =>
    Effect.sync(() => {
      const rows = state.differences.get(id) ?? []
      const end = Number(after) + limit
      return { items: rows.slice(Number(after), end), next: end < rows.length ? String(end) : null, position: state.seq }
    }),
  decide: (id, decision, actor) =>
    Effect.map(Clock.currentTimeMillis, (finishedAt) => {
      const at = state.runs.findIndex((run) => run.id === id && run.state === "held")
      if (at === -1) return null
      const decided = decision === "released" ? "done" : "discarded"
      const run = (state.runs[at] = { ...state.runs[at]!, state: decided, decidedBy: actor.id, finishedAt })
      record(state, `run.${decision}`, actor, run, finishedAt)
      return run
    })
})

const openRun = (state: MemoryState, source: RunSource, options: RunOptions): Effect.Effect<ImportRun> =>
  Effect.gen(function*() {
    const id = yield* nextUuid
    const startedAt = yield* Clock.currentTimeMillis
    const batches: Array<ImportBatch> = []
    const at = state.runs.length
    state.runs.push(newRun(id, source, options, startedAt))
    const current = (): SyncRun => state.runs[at]!
    const receiving = (): void => {
      if (current().state !== "receiving") throw new Error(`run ${id} has ended; open another one`)
    }
    const end = (extra: Partial<ImportCounts>, held: string | null): Effect.Effect<SyncRun> =>
      Effect.map(Clock.currentTimeMillis, (finishedAt) => {
        receiving()
        state.runs[at] = { ...current(), counts: added(current().counts, extra), progress: null }
        state.runs[at] = endRun(state, current(), batches, options, held, finishedAt)
        return current()
      })
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
      progress: (phase, percent) => {
        receiving()
        state.runs[at] = { ...current(), progress: { phase, percent } }
      },
      hold: (reason, extra = {}) => end(extra, reason),
      finish: (extra = {}) => end(extra, options.preview === true ? PREVIEW_HELD : null),
      abort: (reason) =>
        Effect.map(Clock.currentTimeMillis, (finishedAt) => {
          receiving()
          state.runs[at] = { ...current(), state: "failed", finishedAt, error: reason, progress: null }
          return current()
        })
    }
  })

/** Compared; then applied, or held with its difference. */
const endRun = (
  state: MemoryState,
  run: SyncRun,
  batches: ReadonlyArray<ImportBatch>,
  options: RunOptions,
  reason: string | null,
  at: Instant
): SyncRun => {
  const { counts, gone, rows } = compareRun(state, batches)
  const compared: SyncRun = { ...run, counts: added(run.counts, counts) }
  const held = reason ?? (options.guard === undefined ? null : guardTrips(options.guard, gone))
  const actor: Actor = { kind: "partner", id: run.connection }
  if (held !== null) {
    state.differences.set(run.id, rows.filter(differs).slice(0, KEPT_DIFFERENCE).map((row) => difference(state, row)))
    record(state, "run.held", actor, compared, at)
    return { ...compared, state: "held", error: held }
  }
  for (const row of rows) applyRow(state, row)
  state.image.statements++
  // Other replicas read their image again after it (D5).
  record(state, "stock.imported", actor, compared, at)
  return { ...compared, state: "done", finishedAt: at }
}

const differs = ({ verdict, before, after }: RowVerdict): boolean => verdict !== "stale" && before !== after

const difference = (state: MemoryState, { kind, cell, priceType, before, after }: RowVerdict): DifferenceRow => ({
  kind,
  productId: [...state.products.keys()].find((id) => state.image.productSlot(id) === cell.product)!,
  branchId: [...state.branches.keys()].find((id) => state.image.branchSlot(id) === cell.branch) ?? null,
  priceType,
  before,
  after
})

const record = (state: MemoryState, type: EventType, actor: Actor, run: SyncRun, at: Instant): void => {
  const data = { run: run.id, counts: run.counts }
  state.record([{ type, orderId: null, fulfilmentId: null, branchId: null, actor, at, data }])
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
