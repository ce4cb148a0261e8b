import type { InboundRun, StockSeries } from "@aptekit/core"
import type { Base } from "./base.ts"
import { type Catalogue, externalIdOf } from "./catalogue.ts"
import { stockKey } from "./needs.ts"
import type { WarehousePlaces } from "./places.ts"
import { Rejects } from "./rejects.ts"
import { dayOf, numberOf, refOf, type Row, textOf } from "./values.ts"

const CHUNK = 65_536
/** Digits of a quantity in 1C; less is the noise of floating point. */
const STEP = 1000
const MAX_UNITS = 2_147_483_647

interface SeriesInfo {
  readonly number: string
  readonly expiresAt: string | null
}

/** Units by external id and branch, and by series where the base has them. */
interface Read {
  readonly units: Map<string, Map<string, number>>
  /** `product\tbranch` → series → units. */
  readonly series: Map<string, Map<string, number>>
}

export interface StockResult {
  readonly rejects: Rejects
  readonly series: ReadonlyArray<StockSeries>
}

const exact = (quantity: number): number => Math.round(quantity * STEP) / STEP

/**
 * The free stock of all mapped warehouses, read whole (fact 88). Only because every page came and the count agreed does
 * a row that is not there mean zero (D3): each known product at each mapped branch is stated.
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

  /** Writes a whole statement as of `asOf` into the run, and gives the series it saw. */
  async write(run: InboundRun, asOf: number): Promise<StockResult> {
    await this.#catalogue.refresh()
    const rejects = { current: new Rejects() }
    const read = await this.#read(run, rejects)
    await this.#catalogue.ensure(read.units.keys())
    const seriesNames = read.series.size === 0 ? new Map<string, SeriesInfo>() : await this.#seriesNames()
    await this.#state(run, asOf, read, rejects.current)
    return { rejects: rejects.current, series: this.#seriesRows(read, seriesNames) }
  }

  async #read(run: InboundRun, rejects: { current: Rejects }): Promise<Read> {
    const stock = this.#base.parts.mapping.stock!
    const read: Read = { units: new Map(), series: new Map() }
    const begin = (): void => {
      rejects.current = new Rejects()
      read.units.clear()
      read.series.clear()
    }
    // No `allowedOnly`: rows that the user may not see would be taken for zeros; so the base refuses instead (fact 75).
    await this.#base.each({ path: stock.table, key: stockKey(stock) }, begin, ({ rows, read: count, total }) => {
      const first = count - rows.length + 1
      for (const [i, row] of rows.entries()) this.#take(row, first + i, read, rejects.current)
      run.progress("reading", total === 0 ? 100 : Math.floor((count * 100) / total))
    })
    return read
  }

  #take(row: Row, line: number, read: Read, rejects: Rejects): void {
    const stock = this.#base.parts.mapping.stock!
    const [product, warehouse] = [refOf(row, stock.product), refOf(row, stock.warehouse)]
    if (product === null || warehouse === null) return rejects.reject(line, "Строка остатков без товара или склада.")
    const branch = this.#places.branch(warehouse)
    if (branch === "ignore") return
    if (branch === undefined || this.#places.slot(branch) === undefined) {
      return rejects.park(line, branch === undefined
        ? `Склад ${warehouse} не сопоставлен с филиалом: укажите его в настройке warehouses.`
        : `Филиала ${branch} нет в хабе: создайте его или исправьте настройку warehouses.`)
    }
    const units = sum(row, stock.plus) - sum(row, stock.minus)
    if (Number.isNaN(units)) return rejects.reject(line, "Количество в остатках не число.")
    const id = externalIdOf(product, stock.variant === null ? null : refOf(row, stock.variant))
    add(read.units, id, branch, units)
    if (stock.series === null) return
    const series = refOf(row, stock.series)
    add(read.series, `${id}\t${branch}`, series ?? "", units)
  }

  async #seriesNames(): Promise<Map<string, SeriesInfo>> {
    const { series } = this.#base.parts.mapping
    const names = new Map<string, SeriesInfo>()
    if (series === null) return names
    const { set, number, expires } = series
    const table = { path: set, key: ["Ref_Key"], select: ["Ref_Key", number, expires], allowedOnly: true }
    await this.#base.each(table, () => names.clear(), ({ rows }) => {
      for (const row of rows) {
        const info = { number: (textOf(row, number) ?? "").slice(0, 100), expiresAt: dayOf(row, expires) }
        names.set(refOf(row, "Ref_Key") ?? "", info)
      }
    })
    return names
  }

  /** Everything that is known, in batches. */
  async #state(run: InboundRun, asOf: number, read: Read, rejects: Rejects): Promise<void> {
    const { links } = this.#catalogue
    const branches = this.#places.branches().map((id) => ({ id, slot: this.#places.slot(id)! }))
    for (const id of read.units.keys()) {
      if (!links.has(id)) rejects.park(0, `Товар ${id} из остатков не найден: он появится после чтения номенклатуры.`)
    }
    const batch = new Batch(run, asOf)
    for (const [product, units] of this.#byProduct(read)) {
      const slot = this.#base.parts.hub.catalogue.slot(product)
      if (slot === undefined) continue
      for (const branch of branches) {
        await batch.add(slot, branch.slot, whole(units.get(branch.id) ?? 0, product, rejects))
      }
    }
    await batch.flush()
  }

  /** Two of the base's ids may mean one product. */
  #byProduct(read: Read): Map<string, Map<string, number>> {
    const products = new Map<string, Map<string, number>>()
    for (const [externalId, product] of this.#catalogue.links) {
      const units = products.get(product) ?? new Map<string, number>()
      for (const [branch, more] of read.units.get(externalId) ?? []) {
        units.set(branch, exact((units.get(branch) ?? 0) + more))
      }
      products.set(product, units)
    }
    return products
  }

  /** Goods of which the base names a series; of the others nothing is said (R9). */
  #seriesRows(read: Read, names: ReadonlyMap<string, SeriesInfo>): ReadonlyArray<StockSeries> {
    const rows = new Map<string, StockSeries>()
    for (const [key, bySeries] of read.series) {
      const [externalId = "", branchId = ""] = key.split("\t")
      const productId = this.#catalogue.links.get(externalId)
      const isTracked = [...bySeries.keys()].some((series) => series !== "")
      if (productId === undefined || !isTracked) continue
      for (const [ref, units] of bySeries) {
        const { number, expiresAt } = names.get(ref) ?? { number: "", expiresAt: null }
        const id = `${productId}\t${branchId}\t${number}`
        const other = rows.get(id)
        const whole = Math.max(0, Math.floor(exact(units)))
        // Of two entries with one number the sooner end counts.
        const soonest = [other?.expiresAt, expiresAt].filter((day) => typeof day === "string").toSorted()[0] ?? null
        rows.set(id, {
          productId: productId as StockSeries["productId"],
          branchId: branchId as StockSeries["branchId"],
          series: number,
          expiresAt: soonest,
          units: (other?.units ?? 0) + whole
        })
      }
    }
    return [...rows.values()]
  }
}

