import type { ImportBatch } from "@aptekit/core"
import type { Notes } from "../import/notes.ts"
import { BatchBuilder } from "./batch.ts"
import { type Grid, NONE } from "./grid.ts"
import type { Ledger } from "./ledger.ts"
import type { Marks } from "./marks.ts"
import { IGNORED_TARGET, type SortRequest, type SortResult, type StockTarget, UNKNOWN_TARGET } from "./protocol.ts"
import type { Reading } from "./reading.ts"
import { MAX_UNITS, TOTAL_COLUMN } from "./stock-rows.ts"
import { NO_SLOT, type Tables } from "./tables.ts"

const NO_GOODS = "Товары ещё не получены: строки будут учтены, когда придёт каталог."
const TOO_MANY = "Слишком много отложенных строк: строка не принята. Сопоставьте склады и типы цен в настройках хаба."
const TOTALS = "Включите в 1С выгрузку остатков по складам или укажите филиал в настройке total."

/**
 * What outlives a file, in the order in which it is saved: cut off in between, nothing is missing where it went that is gone
 * where it was.
 */
export interface Ledgers {
  /** What each warehouse of a branch that several fill last said. */
  readonly shares: Ledger
  readonly parkedStock: Ledger
  readonly parkedPrices: Ledger
  /** Stock of branches whose warehouses have changed, by branch, until a run has applied it; noted: who is counted where. */
  readonly moved: Ledger
}

/** What is known of branches by their slots. */
interface Branches {
  /** Several warehouses fill them. */
  readonly shared: ReadonlySet<number>
  /** Their warehouses have changed: up to when they were counted anew. What a warehouse has said counts all the same. */
  readonly movedAt: ReadonlyMap<number, number>
}

/** A branch, and the columns whose figures are its. */
interface Place {
  readonly branch: number
  readonly columns: ReadonlyArray<number>
}

interface Waiting {
  rows: number
  line: number
}

/** The branches that columns lead to, in the order of their slots. */
const placesOf = (targets: Iterable<readonly [column: number, target: StockTarget]>): ReadonlyArray<Place> => {
  const places = new Map<number, Array<number>>()
  for (const [column, { branch }] of targets) {
    if (branch === UNKNOWN_TARGET || branch === IGNORED_TARGET) continue
    const columns = places.get(branch)
    if (columns === undefined) places.set(branch, [column])
    else columns.push(column)
  }
  return [...places].map(([branch, columns]) => ({ branch, columns })).sort((a, b) => a.branch - b.branch)
}

/**
 * Sends the figures of a file, and those that waited, to where they belong: into batches in the order of product and
 * branch, or aside until what they name is known.
 */
export class Sorting {
  readonly #tables: Tables
  readonly #reading: Reading
  readonly #ledgers: Ledgers
  readonly #request: SortRequest
  readonly #stockTargets: ReadonlyArray<StockTarget>
  readonly #shared: ReadonlySet<number>
  readonly #movedAt: ReadonlyMap<number, number>
  readonly #notes: Notes
  readonly #noPrice: number
  readonly #waiting = new Map<string, Waiting>()
  /** Rows whose time has come, by kind and time; full ones go to `#ready` at once. */
  readonly #late = new Map<string, BatchBuilder>()
  readonly #lateFull: Array<ImportBatch> = []
  #aside = 0

  constructor(
    tables: Tables,
    reading: Reading,
    ledgers: Ledgers,
    { shared, movedAt }: Branches,
    request: SortRequest,
    noPrice: number
  ) {
    this.#notes = reading.notes
    this.#noPrice = noPrice
    this.#tables = tables
    this.#reading = reading
    this.#ledgers = ledgers
    this.#request = request
    this.#stockTargets = [request.total, ...request.warehouses]
    this.#shared = shared
    this.#movedAt = movedAt
  }

