import { Dictionary } from "./dictionary.ts"
import { Slices } from "./slices.ts"

const FIRST_ROWS = 4096
const NO_ROW = -1
const NONE: ReadonlyArray<number> = []

/** Digits of a quantity in 1C; less is the noise of floating point. */
const STEP = 1000
export const exact = (quantity: number): number => Math.round(quantity * STEP) / STEP

/** Rows of numbers side by side: no object for each of a million of them. */
class Rows {
  #data: Float64Array
  readonly #width: number
  size = 0

  constructor(width: number) {
    this.#width = width
    this.#data = new Float64Array(FIRST_ROWS * width)
  }

  push(...figures: ReadonlyArray<number>): void {
    const at = this.size * this.#width
    if (at === this.#data.length) {
      const larger = new Float64Array(2 * at)
      larger.set(this.#data)
      this.#data = larger
    }
    for (let i = 0; i < this.#width; i++) this.#data[at + i] = figures[i]!
    this.size++
  }

  at(row: number, column: number): number {
    return this.#data[row * this.#width + column]!
  }
}

/** Units of one series of goods at a branch. */
export interface SeriesRow {
  readonly branch: number
  /** Number of the series in `series`; 0: the goods of this row bear none. */
  readonly series: number
  readonly units: number
}

/**
 * What a balance says, in typed arrays: units by goods and branch, and its series. 700,000 rows take some tens of
 * megabytes. Goods are numbers of `goods`, branches places of the list that it was made for.
 */
export class StockTable {
  readonly goods = new Dictionary()
  readonly series = new Dictionary()
  readonly branches: number
  #units: Float64Array
  /** Branch, series, units, and the row before of the same goods. */
  readonly #rows = new Rows(4)
  readonly #last: Array<number> = []

  constructor(branches: number) {
    this.branches = branches
    this.#units = new Float64Array(FIRST_ROWS * branches)
    this.series.of("")
  }

  /**
   * `series`: null where the base keeps none, "" where the goods of this row bear none. `units`: NaN where the row cannot be
   * read; nothing is known then of these goods at this branch.
   */
  add(externalId: string, branch: number, units: number, series: string | null): void {
    const goods = this.goods.of(externalId)
    const cell = goods * this.branches + branch
    if (cell >= this.#units.length) this.#grow(cell + 1)
    this.#units[cell] = exact(this.#units[cell]! + units)
    if (series === null || Number.isNaN(units)) return
    this.#rows.push(branch, this.series.of(series), units, this.#last[goods] ?? NO_ROW)
    this.#last[goods] = this.#rows.size - 1
  }

  /** Was there a row that could not be read? */
  isUnread(goods: ReadonlyArray<number>, branch: number): boolean {
    return goods.some((one) => Number.isNaN(this.units(one, branch)))
  }

  /** Does any row speak of series? */
  get hasSeries(): boolean {
    return this.#rows.size > 0
  }

  units(goods: number, branch: number): number {
    return this.#units[goods * this.branches + branch] ?? 0
  }

  /** The series of these goods, at all branches. */
  *seriesOf(goods: number): Generator<SeriesRow> {
    const rows = this.#rows
    for (let row = this.#last[goods] ?? NO_ROW; row !== NO_ROW; row = rows.at(row, 3)) {
      yield { branch: rows.at(row, 0), series: rows.at(row, 1), units: rows.at(row, 2) }
    }
  }

  #grow(size: number): void {
    const larger = new Float64Array(Math.max(size, 2 * this.#units.length))
    larger.set(this.#units)
    this.#units = larger
  }
}

/**
 * The table's goods of each product: none where it has no row, several where two of the base's ids mean one product.
 */
export const goodsByProduct = async (
  links: ReadonlyMap<string, string>,
  table: StockTable
): Promise<ReadonlyMap<string, ReadonlyArray<number>>> => {
  const products = new Map<string, ReadonlyArray<number>>()
  const slices = new Slices()
  for (const [externalId, product] of links) {
    const goods = table.goods.find(externalId)
    const others = products.get(product) ?? NONE
    products.set(product, goods === undefined ? others : [...others, goods])
    if (slices.due) await slices.rest()
  }
  return products
}
