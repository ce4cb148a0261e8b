import { type EventType, type GoneRows, guardTrips, type ImportBatch, type ImportCounts, NO_PRICE, PREVIEW_HELD, type RunOptions, type RunSource, type StockImage, type SyncRun, toStated } from "@aptekit/core"
import { setImmediate } from "node:timers/promises"
import { v7 } from "uuid"
import { type Driver, DriverError } from "./driver.ts"
import type { Figures } from "./figures.ts"
import { loadImage, restoreStated, STATED_BLOCK, statedBlock, statedKind } from "./image.ts"
import type { JournalRow, Slice, StatedBlock } from "./ops/bulk.ts"
import type { RunRow } from "./ops/runs.ts"
import type { EncodedChange } from "./encode.ts"
import { Difference, eventChange, type LiveRuns, newRun, NOTHING, OpenRun, type RunEnd, runOf, runRow } from "./runs.ts"
import { branchOf, cellOf, priceKey, priceParts, productOf } from "./schema.ts"

/** Rows of one slice: one to two milliseconds of the writer's time (D17). */
const SLICE_ROWS = 400
/** Rows compared before the event loop gets its turn. */
const COMPARE_ROWS = 50_000
/** Rows read back at once, between orders. */
const SHOW_ROWS = 2_000
const JOURNAL_ROWS = 100_000

interface Level {
  onHand: number
  reserved: number
}

type MutableGone = { -readonly [K in keyof GoneRows]: GoneRows[K] }
interface Gone {
  readonly stock: MutableGone
  readonly price: MutableGone
}
type MutableCounts = { -readonly [K in keyof ImportCounts]: ImportCounts[K] }

/** The changed rows of one batch, found by comparing it with the image. */
interface Compared {
  readonly kind: "stock" | "price"
  readonly priceType: string | null
  readonly asOf: number
  readonly keys: Float64Array
  readonly figures: Int32Array
}

/** Keys and figures of compared rows as one blob, and back. */
const pack = (rows: Compared, from: number, to: number): Uint8Array => {
  const keys = new Uint8Array(rows.keys.slice(from, to).buffer)
  const figures = new Uint8Array(rows.figures.slice(from, to).buffer)
  const packed = new Uint8Array(keys.length + figures.length)
  packed.set(keys)
  packed.set(figures, keys.length)
  return packed
}