  /** What waited is taken up, what cannot be applied is put aside. After that `batches` gives the rest. */
  sort(): SortResult {
    this.#takeMoved()
    this.#takeParked()
    this.#parkStock()
    this.#parkPrices()
    for (const [reason, { rows, line }] of this.#waiting) this.#notes.remark(line, `${reason} Отложено строк: ${rows}.`)
    this.#ignoredTotals()
    return { aside: this.#aside, notes: this.#notes.list() }
  }

  /** Oldest first: what a later statement says comes last. */
  *batches(): Generator<ImportBatch, void, void> {
    const { asOf } = this.#request
    yield* this.#lateRows((time) => time <= asOf)
    yield* this.#stock()
    yield* this.#prices()
    yield* this.#lateRows((time) => time > asOf)
  }

  #lateRows(wanted: (asOf: number) => boolean): ReadonlyArray<ImportBatch> {
    const rest = [...this.#late.values()].filter((rows) => !rows.isEmpty && wanted(rows.asOf)).map((rows) => rows.build())
    return [...this.#lateFull.filter((batch) => wanted(batch.asOf)), ...rest].sort((a, b) => a.asOf - b.asOf)
  }

  *#stock(): Generator<ImportBatch, void, void> {
    const rows = new BatchBuilder(this.#request.asOf, null)
    const places = placesOf(this.#stockTargets.entries())
    const readers = places.map((place) => this.#unitsOf(place))
    const lines = this.#reading.stocks.lines
    for (const offer of this.#tables.inOrder((number) => lines.get(number) > 0)) {
      const slot = this.#tables.slot(offer)
      for (let i = 0; i < places.length; i++) {
        const units = readers[i]!(offer)
        if (units !== NONE) rows.push(slot, places[i]!.branch, units)
      }
      if (rows.isFull) yield rows.build()
    }
    if (!rows.isEmpty) yield rows.build()
  }

  #unitsOf(place: Place): (offer: number) => number {
    const only = place.columns.length === 1 && !this.#shared.has(place.branch) ? place.columns[0]! : TOTAL_COLUMN
    return only === TOTAL_COLUMN ? (offer) => this.#units(offer, place) : this.#reading.stocks.grid.column(only)
  }

  /** What the file says of a product in a branch; of a total only where it names no warehouse. */
  #units(offer: number, place: Place): number {
    const { grid } = this.#reading.stocks
    let units = NONE
    let named = false
    for (const column of place.columns) {
      const figure = grid.get(offer, column)
      if (figure === NONE) continue
      if (column !== TOTAL_COLUMN) {
        named = true
        units = figure
      } else if (!this.#reading.stocks.isDetailed(offer)) units = figure
    }
    if (!named || !this.#shared.has(place.branch)) return units
    const sum = this.#sum(offer, place, this.#request.asOf, (column) => grid.get(offer, column))
    if (sum.asOf === this.#request.asOf) return sum.units
    this.#pushLate(sum.asOf, null, this.#tables.slot(offer), place.branch, sum.units)
    return NONE
  }

  /**
   * What all warehouses of a branch last said, this statement included. As of the last of them: news of one are news of the
   * sum, also where another one has spoken later.
   */
  #sum(offer: number, { branch, columns }: Place, asOf: number, figureOf: (column: number) => number): { units: number; asOf: number } {
    const { shares } = this.#ledgers
    let [units, last, isNews] = [0, this.#notBefore(branch, asOf), false]
    for (const column of columns) {
      if (column === TOTAL_COLUMN) continue
      const figure = figureOf(column)
      const time = shares.time(offer, column)
      if (figure !== NONE && time <= asOf) {
        shares.put(offer, column, figure, asOf)
        units += figure
        isNews = true
      } else {
        units += Math.max(0, shares.figure(offer, column))
        if (time > last) last = time
      }
    }
    return { units: Math.min(units, MAX_UNITS), asOf: isNews ? last : asOf }
  }

  #notBefore(branch: number, asOf: number): number {
    return Math.max(asOf, this.#movedAt.get(branch) ?? 0)
  }

  *#prices(): Generator<ImportBatch, void, void> {
    const { grid, lines } = this.#reading.prices
    const offers = this.#tables.inOrder((number) => lines.get(number) > 0)
    const byType = Map.groupBy(this.#request.priceTypes.entries(), ([, { priceType }]) => priceType)
    for (const [priceType, targets] of byType) {
      const places = placesOf(targets.map(([type, target]) => [2 * type, target] as const))
      if (places.length === 0) continue
      const rows = new BatchBuilder(this.#request.asOf, priceType)
      const columns = places.flatMap((place) => place.columns.map((column) => ({ branch: place.branch, read: grid.column(column) })))
      for (const offer of offers) {
        const slot = this.#tables.slot(offer)
        for (const { branch, read } of columns) {
          const minor = read(offer)
          if (minor !== NONE) rows.push(slot, branch, this.#amount(minor))
        }
        if (rows.isFull) yield rows.build()
      }
      if (!rows.isEmpty) yield rows.build()
    }
  }

  /** 1C writes 0 where there is no price: nothing is given away. */
  #amount(minor: number): number {
    return minor === 0 ? this.#noPrice : minor
  }

  /** Levels of branches whose warehouses have changed. */
  #takeMoved(): void {
    const { moved } = this.#ledgers
    const targets = this.#tables.branches.ids.map((slot) => ({ branch: Number(slot), reason: "" }))
    this.#takeFrom(moved, [this.#request.total, ...targets], (offer, _column, { branch }, figure, asOf) =>
      this.#pushLate(asOf, null, this.#tables.slot(offer), branch, figure))
  }

  /** Rows that waited and whose time has come. */
  #takeParked(): void {
    const { parkedStock, parkedPrices } = this.#ledgers
    const places = new Map([...this.#shared].map((branch) => [branch, { branch, columns: this.#columnsOf(branch) }]))
    this.#takeFrom(parkedStock, this.#stockTargets, (offer, column, { branch }, figure, asOf) => {
      const shared = column === TOTAL_COLUMN ? undefined : places.get(branch)
      const row = shared === undefined
        ? { units: figure, asOf: this.#notBefore(branch, asOf) }
        : this.#sum(offer, shared, asOf, (other) => (other === column ? figure : NONE))
      this.#pushLate(row.asOf, null, this.#tables.slot(offer), branch, row.units)
    })
    this.#takeFrom(parkedPrices, [this.#request.total, ...this.#request.priceTypes], (offer, column, { branch }, figure, asOf) => {
      const { priceType } = this.#request.priceTypes[column - 1]!
      this.#pushLate(asOf, priceType, this.#tables.slot(offer), branch, this.#amount(figure))
    })
  }

  #takeFrom(
    parked: Ledger,
    targets: ReadonlyArray<StockTarget>,
    take: (offer: number, column: number, target: StockTarget, figure: number, asOf: number) => void
  ): void {
    if (parked.size === 0) return
    const ready = Array.from({ length: parked.columns }, (_, column) => ({ column, target: targets[column] }))
      .filter(({ target }) => target !== undefined && target.branch !== UNKNOWN_TARGET)
      .sort((a, b) => a.target!.branch - b.target!.branch)
    const byOffer = this.#tables.inOrder(() => true)
    for (const offer of byOffer) {
      for (const { column, target } of ready) {
        const figure = parked.figure(offer, column)
        if (figure === NONE) continue
        if (target!.branch !== IGNORED_TARGET) take(offer, column, target!, figure, parked.time(offer, column))
        parked.remove(offer, column)
      }
    }
    // What is ignored waits for nothing, known goods or not.
    for (const { column, target } of ready) {
      if (target!.branch === IGNORED_TARGET) parked.each(column, (offer) => parked.remove(offer, column))
    }
  }

  #columnsOf(branch: number): ReadonlyArray<number> {
    return this.#stockTargets.flatMap((target, column) => (target.branch === branch ? [column] : []))
  }

  #pushLate(asOf: number, priceType: string | null, slot: number, branch: number, figure: number): void {
    const key = `${asOf}/${priceType ?? ""}`
    let rows = this.#late.get(key)
    if (rows === undefined) this.#late.set(key, rows = new BatchBuilder(asOf, priceType))
    rows.push(slot, branch, figure)
    if (rows.isFull) this.#lateFull.push(rows.build())
  }

  /** Calls for the rows of a column that cannot be applied: all of them if its place is unknown, else those without goods. */
  #eachHomeless(
    grid: Grid,
    column: number,
    known: boolean,
    strangers: ReadonlyArray<number>,
    take: (offer: number, figure: number) => void
  ): void {
    if (!known) return grid.each(column, take)
    for (const offer of strangers) {
      const figure = grid.get(offer, column)
      if (figure !== NONE) take(offer, figure)
    }
  }