const sum = (row: Row, fields: ReadonlyArray<string>): number =>
  fields.reduce((total, field) => total + (numberOf(row, field) ?? NaN), 0)

const add = (all: Map<string, Map<string, number>>, key: string, inner: string, units: number): void => {
  const found = all.get(key) ?? new Map<string, number>()
  found.set(inner, exact((found.get(inner) ?? 0) + units))
  all.set(key, found)
}

/** Whole units, never below zero; both are told (D6). */
const whole = (units: number, product: string, rejects: Rejects): number => {
  if (units < 0) rejects.note(0, `Отрицательный остаток товара ${product} принят как 0.`)
  else if (!Number.isInteger(units)) rejects.note(0, `Дробный остаток товара ${product} округлён вниз.`)
  return Math.min(MAX_UNITS, Math.max(0, Math.floor(units)))
}

/** Rows gathered to typed arrays. */
class Batch {
  readonly #run: InboundRun
  readonly #asOf: number
  #products: Array<number> = []
  #branches: Array<number> = []
  #quantities: Array<number> = []

  constructor(run: InboundRun, asOf: number) {
    this.#run = run
    this.#asOf = asOf
  }

  async add(product: number, branch: number, quantity: number): Promise<void> {
    this.#products.push(product)
    this.#branches.push(branch)
    this.#quantities.push(quantity)
    if (this.#products.length === CHUNK) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#products.length === 0) return
    const products = Int32Array.from(this.#products)
    const branches = Int32Array.from(this.#branches)
    const quantities = Int32Array.from(this.#quantities)
    this.#products = []
    this.#branches = []
    this.#quantities = []
    await this.#run.write({ kind: "stock", asOf: this.#asOf, products, branches, quantities })
  }
}