const unpack = (row: JournalRow): Compared => {
  const bytes = new Uint8Array(row.data).buffer
  const rows = bytes.byteLength / 12
  return {
    kind: row.kind as Compared["kind"],
    priceType: row.price_type,
    asOf: row.as_of,
    keys: new Float64Array(bytes, 0, rows),
    figures: new Int32Array(bytes, rows * 8, rows)
  }
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
  readonly #priceTypes = new Map<string, number>()
  /** Rows that an import has read and will show; commits meanwhile are added to them. */
  readonly #showing = new Set<Map<number, Level>>()
  /** A run that failed after its journal: it is finished before anything else is compared. */
  #cutOff: Journalled | null = null
  /** One run at a time changes the image; others wait their turn. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    driver: Driver,
    image: StockImage,
    figures: Figures,
    now: () => number,
    origin: string,
    announce: () => void
  ) {
    this.#driver = driver
    this.#image = image
    this.#figures = figures
    this.#now = now
    this.#origin = origin
    this.#announce = announce
  }

  /** Finishes what a killed process left: journalled runs go on, others had changed nothing. */
  async recover(): Promise<void> {
    for (const row of await this.#driver.read("unfinishedRuns", undefined)) {
      const run = runOf(row, this.live)
      if (run.state === "receiving") {
        await this.#save({ ...run, state: "failed", finishedAt: this.#now(), error: "The hub was stopped while it received; send the file again." })
        continue
      }
      const compared = (await this.#driver.read("journal", run.id)).map(unpack)
      for (const rows of compared) await this.#slices(rows)
      const done: SyncRun = { ...run, state: "done", finishedAt: this.#now() }
      await this.#driver.write("finishRun", [runRow(done), this.#event("stock.imported", done)], "log")
    }
  }

  async open(source: RunSource, options: RunOptions): Promise<OpenRun> {
    const run = newRun(v7(), source, options, this.#now())
    await this.#save(run)
    return new OpenRun(run, options, this)
  }

  async finish(opened: SyncRun, batches: Array<ImportBatch>, end: RunEnd): Promise<SyncRun> {
    const turn = this.#turn.then(async () => {
      // A run that the database cut off after its journal must be finished before the next one is compared (D4).
      if (this.#cutOff !== null) await this.#complete(await this.#journalled(this.#cutOff))
      const begun = await this.#begin(opened, batches, end)
      return "state" in begun ? begun : this.#complete(begun)
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  #event(type: EventType, run: SyncRun): EncodedChange {
    const actor = { kind: "partner", id: run.connection } as const
    return eventChange(`${type}/${run.id}`, this.#origin, this.#now(), type, actor, { run: run.id, counts: run.counts })
  }

  async fail(opened: SyncRun, error: string): Promise<SyncRun> {
    const run: SyncRun = { ...opened, state: "failed", finishedAt: this.#now(), error }
    await this.#save(run)
    return run
  }

  async #save(run: SyncRun): Promise<void> {
    await this.#driver.write("putRun", runRow(run), "log")
  }

  /** Compares and journals: from then on the run is finished, now or by the next run or start. */
  async #begin(opened: SyncRun, batches: ReadonlyArray<ImportBatch>, end: RunEnd): Promise<Journalled | SyncRun> {
    const touched = this.#figures.watch()
    try {
      return await this.#compareAndJournal(opened, batches, end, touched)
    } finally {
      this.#figures.unwatch(touched)
    }
  }

  async #compareAndJournal(
    opened: SyncRun,
    batches: ReadonlyArray<ImportBatch>,
    { options, held }: RunEnd,
    touched: ReadonlySet<number>
  ): Promise<Journalled | SyncRun> {
    const counts: MutableCounts = { ...opened.counts }
    const compared: Array<Compared> = []
    const gone: Gone = { stock: { kind: "stock", before: 0, gone: 0 }, price: { kind: "price", before: 0, gone: 0 } }
    const named = new Map<string, Named>()
    for (const batch of batches) {
      if (batch.kind === "price") await this.#priceTypeSlot(batch.priceType)
      const kind = kindOf(batch)
      if (!named.has(kind)) named.set(kind, new Named(this.#image))
      compared.push(await this.#compare(batch, counts, gone[batch.kind], named.get(kind)!))
    }
    const reason = held ?? (options.preview === true ? PREVIEW_HELD : null) ??
      (options.guard === undefined ? null : guardTrips(options.guard, [gone.stock, gone.price]))
    if (reason !== null) return this.#hold({ ...opened, counts }, reason, batches)
    const run: SyncRun = { ...opened, counts, state: "applying" }
    const parts = compared.flatMap((rows, i) => this.#journal(run.id, rows, i))
    const journalled = await this.#journalled({ run, compared, journal: [runRow(run), parts, this.#statedBlocks(batches)] })
    await this.#figures.settled()
    const late = this.#lateRows(batches, named.get(STOCK), touched)
    if (late.length > 0) {
      const more = late.flatMap((rows, i) => this.#journal(run.id, rows, compared.length + i))
      await this.#driver.write("journalRun", [runRow(run), more, []], "log")
    }
    return (this.#cutOff = { ...journalled, compared: [...compared, ...late] })
  }

  /**
   * The journal is written, and the image knows the times of the named rows: from here on a late sale of one is older than
   * what was stated, whether its slice is written yet or not. Where nobody knows whether it was written it is written
   * again, which changes nothing: now, or before anything else is compared.
   */
  async #journalled(begun: Journalled): Promise<Journalled> {
    if (begun.journal === null) return begun
    const write = (): Promise<unknown> => this.#driver.write("journalRun", begun.journal!, "log")
    await write().catch((error: unknown) => {
      if (!(error instanceof DriverError) || error.outcome !== "unknown") throw error
      this.#cutOff = begun
      return write()
    })
    for (const block of begun.journal[2]) restoreStated(this.#image, block)
    return (this.#cutOff = { ...begun, journal: null })
  }

  /**
   * Rows that said nothing new when they were compared, and that a commit has touched before the image knew their time:
   * a sale of before that time took from a figure that had it already, so their sum is made anew (D1).
   */
  #lateRows(
    batches: ReadonlyArray<ImportBatch>,
    named: Named | undefined,
    touched: ReadonlySet<number>
  ): ReadonlyArray<Compared> {
    if (named === undefined || touched.size === 0) return []
    return batches.flatMap((batch) => {
      if (batch.kind !== "stock") return []
      const stated = toStated(batch.asOf)
      const keys: Array<number> = []
      const figures: Array<number> = []
      for (let i = 0; i < batch.products.length; i++) {
        const row = this.#row(batch, i)
        if (!touched.has(row.key) || row.stated > stated || named.has(batch, i)) continue
        keys.push(row.key)
        figures.push(row.figure)
      }
      return keys.length === 0 ? [] : [{ kind: batch.kind, priceType: null, asOf: batch.asOf, ...sorted(keys, figures) }]
    })
  }

  async #complete({ run, compared }: Journalled): Promise<SyncRun> {
    for (const rows of compared) await this.#slices(rows)
    for (const rows of compared) await this.#show(rows)
    const done: SyncRun = { ...run, state: "done", finishedAt: this.#now() }
    await this.#driver.write("finishRun", [runRow(done), this.#event("stock.imported", done)], "log")
    this.#cutOff = null
    this.#image.statements++
    this.#announce()
    return done
  }

  /** Applies nothing: the run waits for a person, with what it would change. */
  async #hold(compared: SyncRun, reason: string, batches: ReadonlyArray<ImportBatch>): Promise<SyncRun> {
    const run: SyncRun = { ...compared, state: "held", error: reason }
    const difference = new Difference()
    for (const batch of batches) await this.#differ(batch, difference)
    await this.#driver.write("holdRun", [runRow(run), difference.parts(run.id), this.#event("run.held", run)], "log")
    this.#announce()
    return run
  }

  async #differ(batch: ImportBatch, difference: Difference): Promise<void> {
    const stated = toStated(batch.asOf)
    const moved = batch.kind === "stock" ? await this.#movedAfter(batch.asOf) : NOTHING_MOVED
    const priceType = batch.kind === "price" ? batch.priceType : null
    for (let i = 0; i < batch.products.length; i++) {
      const row = this.#row(batch, i)
      const after = row.figure + (moved.get(row.key) ?? 0)
      if (row.stated > stated || after === row.known) continue
      const isNothing = (figure: number): boolean => (priceType === null ? row.stated === 0 && figure === 0 : figure === NO_PRICE)
      const before = isNothing(row.known) ? NOTHING : row.known
      difference.add(batch.kind, priceType, batch.products[i]!, batch.branches[i]!, before, priceType !== null && after === NO_PRICE ? NOTHING : after)
    }
  }

  async #priceTypeSlot(id: string): Promise<number> {
    let slot = this.#priceTypes.get(id)
    if (slot === undefined) {
      slot = await this.#driver.write("addPriceType", id)
      this.#priceTypes.set(id, slot)
    }
    return slot
  }

  #journal(runId: string, rows: Compared, batch: number): ReadonlyArray<JournalRow> {
    const parts: Array<JournalRow> = []
    for (let from = 0; from < rows.keys.length; from += JOURNAL_ROWS) {
      parts.push({
        run_id: runId,
        part: batch * 10_000 + parts.length,
        kind: rows.kind,
        price_type: rows.priceType,
        as_of: rows.asOf,
        data: pack(rows, from, Math.min(rows.keys.length, from + JOURNAL_ROWS))
      })
    }
    return parts
  }

  /** Only rows that say something new go on; each is judged by the time of the statement that last named it (D2). */
  async #compare(batch: ImportBatch, counts: MutableCounts, gone: MutableGone, named: Named): Promise<Compared> {
    const stated = toStated(batch.asOf)
    const keys: Array<number> = []
    const figures: Array<number> = []
    const moved = batch.kind === "stock" ? await this.#movedAfter(batch.asOf) : NOTHING_MOVED
    for (let i = 0; i < batch.products.length; i++) {
      if (i % COMPARE_ROWS === COMPARE_ROWS - 1) await setImmediate()
      const row = this.#row(batch, i)
      const there = batch.kind === "stock" ? row.known > 0 : row.known !== NO_PRICE
      if (there && row.stated <= stated) {
        gone.before++
        if (row.figure === (batch.kind === "stock" ? 0 : NO_PRICE)) gone.gone++
      }
      if (row.stated > stated) counts.stale++
      else if (row.figure === row.known && !moved.has(row.key) && !named.has(batch, i)) counts.unchanged++
      else {
        named.add(batch, i)
        if (row.stated === 0) counts.new++
        else if (row.figure === (batch.kind === "stock" ? 0 : NO_PRICE)) counts.gone++
        else counts.changed++
        keys.push(row.key)
        figures.push(row.figure)
      }
    }
    return {
      kind: batch.kind,
      priceType: batch.kind === "price" ? batch.priceType : null,
      asOf: batch.asOf,
      // A full write wants its rows in the order of their keys: three times as fast.
      ...sorted(keys, figures)
    }
  }

  #row(batch: ImportBatch, i: number): { key: number; figure: number; known: number; stated: number } {
    const product = batch.products[i]!
    const branch = batch.branches[i]!
    if (batch.kind === "stock") {
      const cell = this.#image.cell(product, branch)
      return {
        key: cellOf(product, branch),
        figure: batch.quantities[i]!,
        known: this.#image.onHand[cell]!,
        stated: this.#image.stated[cell]!
      }
    }
    const slot = branch < 0 ? null : branch
    return {
      key: priceKey(this.#priceTypes.get(batch.priceType)!, product, branch),
      figure: batch.amounts[i]!,
      known: this.#image.ownPrice(batch.priceType, product, slot),
      stated: this.#image.priceStated(batch.priceType, product, slot)
    }
  }

  /** Rows with a movement after T are written whatever the comparison says: their sum must be made anew (D1). */
  async #movedAfter(asOf: number): Promise<ReadonlyMap<number, number>> {
    const moved = new Map<number, number>()
    await this.#driver.scan(
      `select cell, sum(quantity) from stock_movements where occurred_at > ${Math.trunc(asOf)} group by cell`,
      ([cell, units]) => moved.set(Number(cell), Number(units))
    )
    return moved
  }

  async #slices(rows: Compared): Promise<void> {
    for (let from = 0; from < rows.keys.length; from += SLICE_ROWS) {
      const slice: Slice = {
        kind: rows.kind,
        asOf: rows.asOf,
        keys: rows.keys.slice(from, from + SLICE_ROWS),
        figures: rows.figures.slice(from, from + SLICE_ROWS)
      }
      await this.#driver.write("slice", slice, "slice")
    }
  }

  /**
   * The image takes the new figures all at once (D4): read back through the writer, whose answers come in the order of
   * its commits, then set in one turn of the event loop.
   */
  async #show(rows: Compared): Promise<void> {
    if (rows.kind === "price") {
      for (let i = 0; i < rows.keys.length; i++) {
        const { product, branch } = priceParts(rows.keys[i]!)
        this.#image.setPrice(rows.priceType!, product, branch < 0 ? null : branch, rows.figures[i]!)
      }
      return
    }
    const showing = new Map<number, Level>()
    const touched = this.#figures.watch()
    this.#showing.add(showing)
    await this.#readBack(rows, showing).finally(() => {
      this.#showing.delete(showing)
      this.#figures.unwatch(touched)
    })
    this.#figures.doubt([...touched].filter((cell) => showing.has(cell)))
    for (const [cell, level] of showing) this.#image.setLevel(productOf(cell), branchOf(cell), level.onHand, level.reserved)
  }

  async #readBack(rows: Compared, showing: Map<number, Level>): Promise<void> {
    for (let from = 0; from < rows.keys.length; from += SHOW_ROWS) {
      const keys = [...rows.keys.subarray(from, from + SHOW_ROWS)]
      for (const level of await this.#driver.write("levels", keys, "slice")) {
        showing.set(level.cell, { onHand: level.on_hand, reserved: level.reserved })
      }
    }
  }

  /** A commit's figures, into the image and into what an import is about to show. */
  moved(cell: number, onHand: number, reserved: number): void {
    this.#image.addLevel(productOf(cell), branchOf(cell), onHand, reserved)
    for (const showing of this.#showing) {
      const level = showing.get(cell)
      if (level === undefined) continue
      level.onHand += onHand
      level.reserved += reserved
    }
  }

  /** Every named row keeps the statement's time, changed or not (D2): the blocks of them as they will be. */
  #statedBlocks(batches: ReadonlyArray<ImportBatch>): ReadonlyArray<StatedBlock> {
    const blocks = new Map<string, { readonly block: StatedBlock; readonly times: Int32Array }>()
    for (const batch of batches) {
      const stated = toStated(batch.asOf)
      const kind = kindOf(batch)
      for (let i = 0; i < batch.products.length; i++) {
        const product = batch.products[i]!
        const number = Math.floor(product / STATED_BLOCK)
        const id = `${kind}/${number}`
        let found = blocks.get(id)
        if (found === undefined) {
          const block = this.#statedBlock(kind, batch, number)
          blocks.set(id, (found = { block, times: new Int32Array(block.data.buffer) }))
        }
        const column = batch.kind === "stock" ? batch.branches[i]! : batch.branches[i]! + 1
        const at = (product % STATED_BLOCK) * found.block.width + column
        found.times[at] = Math.max(found.times[at]!, stated)
      }
    }
    return [...blocks.values()].map(({ block }) => block)
  }

  #statedBlock(kind: string, batch: ImportBatch, block: number): StatedBlock {
    const image = this.#image
    if (batch.kind === "stock") {
      return statedBlock(kind, block, image.width, (p, b) => image.stated[image.cell(p, b)] ?? 0)
    }
    return statedBlock(kind, block, image.width + 1, (p, b) =>
      image.priceStated(batch.priceType, p, b === 0 ? null : b - 1) ?? 0
    )
  }

  /** After another replica's import: the whole image from the database (D5). */
  async reload(): Promise<void> {
    await loadImage(this.#driver, this.#image)
  }
}

