import type { InboundRun } from "@aptekit/core"
import type { Base } from "./base.ts"
import { type Catalogue, externalIdOf } from "./catalogue.ts"
import { stockKey } from "./needs.ts"
import { percentOf } from "./paging.ts"
import type { WarehousePlaces } from "./places.ts"
import { Rejects } from "./rejects.ts"
import { Slices } from "./slices.ts"
import { exact, goodsByProduct, StockTable } from "./stock-table.ts"
import { numberOf, refOf, type Row } from "./values.ts"

/** Rows of a batch: some milliseconds of work. */
const CHUNK = 8192
const MAX_UNITS = 2_147_483_647

export interface StockResult {
  readonly rejects: Rejects
  readonly table: StockTable
  /** Branches by their places in the table. */
  readonly branches: ReadonlyArray<string>
}

/**
 * The free stock of all mapped warehouses, read whole (fact 88). Only because every page came and the count agreed does
 * a row that is not there mean zero (D3): each known product at each mapped branch is stated, unless its row is there and
 * cannot be read.
 */
export class StockReader {
  readonly #base: Base
  readonly #catalogue: Catalogue
  readonly #places: WarehousePlaces

  constructor(base: Base, catalogue: Catalogue, places: WarehousePlaces) {
    this.#base = base
    this.#catalogue = catalogue
    this.#places = places
  }

  /** Writes a whole statement as of `asOf` into the run, and gives what it saw. */
  async write(run: InboundRun, asOf: number): Promise<StockResult> {
    await this.#catalogue.refresh()
    const branches = this.#places.branches()
    const { table, rejects } = await this.#read(run, new Map(branches.map((branch, place) => [branch, place])))
    await this.#catalogue.ensure(table.goods.texts)
    await this.#state(run, asOf, { table, rejects, branches })
    return { table, rejects, branches }
  }

  async #read(run: InboundRun, places: ReadonlyMap<string, number>): Promise<Omit<StockResult, "branches">> {
    const stock = this.#base.parts.mapping.stock!
    let read = { table: new StockTable(places.size), rejects: new Rejects() }
    const begin = (): void => {
      read = { table: new StockTable(places.size), rejects: new Rejects() }
    }
    // No `allowedOnly`: rows that the user may not see would be taken for zeros; so the base refuses instead (fact 75).
    await this.#base.each({ path: stock.table, key: stockKey(stock) }, begin, (page) => {
      const first = page.read - page.rows.length + 1
      for (const [i, row] of page.rows.entries()) this.#take(row, first + i, places, read)
      run.progress("reading", percentOf(page))
    })
    return read
  }

  #take(
    row: Row,
    line: number,
    places: ReadonlyMap<string, number>,
    { table, rejects }: Omit<StockResult, "branches">
  ): void {
    const stock = this.#base.parts.mapping.stock!
    const [product, warehouse] = [refOf(row, stock.product), refOf(row, stock.warehouse)]
    if (product === null || warehouse === null) return rejects.reject(line, "Строка остатков без товара или склада.")
    const branch = this.#places.branch(warehouse)
    if (branch === "ignore") return
    const place = branch === undefined ? undefined : places.get(branch)
    if (place === undefined) {
      return rejects.park(line, branch === undefined
        ? `Склад ${warehouse} не сопоставлен с филиалом: укажите его в настройке warehouses.`
        : `Филиала ${branch} нет в хабе: создайте его или исправьте настройку warehouses.`)
    }
    const units = sum(row, stock.plus) - sum(row, stock.minus)
    if (Number.isNaN(units)) rejects.reject(line, `Количество товара ${product} на складе ${warehouse} не число: остаток прежний.`)
    const id = externalIdOf(product, stock.variant === null ? null : refOf(row, stock.variant))
    table.add(id, place, units, stock.series === null ? null : refOf(row, stock.series) ?? "")
  }

  /** Everything that is known, in batches. */
  async #state(run: InboundRun, asOf: number, { table, rejects, branches }: StockResult): Promise<void> {
    const { links } = this.#catalogue
    const { hub } = this.#base.parts
    const slices = new Slices()
    for (const id of table.goods.texts) {
      if (!links.has(id)) rejects.park(0, `Товар ${id} из остатков не найден: он появится после чтения номенклатуры.`)
      if (slices.due) await slices.rest()
    }
    const slots = branches.map((branch) => this.#places.slot(branch)!)
    const batch = new Batch(run, asOf)
    for (const [product, goods] of await goodsByProduct(links, table)) {
      if (slices.due) await slices.rest()
      const slot = hub.catalogue.slot(product)
      if (slot === undefined) continue
      for (const [place, branch] of slots.entries()) {
        if (table.isUnread(goods, place)) continue
        const units = goods.reduce((total, id) => exact(total + table.units(id, place)), 0)
        if (batch.add(slot, branch, whole(units, product, rejects))) await batch.flush()
      }
    }
    await batch.flush()
  }
}

const sum = (row: Row, fields: ReadonlyArray<string>): number =>
  fields.reduce((total, field) => total + (numberOf(row, field) ?? NaN), 0)

/** Whole units, never below zero; both are told (D6). */
const whole = (units: number, product: string, rejects: Rejects): number => {
  if (units < 0) rejects.note(0, `Отрицательный остаток товара ${product} принят как 0.`)
  else if (!Number.isInteger(units)) rejects.note(0, `Дробный остаток товара ${product} округлён вниз.`)
  return Math.min(MAX_UNITS, Math.max(0, Math.floor(units)))
}

/** Rows gathered in typed arrays. */
class Batch {
  readonly #run: InboundRun
  readonly #asOf: number
  readonly #products = new Int32Array(CHUNK)
  readonly #branches = new Int32Array(CHUNK)
  readonly #quantities = new Int32Array(CHUNK)
  #size = 0

  constructor(run: InboundRun, asOf: number) {
    this.#run = run
    this.#asOf = asOf
  }

  /** Gives whether it is full. */
  add(product: number, branch: number, quantity: number): boolean {
    this.#products[this.#size] = product
    this.#branches[this.#size] = branch
    this.#quantities[this.#size] = quantity
    return ++this.#size === CHUNK
  }

  async flush(): Promise<void> {
    if (this.#size === 0) return
    const [products, branches, quantities] = [this.#products, this.#branches, this.#quantities].map((figures) =>
      figures.slice(0, this.#size)
    )
    this.#size = 0
    await this.#run.write({
      kind: "stock", asOf: this.#asOf, products: products!, branches: branches!, quantities: quantities!
    })
  }
}
