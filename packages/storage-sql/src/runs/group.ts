import { setImmediate } from "node:timers/promises"
import { type GoneRows, type ImportBatch, type ImportCounts, type StockImage, toStated } from "@aptekit/core"
import { type Rows, shared } from "./rows.ts"

export type MutableCounts = { -readonly [K in keyof ImportCounts]: ImportCounts[K] }
export type MutableGone = { -readonly [K in keyof GoneRows]: GoneRows[K] }

/** Marks of a row in `position`; above zero: its place among the changed rows, plus one. */
export const NOT_NAMED = 0
/** Not named yet; what the run says of it is written whatever the comparison says. */
const MUST_WRITE = -1
/** Named, and as it was. */
export const UNCHANGED = -2
/** Named, as it was when it was compared, and touched by a commit since. */
const TOUCHED = -3

const FIRST_ROWS = 16_384
/** Rows looked at before the event loop gets its turn: under a millisecond. */
export const BREATH_ROWS = 65_536

export const figuresOf = (batch: ImportBatch): Int32Array => (batch.kind === "stock" ? batch.quantities : batch.amounts)

/**
 * Rows of one kind and one as-of time that a run names. Of a row that it names twice the last word counts, also where
 * that says what was there before.
 */
export class Group {
  readonly kind: "stock" | "price"
  readonly priceType: string | null
  readonly asOf: number
  readonly stated: number
  /** Columns of `position`: the whole network first, then the branches. */
  readonly columns: number
  /** A mark per row that there can be, by `product * columns + branch + 1`. */
  readonly position: Int32Array
  readonly #most: number
  #length = 0
  #sorted = true
  #products: Int32Array
  #branches: Int32Array
  #figures: Int32Array

  constructor(image: StockImage, batches: ReadonlyArray<ImportBatch>) {
    const [batch] = batches
    this.kind = batch!.kind
    this.priceType = batch!.kind === "price" ? batch!.priceType : null
    this.asOf = batch!.asOf
    this.stated = toStated(batch!.asOf)
    this.columns = hasBranches(batches) ? image.branchCount + 1 : 1
    const products = image.onHand.length / image.width
    this.position = new Int32Array(products * this.columns)
    this.#most = batches.reduce((sum, one) => sum + one.products.length, 0)
    const first = Math.min(this.#most, FIRST_ROWS)
    this.#products = shared(first)
    this.#branches = shared(first)
    this.#figures = shared(first)
  }

  /** The row is written, even where it says what the image says. */
  force(product: number, branch: number): void {
    const at = product * this.columns + branch + 1
    if (at < this.position.length && this.position[at] === NOT_NAMED) this.position[at] = MUST_WRITE
  }

  /** Rows of other groups of this kind: the later time wins, and neither is "as it was". */
  forceAll(other: Group): void {
    other.#each((product, branch) => this.force(product, branch))
  }

  #each(visit: (product: number, branch: number) => void): void {
    for (let at = 0; at < this.position.length; at++) {
      const mark = this.position[at]!
      if (mark > 0 || mark === UNCHANGED) visit(Math.floor(at / this.columns), (at % this.columns) - 1)
    }
  }

  /** Does this run name the row? */
  names(product: number, branch: number): boolean {
    const mark = this.position[product * this.columns + branch + 1] ?? NOT_NAMED
    return mark !== NOT_NAMED && mark !== MUST_WRITE
  }

  /** The tight loop: rows `from` to `to` of a batch against the image's arrays. */
  compare(
    batch: ImportBatch,
    from: number,
    to: number,
    image: StockImage,
    later: ReadonlyArray<Group>,
    counts: MutableCounts,
    gone: MutableGone
  ): void {
    const { position, columns } = this
    const { products, branches } = batch
    const figures = figuresOf(batch)
    const { cells, cellsStated, network, networkStated, none } = image.figuresOf(this.priceType, columns > 1)
    const { width } = image
    const mine = this.stated
    let stale = 0
    let unchanged = 0
    let there = 0
    let goneRows = 0
    let fresh = 0
    let dropped = 0
    let changed = 0
    for (let i = from; i < to; i++) {
      const p = products[i]!
      const b = branches[i]!
      const cell = p * width + b
      const stated = b < 0 ? networkStated[p]! : cellsStated[cell]!
      const at = p * columns + b + 1
      const mark = position[at]!
      if (stated > mine || (mark === MUST_WRITE && overtaken(later, p, b))) {
        stale++
        continue
      }
      const known = b < 0 ? network[p]! : cells[cell]!
      const figure = figures[i]!
      if (known > none) {
        there++
        if (figure === none) goneRows++
      }
      if (figure === known && (mark === NOT_NAMED || mark === UNCHANGED)) {
        unchanged++
        position[at] = UNCHANGED
        continue
      }
      if (stated === 0) fresh++
      else if (figure === none) dropped++
      else changed++
      if (mark > 0) this.#figures[mark - 1] = figure
      else position[at] = this.#add(p, b, figure)
    }
    counts.stale += stale
    counts.unchanged += unchanged
    counts.new += fresh
    counts.gone += dropped
    counts.changed += changed
    gone.before += there
    gone.gone += goneRows
  }