const STOCK = statedKind(null)

const kindOf = (batch: ImportBatch): string => statedKind(batch.kind === "price" ? batch.priceType : null)

/** A run whose rows are journalled and not all applied. */
interface Journalled {
  readonly run: SyncRun
  readonly compared: ReadonlyArray<Compared>
  /** What is to be journalled; null once it is. */
  readonly journal: readonly [RunRow, ReadonlyArray<JournalRow>, ReadonlyArray<StatedBlock>] | null
}

/**
 * Rows of one kind that a run wants to write. A row that it names a second time is written too, though it says what
 * was there before: the last word counts.
 */
class Named {
  readonly #width: number
  readonly #rows: Uint8Array

  constructor(image: StockImage) {
    this.#width = image.width + 1
    this.#rows = new Uint8Array((image.onHand.length / image.width) * this.#width)
  }
  has(batch: ImportBatch, i: number): boolean {
    return this.#rows[this.#at(batch, i)] === 1
  }
  add(batch: ImportBatch, i: number): void {
    this.#rows[this.#at(batch, i)] = 1
  }
  #at(batch: ImportBatch, i: number): number {
    return batch.products[i]! * this.#width + batch.branches[i]! + 1
  }
}

const NOTHING_MOVED: ReadonlyMap<number, number> = new Map()

const sorted = (keys: ReadonlyArray<number>, figures: ReadonlyArray<number>): Pick<Compared, "keys" | "figures"> => {
  const order = Uint32Array.from(keys, (_, i) => i)
  order.sort((a, b) => keys[a]! - keys[b]! || a - b)
  return {
    keys: Float64Array.from(order, (i) => keys[i]!),
    figures: Int32Array.from(order, (i) => figures[i]!)
  }
}
