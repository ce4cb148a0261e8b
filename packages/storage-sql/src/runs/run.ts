import {
  type Actor,
  type EventType,
  type ImportBatch,
  type ImportCounts,
  NO_COUNTS,
  type RunOptions,
  type RunPhase,
  type RunProgress,
  type SyncRun
} from "@aptekit/core"
import type { EncodedChange } from "../encode.ts"
import type { RunRow } from "../ops/runs.ts"

const MAX_REJECTS = 1_000

export const runRow = (run: SyncRun, owner: string): RunRow => ({
  id: run.id,
  connection: run.connection,
  file: run.file,
  state: run.state,
  started_at: run.startedAt,
  finished_at: run.finishedAt,
  counts: JSON.stringify(run.counts),
  error: run.error,
  rejects: JSON.stringify(run.rejects),
  preview: run.preview ? 1 : 0,
  decided_by: run.decidedBy,
  owner
})

/** How far the runs are that this process works on; a run that is not here is at rest, or another replica's. */
export type LiveRuns = Map<string, RunProgress>

export const runOf = (row: RunRow, live: LiveRuns): SyncRun =>
  ({
    id: row.id,
    connection: row.connection,
    file: row.file,
    state: row.state,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    counts: JSON.parse(row.counts),
    error: row.error,
    rejects: JSON.parse(row.rejects),
    progress: live.get(row.id) ?? null,
    preview: row.preview === 1,
    decidedBy: row.decided_by
  }) as SyncRun

/** An event of no order: boards and other replicas hear of it. */
export const eventChange = (
  id: string,
  origin: string,
  at: number,
  type: EventType,
  actor: Actor,
  data: unknown
): EncodedChange => ({
  id,
  at,
  origin,
  key: null,
  sale: null,
  orderId: null,
  orders: [],
  cells: [],
  statements: 0,
  outbox: [],
  events: [[at, type, null, null, null, actor.kind, actor.id, JSON.stringify(data)]]
})

/** How a run is to end: applied, or held for the reason that its reader or its options give. */
export interface RunEnd {
  readonly options: RunOptions
  readonly held: string | null
}

/** What an open run needs of the engine behind it. */
export interface RunEngine {
  readonly live: LiveRuns
  /** @throws Error for slots that nobody has: its figures would lie beside the image. */
  readonly check: (batch: ImportBatch) => void
  readonly finish: (run: SyncRun, batches: Array<ImportBatch>, end: RunEnd) => Promise<SyncRun>
  readonly fail: (run: SyncRun, error: string) => Promise<SyncRun>
}

/** A run that is receiving: what is written is applied by `finish`, whole or not at all. */
export class OpenRun {
  readonly id: string
  readonly #engine: RunEngine
  readonly #run: SyncRun
  readonly #options: RunOptions
  readonly #batches: Array<ImportBatch> = []
  readonly #rejects: Array<SyncRun["rejects"][number]> = []
  #rejected = 0
  #ended = false

  constructor(run: SyncRun, options: RunOptions, engine: RunEngine) {
    this.id = run.id
    this.#run = run
    this.#options = options
    this.#engine = engine
  }

  write(batch: ImportBatch): void {
    this.#mustLive()
    const figures = batch.kind === "stock" ? batch.quantities : batch.amounts
    if (batch.products.length !== batch.branches.length || batch.products.length !== figures.length) {
      throw new Error(`run ${this.id}: a batch's arrays differ in length; nothing of the run was applied`)
    }
    this.#engine.check(batch)
    this.#batches.push(batch)
  }

  reject(rows: ReadonlyArray<SyncRun["rejects"][number]>): void {
    this.#mustLive()
    this.#rejected += rows.length
    this.#rejects.push(...rows.slice(0, Math.max(0, MAX_REJECTS - this.#rejects.length)))
  }

  progress(phase: RunPhase, percent: number): void {
    if (!this.#ended) this.#engine.live.set(this.id, { phase, percent: Math.round(percent) })
  }

  finish(extra: Partial<ImportCounts> = {}, held: string | null = null): Promise<SyncRun> {
    return this.#end(() => this.#engine.finish(this.#counted(extra), this.#batches, { options: this.#options, held }))
  }

  abort(reason: string): Promise<SyncRun> {
    return this.#end(() => this.#engine.fail(this.#counted({}), reason))
  }

  async #end(work: () => Promise<SyncRun>): Promise<SyncRun> {
    this.#mustLive()
    this.#ended = true
    try {
      return await work()
    } finally {
      this.#engine.live.delete(this.id)
    }
  }

  #counted(extra: Partial<ImportCounts>): SyncRun {
    const counts = { ...NO_COUNTS, ...extra, rejected: this.#rejected + (extra.rejected ?? 0) }
    return { ...this.#run, rejects: this.#rejects, counts }
  }

  #mustLive(): void {
    if (this.#ended) throw new Error(`run ${this.id} has ended; open another one`)
  }
}
