import {
  type EventType,
  guardTrips,
  type ImportBatch,
  PREVIEW_HELD,
  type RunOptions,
  type RunPhase,
  type RunSource,
  StockImage,
  type SyncRun
} from "@aptekit/core"
import { v7 } from "uuid"
import { type Driver, DriverError } from "../driver.ts"
import type { EncodedChange } from "../encode.ts"
import type { Figures } from "../figures.ts"
import { loadImage } from "../image.ts"
import type { JournalRow, StatedBlock } from "../ops/bulk.ts"
import type { Fence } from "../ops/fence.ts"
import { branchOf, productOf } from "../schema.ts"
import { Comparison, type LaterUnits } from "./compare.ts"
import { eventChange, type LiveRuns, newRun, OpenRun, type RunEnd, runOf, runRow } from "./run.ts"
import { journalOf, type Rows, rowsOf, slicesOf } from "./rows.ts"
import { type Showing, showRows } from "./showing.ts"

/** What a hub that imports holds, where several share the database. */
const LEASE = "imports"
/** Slices under way at once: the writer never waits for the next one, an order never for more than one. */
const IN_FLIGHT = 4

/** A run whose rows are journalled and not all applied. */
interface Journalled {
  readonly run: SyncRun
  readonly rows: ReadonlyArray<Rows>
  /** What is to be journalled; null once it is. */
  readonly journal: { readonly parts: ReadonlyArray<JournalRow>; readonly blocks: ReadonlyArray<StatedBlock> } | null
  /** Lets the image know the times of the named rows, once they are in the journal. */
  readonly tellTimes: () => void
}

/**
 * Bulk runs (D1–D5): batches are gathered, compared with the image, journalled, written in slices that never hold an
 * order up, and shown at once. What stops after the journal is finished by the next start.
 */