  /** Gives the row's place plus one. */
  #add(product: number, branch: number, figure: number): number {
    const i = this.#length++
    if (i === this.#products.length) this.#lengthen()
    if (this.#sorted && i > 0) {
      const before = this.#products[i - 1]!
      if (before > product || (before === product && this.#branches[i - 1]! > branch)) this.#sorted = false
    }
    this.#products[i] = product
    this.#branches[i] = branch
    this.#figures[i] = figure
    return i + 1
  }

  #lengthen(): void {
    const longer = (old: Int32Array): Int32Array => {
      const long = shared(Math.min(this.#most, old.length * 2))
      long.set(old)
      return long
    }
    this.#products = longer(this.#products)
    this.#branches = longer(this.#branches)
    this.#figures = longer(this.#figures)
  }

  /** The changed rows in the order of their keys: a full write in another order takes three times as long. */
  async rows(): Promise<Rows> {
    if (!this.#sorted) await this.#sort()
    const { kind, priceType, asOf } = this
    return {
      kind,
      priceType,
      asOf,
      products: this.#products.subarray(0, this.#length),
      branches: this.#branches.subarray(0, this.#length),
      figures: this.#figures.subarray(0, this.#length)
    }
  }

  /** The marks lie in the order of the keys already: one pass over them sorts, in pieces. */
  async #sort(): Promise<void> {
    const figures = shared(this.#length)
    for (let from = 0, to = 0; from < this.position.length; from += BREATH_ROWS) {
      to = this.#order(figures, from, to)
      await setImmediate()
    }
    this.#figures = figures
    for (let from = 0; from < this.position.length; from += BREATH_ROWS) {
      this.#nameInOrder(from)
      await setImmediate()
    }
    this.#sorted = true
  }

  /** Numbers the changed rows from `to` on, and puts their figures there. Gives how many there are by now. */
  #order(figures: Int32Array, from: number, to: number): number {
    const last = Math.min(from + BREATH_ROWS, this.position.length)
    for (let at = from; at < last; at++) {
      const mark = this.position[at]!
      if (mark <= 0) continue
      figures[to] = this.#figures[mark - 1]!
      this.position[at] = ++to
    }
    return to
  }

  #nameInOrder(from: number): void {
    const products = this.#products
    const branches = this.#branches
    const last = Math.min(from + BREATH_ROWS, this.position.length)
    for (let at = from; at < last; at++) {
      const mark = this.position[at]!
      if (mark <= 0) continue
      products[mark - 1] = Math.floor(at / this.columns)
      branches[mark - 1] = (at % this.columns) - 1
    }
  }

  /** Rows that were as the image said when they were compared, and that a commit has touched since. */
  late(batches: ReadonlyArray<ImportBatch>, touched: Iterable<readonly [product: number, branch: number]>): Rows | null {
    let any = false
    for (const [product, branch] of touched) {
      const at = product * this.columns + branch + 1
      if (this.position[at] === UNCHANGED) this.position[at] = TOUCHED
      any ||= this.position[at] === TOUCHED
    }
    return any ? this.#touchedRows(batches) : null
  }

  #touchedRows(batches: ReadonlyArray<ImportBatch>): Rows {
    const found = new Map<number, number>()
    for (const batch of batches) {
      const figures = figuresOf(batch)
      for (let i = 0; i < batch.products.length; i++) {
        const at = batch.products[i]! * this.columns + batch.branches[i]! + 1
        if (this.position[at] === TOUCHED) found.set(at, figures[i]!)
      }
    }
    const places = [...found.keys()].sort((a, b) => a - b)
    return {
      kind: this.kind,
      priceType: this.priceType,
      asOf: this.asOf,
      products: Int32Array.from(places, (at) => Math.floor(at / this.columns)),
      branches: Int32Array.from(places, (at) => (at % this.columns) - 1),
      figures: Int32Array.from(places, (at) => found.get(at)!)
    }
  }
}

/** By a later statement of the same run. */
const overtaken = (later: ReadonlyArray<Group>, product: number, branch: number): boolean =>
  later.some((group) => group.names(product, branch))

const hasBranches = (batches: ReadonlyArray<ImportBatch>): boolean =>
  batches.some((batch) => {
    if (batch.kind === "stock") return true
    for (let i = 0; i < batch.branches.length; i++) if (batch.branches[i]! >= 0) return true
    return false
  })
