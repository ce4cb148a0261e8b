import {
  type EventType,
  guardTrips,
  type ImportBatch,
  newRun,
  PREVIEW_HELD,
  RUN_LEASES,
  type RunOptions,
  type RunPhase,
  type RunSource,
  StockImage,
  type SyncRun
} from "@aptekit/core"
import { v7 } from "uuid"
import type { Driver } from "../driver.ts"
import type { EncodedChange } from "../encode.ts"
import type { Figures } from "../figures.ts"
import { loadImage } from "../image.ts"
import type { Fence } from "../ops/fence.ts"
import { branchOf, productOf } from "../schema.ts"
import { Comparison, type LaterUnits } from "./compare.ts"
import { Journal, type Journalled, type Others } from "./journal.ts"
import { RunOwner } from "./owner.ts"
import { eventChange, type LiveRuns, OpenRun, type RunEnd, runOf, runRow } from "./run.ts"
import { type Rows, rowsOf } from "./rows.ts"
import { StatementTimes } from "./times.ts"
import { type Showing, showRows } from "./showing.ts"
import { writeSlices } from "./slices.ts"

/** What a hub that imports holds, where several share the database. */
const LEASE = "imports"

/** So often a reload gives way to runs that come one after the other; then the image is nearer to the database than to any of them. */
const MOST_VAIN = 5

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
  /** Heard of before this one compares. */
  readonly #others: Others
  /** Under which imports are written; null where only one hub can be. */
  #fence: Fence | null = null
  /** A run that failed after its journal: it is finished before anything else is compared. */
  #cutOff: Journalled | null = null
  readonly #times: StatementTimes
  readonly #owner: RunOwner
  readonly #journal: Journal
  /** Reloads in vain since the last one. */
  #vain = 0
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
    others: Others
  ) {
    this.#driver = driver
    this.#image = image
    this.#figures = figures
    this.#showing = showing
    this.#now = now
    this.#origin = origin
    this.#announce = announce
    this.#others = others
    this.#times = new StatementTimes(driver, image)
    this.#owner = new RunOwner(driver, origin, now)
    this.#journal = new Journal(driver, origin, figures, showing, this.#times, others)
  }

  /** By which movements are judged. */
  get times(): StatementTimes {
    return this.#times
  }

  async recover(): Promise<void> {
    if (this.#driver.alone === null) await this.#driver.write("endLeases", RUN_LEASES, "lease")
    await this.#alone(async () => void (await this.#takeUp()))
  }

  /** Finishes what a dead hub left: journalled runs go on, others had changed nothing. Was any journalled? */
  async #takeUp(): Promise<boolean> {
    let any = false
    for (const row of await this.#driver.read("unfinishedRuns", undefined)) {
      const run = runOf(row, this.live)
      if (run.state === "applying") {
        await this.#finishFromJournal(run)
        any = true
      } else if (this.#owner.isDead(row)) await this.#bury(run, row.owner)
    }
    return any
  }

  async #bury(run: SyncRun, owner: string | null): Promise<void> {
    await this.fail(run, "The hub was stopped while it received; send the file again.")
    if (owner !== null) await this.#driver.write("dropLease", owner, "lease")
  }

  /** From time to time: says that this hub lives. Waits for nobody, or its lease would end meanwhile. */
  beat(): Promise<void> {
    return this.#owner.beat()
  }

  /** From time to time: what a dead hub had journalled is finished, and what it was receiving failed (D4). */
  async takeOver(): Promise<void> {
    if (this.#driver.alone === null) return
    const left = await this.#driver.read("unfinishedRuns", undefined)
    if (left.some((row) => this.#owner.isDead(row))) await this.#alone(() => this.#takeUpAndShow())
  }

  async #takeUpAndShow(): Promise<void> {
    if (await this.#takeUp()) await this.reload()
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
    await this.#takeUpOwn()
    await this.#takeUpAndShow()
    if (this.#driver.alone !== null) await this.#others.hear()
  }

  /** A run that the database cut off is finished as soon as it answers again, not only when another one comes. */
  async resume(): Promise<void> {
    if (this.#cutOff !== null) await this.#inTurn(() => this.#takeUpOwn())
  }

  /** The answer of its journal may have been lost; another hub may have finished it meanwhile, and said so. */
  async #takeUpOwn(): Promise<void> {
    const cutOff = this.#cutOff
    if (cutOff === null) return
    const row = await this.#driver.read("runById", cutOff.run.id)
    if (row?.state === "receiving") await this.fail(cutOff.run, "The database was away when it was to be applied; send the file again.")
    await this.#times.learn()
    if (row?.state === "applying") await this.#complete(cutOff)
    this.#cutOff = null
  }

  async open(source: RunSource, options: RunOptions): Promise<OpenRun> {
    const run = newRun(v7(), source, options, this.#now())
    await this.#owner.begins(run.id)
    await this.#driver.write("putRun", runRow(run, this.#owner.name), "log")
    return new OpenRun(run, options, this)
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
    try {
      return await this.#inTurn(async () => {
        await this.#readyToCompare()
        const begun = await this.#begin(opened, batches, end)
        return "state" in begun ? begun : this.#complete(begun)
      })
    } catch (error) {
      // What may be journalled is looked at when the database answers.
      if (this.#cutOff?.run.id !== opened.id) await this.fail(opened, "It could not be applied, nothing was changed; send the file again.").catch(() => undefined)
      throw error
    } finally {
      await this.#owner.ends(opened.id).catch(() => undefined)
    }
  }

  #inTurn<A>(work: () => Promise<A>): Promise<A> {
    const turn = this.#turn.then(() => this.#alone(work))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async fail(opened: SyncRun, error: string): Promise<SyncRun> {
    const run: SyncRun = { ...opened, state: "failed", finishedAt: this.#now(), error }
    await this.#driver.write("failRun", runRow(run, this.#owner.name), "log")
    await this.#owner.ends(run.id)
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
      return (this.#cutOff = await this.#journal.write({
        run: { ...run, state: "applying" },
        owner: this.#owner.name,
        comparison: compared,
        touched,
        fence: this.#fence,
        unsure: (perhaps) => void (this.#cutOff = perhaps)
      }))
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
    await this.#driver.write("holdRun", [runRow(run, this.#owner.name), parts, this.#event("run.held", run)], "log")
    this.#announce()
    return run
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
    await this.#driver.write("finishRun", [runRow(done, this.#owner.name), this.#event("stock.imported", done), this.#fence], "log")
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

  async #write(rows: Rows, written: (levels: ReadonlyArray<number>, rows: number) => void): Promise<void> {
    const type = rows.priceType === null ? 0 : await this.#priceTypeSlot(rows.priceType)
    await writeSlices(this.#driver, rows, { type, fence: this.#fence }, written)
  }

  /**
   * The image takes the new figures all at once (D4). What was written is known; only rows that a commit touched since
   * the first slice are read back, through the writer.
   */
  #show(rows: ReadonlyArray<Rows>, corrected: ReadonlyMap<number, number>, touched: ReadonlySet<number>): Promise<void> {
    return this.#showing.inPeace(touched, () => {
      this.#showing.changed()
      showRows(this.#image, rows)
      for (const [cell, onHand] of corrected) this.#image.onHand[this.#image.cell(productOf(cell), branchOf(cell))] = onHand
    })
  }

  /** After another replica's import: the whole image from the database, shown all at once (D4, D5). */
  async reload(): Promise<void> {
    while (!(await this.#reloaded(false))) { /* A run has shown its rows meanwhile: what was read may be of before. */ }
  }

  /** Where a run is being written, or was meanwhile, half of it would be shown: false, it is tried again later (D4). */
  async tryReload(): Promise<boolean> {
    if (await this.#anyApplying()) return false
    const reloaded = await this.#reloaded(this.#vain < MOST_VAIN)
    this.#vain = reloaded ? 0 : this.#vain + 1
    return reloaded
  }

  /** Has nothing been journalled since, and is nothing being written? What was read until now is whole then. */
  async isWhole(statements: number): Promise<boolean> {
    return (await this.#driver.read("statementOrder", undefined)).statements === statements && !(await this.#anyApplying())
  }

  async #anyApplying(): Promise<boolean> {
    return (await this.#driver.read("unfinishedRuns", undefined)).some(({ state }) => state === "applying")
  }

  async #reloaded(whole: boolean): Promise<boolean> {
    const fresh = new StockImage()
    const touched = this.#figures.watch()
    const { changes } = this.#showing
    try {
      const { statements } = await this.#driver.read("statementOrder", undefined)
      await loadImage(this.#driver, fresh)
      if (whole && !(await this.isWhole(statements))) return false
      await this.#showing.inPeace(touched, () => {
        if (this.#showing.changes !== changes) return
        this.#image.adopt(fresh)
        // It may have taken what was reserved, and the hub that stated it may have died before it told (D7).
        this.#image.statements++
        this.#times.know(statements)
      })
      return this.#showing.changes === changes
    } finally {
      this.#figures.unwatch(touched)
    }
  }
}

const heldBecause = ({ options, held }: RunEnd, { gone }: Comparison): string | null =>
  held ?? (options.preview === true ? PREVIEW_HELD : null) ??
    (options.guard === undefined ? null : guardTrips(options.guard, gone))