  /** Products of the file that the hub does not have. */
  #strangers(lines: Marks): ReadonlyArray<number> {
    const found: Array<number> = []
    for (let offer = 0; offer < this.#tables.offers.size; offer++) {
      if (lines.get(offer) > 0 && this.#tables.slot(offer) === NO_SLOT) found.push(offer)
    }
    return found
  }

  #parkStock(): void {
    const { stocks } = this.#reading
    const strangers = this.#strangers(stocks.lines)
    for (let column = 0; column < stocks.grid.columns; column++) {
      const target = this.#stockTargets[column]
      if (target === undefined || target.branch === IGNORED_TARGET) continue
      const known = target.branch !== UNKNOWN_TARGET
      this.#eachHomeless(stocks.grid, column, known, strangers, (offer, units) => {
        if (column === TOTAL_COLUMN && stocks.isDetailed(offer)) return
        const line = known ? stocks.lines.get(offer) : stocks.columnLines.get(column)
        this.#park(this.#ledgers.parkedStock, offer, column, units, known ? NO_GOODS : target.reason, line)
      })
    }
  }

  #parkPrices(): void {
    const { prices } = this.#reading
    const strangers = this.#strangers(prices.lines)
    for (const [type, target] of this.#request.priceTypes.entries()) {
      if (target.branch === IGNORED_TARGET) continue
      const known = target.branch !== UNKNOWN_TARGET
      this.#eachHomeless(prices.grid, 2 * type, known, strangers, (offer, minor) => {
        const line = known ? prices.lines.get(offer) : prices.typeLines.get(type)
        this.#park(this.#ledgers.parkedPrices, offer, type + 1, minor, known ? NO_GOODS : target.reason, line)
      })
    }
  }

  #park(parked: Ledger, offer: number, column: number, figure: number, reason: string, line: number): void {
    if (!parked.put(offer, column, figure, this.#request.asOf)) return this.#notes.reject(line, TOO_MANY)
    this.#aside++
    const known = this.#waiting.get(reason)
    if (known === undefined) this.#waiting.set(reason, { rows: 1, line })
    else {
      known.rows++
      known.line = Math.min(known.line, line)
    }
  }

  #ignoredTotals(): void {
    if (this.#request.total.branch !== IGNORED_TARGET) return
    const { stocks } = this.#reading
    let rows = 0
    let line = Number.MAX_SAFE_INTEGER
    stocks.grid.each(TOTAL_COLUMN, (offer) => {
      if (stocks.isDetailed(offer)) return
      rows++
      line = Math.min(line, stocks.lines.get(offer))
    })
    if (rows > 0) this.#notes.remark(line, `Остатки без склада не приняты: ${rows}. ${TOTALS}`)
  }
}
