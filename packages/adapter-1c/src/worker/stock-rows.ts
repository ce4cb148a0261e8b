import { TOTAL } from "../cml/offer.ts"
import type { Notes } from "../import/notes.ts"
import { Grid } from "./grid.ts"
import { Marks } from "./marks.ts"
import type { FilePacks } from "./packs.ts"

/** Of one product in one place. */
export const MAX_UNITS = 1_000_000_000
const ONE = 1000
/** The column of totals; that of a warehouse is its number and 1. */
export const TOTAL_COLUMN = 0

/** The stock of a file by product and warehouse. Of several rows of one product and warehouse the last counts. */
export class StockRows {
  readonly grid = new Grid()
  /** Lines of the first row of each column and of each product. */
  readonly columnLines = new Marks()
  readonly lines = new Marks()
  readonly #notes: Notes
  /** By offer: 1 if the file names warehouses for it; its total does not count then. */
  readonly #detailed = new Marks()
  /** A total that has something to be told, unless rows of warehouses follow. */
  #told: { readonly offer: number; readonly thousandths: number; readonly line: number } | undefined

  readonly #packs: FilePacks

  constructor(notes: Notes, packs: FilePacks) {
    this.#notes = notes
    this.#packs = packs
  }

  isDetailed(offer: number): boolean {
    return this.#detailed.get(offer) === 1
  }

  /** `said`: thousandths of what the offer counts in. */
  put(offer: number, warehouse: number, said: number, line: number): void {
    const thousandths = said * this.#packs.scale(offer)
    if (warehouse !== TOTAL) this.#detailed.set(offer, 1)
    const units = thousandths < 0 ? 0 : Math.floor(thousandths / ONE)
    if (units > MAX_UNITS) return this.#notes.reject(line, `Остаток слишком велик (${units}): строка не принята.`)
    if (units * ONE !== thousandths) this.#rounded(offer, warehouse, thousandths, line)
    this.grid.set(offer, warehouse + 1, units)
    this.columnLines.setFirst(warehouse + 1, line)
    this.lines.setFirst(offer, line)
  }

  /** Is there a total that counts? */
  needsTotal(): boolean {
    let needed = false
    this.grid.each(TOTAL_COLUMN, (offer) => { needed ||= !this.isDetailed(offer) })
    return needed
  }

  settle(): void {
    const told = this.#told
    this.#told = undefined
    if (told !== undefined && !this.isDetailed(told.offer)) this.#remark(told.thousandths, told.line)
  }

  #rounded(offer: number, warehouse: number, thousandths: number, line: number): void {
    if (warehouse !== TOTAL) return this.#remark(thousandths, line)
    this.settle()
    this.#told = { offer, thousandths, line }
  }

  #remark(thousandths: number, line: number): void {
    if (thousandths < 0) return this.#notes.remark(line, "Остаток меньше нуля: учтён как 0.")
    const units = Math.floor(thousandths / ONE)
    this.#notes.remark(line, `Дробный остаток ${thousandths / ONE}: учтено целых единиц ${units}.`)
  }
}