export class Imports {
  readonly #driver: Driver
  readonly #image: StockImage
  readonly #figures: Figures
  readonly #now: () => number
  readonly #origin: string
  /** Lets whoever waits for events look. */
  readonly #announce: () => void
  readonly live: LiveRuns = new Map()
  readonly #showing: Showing
  readonly #priceTypes = new Map<string, number>()
  /** Hears what other hubs did to the stock before this one compares. */
  readonly #catchUp: () => Promise<void>
  /** Under which imports are written; null where only one hub can be. */
  #fence: Fence | null = null
  /** A run that failed after its journal: it is finished before anything else is compared. */
  #cutOff: Journalled | null = null
  /** One run at a time changes the image; others wait their turn. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    driver: Driver,
    image: StockImage,
    figures: Figures,
    showing: Showing,
    now: () => number,
    origin: string,
    announce: () => void,
    catchUp: () => Promise<void>
  ) {
    this.#driver = driver
    this.#image = image
    this.#figures = figures
    this.#showing = showing
    this.#now = now
    this.#origin = origin
    this.#announce = announce
    this.#catchUp = catchUp
  }

  /** Finishes what a killed process left: journalled runs go on, others had changed nothing. */
  async recover(): Promise<void> {
    await this.#alone(async () => {
      for (const row of await this.#driver.read("unfinishedRuns", undefined)) {
        const run = runOf(row, this.live)
        if (run.state === "receiving") await this.fail(run, "The hub was stopped while it received; send the file again.")
        else await this.#finishFromJournal(run)
      }
    })
  }

  async #finishFromJournal(run: SyncRun): Promise<void> {
    for (const part of await this.#driver.read("journal", run.id)) await this.#write(rowsOf(part), () => undefined)
    await this.#finished(run)
  }

  /** One hub at a time imports; what is written under its turn carries its token. */
  #alone<A>(work: () => Promise<A>): Promise<A> {
    const { alone } = this.#driver
    if (alone === null) return work()
    return alone(LEASE, async () => {
      this.#fence = { name: LEASE, token: await this.#driver.write("takeFence", { name: LEASE, owner: this.#origin }) }
      return work()
    })
  }

  /**
   * Before anything is compared: a run that was cut off after its journal is finished, this hub's or a dead one's (D4),
   * and what other hubs did is in the image (D5).
   */
  async #readyToCompare(): Promise<void> {
    if (this.#cutOff !== null && (await this.#isUnfinished(this.#cutOff.run))) {
      await this.#complete(await this.#journalled(this.#cutOff))
    }
    this.#cutOff = null
    if (this.#driver.alone === null) return
    const left = (await this.#driver.read("unfinishedRuns", undefined)).filter(({ state }) => state === "applying")
    for (const row of left) await this.#finishFromJournal(runOf(row, this.live))
    if (left.length > 0) await this.reload()
    await this.#catchUp()
  }

  async open(source: RunSource, options: RunOptions): Promise<OpenRun> {
    const run = newRun(v7(), source, options, this.#now())
    await this.#driver.write("putRun", runRow(run), "log")
    return new OpenRun(run, options, this)
  }

  /** Another hub may have finished it meanwhile, and said so. */
  async #isUnfinished({ id }: SyncRun): Promise<boolean> {
    const row = await this.#driver.read("runById", id)
    return row !== null && (row.state === "applying" || row.state === "receiving")
  }

  check({ kind, products, branches }: ImportBatch): void {
    const mostProducts = this.#image.onHand.length / this.#image.width
    const mostBranches = this.#image.branchCount
    const least = kind === "stock" ? 0 : -1
    for (let i = 0; i < products.length; i++) {
      const product = products[i]!
      const branch = branches[i]!
      if (product >= 0 && product < mostProducts && branch >= least && branch < mostBranches) continue
      throw new Error(`write: row ${i} names slots that nobody has (${product}, ${branch}); nothing of the run was applied`)
    }
  }

  async finish(opened: SyncRun, batches: Array<ImportBatch>, end: RunEnd): Promise<SyncRun> {
    const turn = this.#turn.then(() =>
      this.#alone(async () => {
        await this.#readyToCompare()
        const begun = await this.#begin(opened, batches, end)
        return "state" in begun ? begun : this.#complete(begun)
      })
    )
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async fail(opened: SyncRun, error: string): Promise<SyncRun> {
    const run: SyncRun = { ...opened, state: "failed", finishedAt: this.#now(), error }
    await this.#driver.write("failRun", runRow(run), "log")
    return run
  }

  #event(type: EventType, run: SyncRun): EncodedChange {
    const actor = { kind: "partner", id: run.connection } as const
    return eventChange(`${type}/${run.id}`, this.#origin, this.#now(), type, actor, { run: run.id, counts: run.counts })
  }

  #tell(run: SyncRun, phase: RunPhase): (percent: number) => void {
    return (percent) => this.live.set(run.id, { phase, percent: Math.round(percent) })
  }

  /** Compares and journals: from then on the run is finished, now or by the next run or start. */
  async #begin(opened: SyncRun, batches: Array<ImportBatch>, end: RunEnd): Promise<Journalled | SyncRun> {
    const touched = this.#figures.watch()
    try {
      for (const batch of batches) if (batch.kind === "price") await this.#priceTypeSlot(batch.priceType)
      const movedAfter = (asOf: number): Promise<LaterUnits> => this.#movedAfter(asOf)
      const told = this.#tell(opened, "comparing")
      const compared = await Comparison.of(this.#image, batches, opened.counts, movedAfter, told)
      const run: SyncRun = { ...opened, counts: compared.counts }
      const held = heldBecause(end, compared)
      if (held !== null) return await this.#hold(run, held, compared)
      return await this.#journal({ ...run, state: "applying" }, compared, touched)
    } finally {
      this.#figures.unwatch(touched)
      // Large, and needed no more.
      batches.length = 0
    }
  }

  /** Applies nothing: the run waits for a person, with what it would change. */
  async #hold(compared: SyncRun, reason: string, comparison: Comparison): Promise<SyncRun> {
    const run: SyncRun = { ...compared, state: "held", error: reason }
    const parts = (await comparison.difference()).parts(run.id)
    await this.#driver.write("holdRun", [runRow(run), parts, this.#event("run.held", run)], "log")
    this.#announce()
    return run
  }

  async #journal(run: SyncRun, compared: Comparison, touched: ReadonlySet<number>): Promise<Journalled> {
    const rows = compared.rows()
    const [parts, blocks] = await Promise.all([this.#allButOnePart(run, rows), compared.statedBlocks()])
    const journal = { parts, blocks }
    const journalled = await this.#journalled({ run, rows, journal, tellTimes: () => compared.tellTimes() })
    await this.#figures.settled()
    const late = compared.late(touched)
    if (late.length > 0) {
      const more = late.flatMap((some, i) => [...journalOf(run.id, some, rows.length + i)])
      await this.#driver.write("journalRun", [runRow(run), more, [], this.#fence], "log")
    }
    return (this.#cutOff = { ...journalled, rows: [...rows, ...late] })
  }

  /** Parts beyond one go each by itself, so that no order waits for all of them; gives what is left. */
  async #allButOnePart(run: SyncRun, rows: ReadonlyArray<Rows>): Promise<ReadonlyArray<JournalRow>> {
    let left: JournalRow | null = null
    for (const [set, some] of rows.entries()) {
      for (const part of journalOf(run.id, some, set)) {
        if (left !== null) await this.#driver.write("journalPart", [left, this.#fence], "slice")
        left = part
      }
    }
    return left === null ? [] : [left]
  }

  /**
   * The journal is written, and the image knows the times of the named rows: from here on a late sale of one is older
   * than what was stated, whether its slice is written yet or not. Where nobody knows whether it was written it is
   * written again, which changes nothing: now, or before anything else is compared.
   */
  async #journalled(begun: Journalled): Promise<Journalled> {
    const { run, journal } = begun
    if (journal === null) return begun
    const write = (): Promise<unknown> =>
      this.#driver.write("journalRun", [runRow(run), journal.parts, journal.blocks, this.#fence], "log")
    await write().catch((error: unknown) => {
      if (!(error instanceof DriverError) || error.outcome !== "unknown") throw error
      this.#cutOff = begun
      return write()
    })
    begun.tellTimes()
    return (this.#cutOff = { ...begun, journal: null, tellTimes: () => undefined })
  }

  async #complete({ run, rows }: Journalled): Promise<SyncRun> {
    const touched = this.#figures.watch()
    try {
      const corrected = await this.#writeAll(run, rows)
      await this.#show(rows, corrected, touched)
    } finally {
      this.#figures.unwatch(touched)
      // One that was cut off has nobody else who says that it is at rest.
      this.live.delete(run.id)
    }
    const done = await this.#finished(run)
    this.#cutOff = null
    this.#announce()
    return done
  }

  async #finished(run: SyncRun): Promise<SyncRun> {
    const done: SyncRun = { ...run, state: "done", finishedAt: this.#now() }
    await this.#driver.write("finishRun", [runRow(done), this.#event("stock.imported", done), this.#fence], "log")
    this.#image.statements++
    return done
  }

  async #priceTypeSlot(id: string): Promise<number> {
    let slot = this.#priceTypes.get(id)
    if (slot === undefined) {
      slot = await this.#driver.write("addPriceType", id)
      this.#priceTypes.set(id, slot)
    }
    return slot
  }

  /** Rows with a movement after T are written whatever the comparison says: their sum must be made anew (D1). */
  async #movedAfter(asOf: number): Promise<LaterUnits> {
    const moved = new Map<number, number>()
    // Mostly there are none, and asking that costs nothing.
    if (!(await this.#driver.read("anyMovedAfter", asOf))) return moved
    const sums = await this.#driver.list("movedAfter", asOf)
    for (let i = 0; i < sums.length; i += 2) moved.set(sums[i]!, sums[i + 1]!)
    return moved
  }

  /** Gives on hand of the rows that had movements after their statement, by cell. */
  async #writeAll(run: SyncRun, rows: ReadonlyArray<Rows>): Promise<ReadonlyMap<number, number>> {
    const corrected = new Map<number, number>()
    const told = this.#tell(run, "writing")
    const all = rows.reduce((sum, some) => sum + some.products.length, 0)
    let done = 0
    told(0)
    for (const some of rows) {
      await this.#write(some, (levels, written) => {
        for (let i = 0; i < levels.length; i += 2) corrected.set(levels[i]!, levels[i + 1]!)
        done += written
        told((done / all) * 100)
      })
    }
    return corrected
  }

  /** Writes rows in slices, a few of them under way at once. */
  async #write(rows: Rows, written: (levels: ReadonlyArray<number>, rows: number) => void): Promise<void> {
    const type = rows.priceType === null ? 0 : await this.#priceTypeSlot(rows.priceType)
    const slices = slicesOf(rows, this.#driver.dialect.sliceRows)
    const work = async (): Promise<void> => {
      for (const [from, to] of slices) {
        const slice = {
          kind: rows.kind,
          type,
          asOf: rows.asOf,
          products: rows.products.subarray(from, to),
          branches: rows.branches.subarray(from, to),
          figures: rows.figures.subarray(from, to),
          fence: this.#fence
        }
        written(await this.#driver.write("slice", slice, "slice"), to - from)
      }
    }
    await allSettled(Array.from({ length: IN_FLIGHT }, work))
  }

  /**
   * The image takes the new figures all at once (D4). What was written is known; only rows that a commit touched since
   * the first slice are read back, through the writer.
   */
  #show(rows: ReadonlyArray<Rows>, corrected: ReadonlyMap<number, number>, touched: ReadonlySet<number>): Promise<void> {
    return this.#showing.inPeace(touched, () => {
      showRows(this.#image, rows)
      for (const [cell, onHand] of corrected) this.#image.onHand[this.#image.cell(productOf(cell), branchOf(cell))] = onHand
    })
  }

  /** After another replica's import: the whole image from the database, shown all at once (D4, D5). */
  async reload(): Promise<void> {
    const fresh = new StockImage()
    const touched = this.#figures.watch()
    try {
      await loadImage(this.#driver, fresh)
      await this.#showing.inPeace(touched, () => this.#image.adopt(fresh))
    } finally {
      this.#figures.unwatch(touched)
    }
  }
}

const heldBecause = ({ options, held }: RunEnd, { gone }: Comparison): string | null =>
  held ?? (options.preview === true ? PREVIEW_HELD : null) ??
    (options.guard === undefined ? null : guardTrips(options.guard, gone))

/** All of them to their end, then the first failure. */
const allSettled = async (work: ReadonlyArray<Promise<void>>): Promise<void> => {
  const ends = await Promise.allSettled(work)
  const failed = ends.find((end) => end.status === "rejected")
  if (failed !== undefined) throw failed.reason
}
