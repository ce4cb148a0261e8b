import { type InboundRun, NO_PRICE } from "@aptekit/core"
import { Currencies } from "../import/currency.ts"
import { digitsOf } from "../sale/compose.ts"
import type { Base } from "./base.ts"
import { type Catalogue, externalIdOf } from "./catalogue.ts"
import { percentOf } from "./paging.ts"
import { type PriceColumn, PriceTable } from "./price-table.ts"
import { Rejects } from "./rejects.ts"
import { Slices } from "./slices.ts"
import { numberOf, refOf, type Row, textOf } from "./values.ts"

const NETWORK = -1
const UNKNOWN = -1
/** Rows of a batch: some milliseconds of work. */
const CHUNK = 8192
const MAX_MINOR = 2_147_483_647

interface Target {
  readonly priceType: string
  readonly branch: number
}

/** The last prices of all mapped types. A price of 0 is none; one that is not named stays as it is. */
export class PriceReader {
  readonly #base: Base
  readonly #catalogue: Catalogue
  readonly #digits: number
  readonly #targets: ReadonlyMap<string, Target | "ignore" | undefined>

  constructor(base: Base, catalogue: Catalogue) {
    this.#base = base
    this.#catalogue = catalogue
    this.#digits = digitsOf(base.parts.config.currency)
    this.#targets = new Map(
      Object.entries(base.parts.config.prices).map(([type, target]) => [type.toLowerCase(), this.#target(target)])
    )
  }

  #target(target: string | { readonly priceType: string; readonly branchId: string }): Target | "ignore" | undefined {
    if (target === "ignore") return target
    if (typeof target === "string") return { priceType: target, branch: NETWORK }
    const branch = this.#base.parts.hub.network.slot(target.branchId)
    return branch === undefined ? undefined : { priceType: target.priceType, branch }
  }

  async write(run: InboundRun, asOf: number): Promise<Rejects> {
    await this.#catalogue.refresh()
    const currencies = await this.#currencies()
    const prices = this.#base.parts.mapping.prices!
    const key = [prices.product, prices.variant, prices.priceType, prices.unit, ...prices.more].filter((field) => field !== null)
    let [table, rejects] = [new PriceTable<Target>(), new Rejects()]
    const begin = (): void => {
      [table, rejects] = [new PriceTable(), new Rejects()]
    }
    await this.#base.each({ path: prices.table, key }, begin, (page) => {
      const first = page.read - page.rows.length + 1
      for (const [i, row] of page.rows.entries()) this.#take(row, first + i, currencies, table, rejects)
      run.progress("reading", percentOf(page))
    })
    await this.#catalogue.ensure(table.goods.texts)
    const slots = await this.#slots(table.goods.texts)
    for (const [target, column] of table.columns) {
      await this.#flush(run, asOf, target, { column, slots, goods: table.goods.texts }, rejects)
    }
    return rejects
  }

  /** Rows of the hub of these goods, −1 where it has none. */
  async #slots(ids: ReadonlyArray<string>): Promise<Int32Array> {
    const { catalogue } = this.#base.parts.hub
    const slots = new Int32Array(ids.length)
    const slices = new Slices()
    for (const [i, id] of ids.entries()) {
      const product = this.#catalogue.links.get(id)
      slots[i] = product === undefined ? UNKNOWN : catalogue.slot(product) ?? UNKNOWN
      if (slices.due) await slices.rest()
    }
    return slots
  }

  /** Currency's reference → ISO code. */
  async #currencies(): Promise<ReadonlyMap<string, string>> {
    const { currencies, prices } = this.#base.parts.mapping
    const known = new Map<string, string>()
    if (currencies === null || prices?.currency === null) return known
    const words = new Currencies({})
    const select = ["Ref_Key", currencies.code, currencies.name]
    const table = { path: currencies.set, key: ["Ref_Key"], select, allowedOnly: true }
    await this.#base.each(table, () => known.clear(), ({ rows }) => {
      for (const row of rows) {
        const [code, name] = [textOf(row, currencies.code) ?? "", textOf(row, currencies.name) ?? ""]
        const byCode = words.iso(code)
        known.set(refOf(row, "Ref_Key") ?? "", /^[A-Z]{3}$/u.test(byCode) ? byCode : words.iso(name))
      }
    })
    return known
  }

  #take(
    row: Row,
    line: number,
    currencies: ReadonlyMap<string, string>,
    table: PriceTable<Target>,
    rejects: Rejects
  ): void {
    const { config, mapping } = this.#base.parts
    const prices = mapping.prices!
    const [product, type] = [refOf(row, prices.product), refOf(row, prices.priceType)]
    if (product === null || type === null) return rejects.reject(line, "Строка цен без товара или вида цены.")
    const target = this.#targets.get(type)
    if (target === "ignore") return
    if (target === undefined) {
      return rejects.park(line, `Вид цены ${type} не сопоставлен: укажите его в настройке prices.`)
    }
    if (prices.unit !== null && refOf(row, prices.unit) !== null) {
      return rejects.reject(line, `Цена товара ${product} задана за упаковку: принимаются цены за единицу.`)
    }
    const currency = prices.currency === null ? config.currency : currencies.get(refOf(row, prices.currency) ?? "")
    if (currency !== config.currency) {
      return rejects.reject(line, `Цены в валюте ${currency ?? "без кода"} не принимаются: нужна ${config.currency}.`)
    }
    const minor = minorOf(numberOf(row, prices.amount), this.#digits)
    if (minor === null) {
      return rejects.reject(line, `Цена товара ${product} не число, отрицательна, слишком велика или дробна.`)
    }
    table.add(target, externalIdOf(product, prices.variant === null ? null : refOf(row, prices.variant)), line, minor)
  }

  /** Of several rows of a product the last one counts. */
  async #flush(run: InboundRun, asOf: number, target: Target, rows: Rows, rejects: Rejects): Promise<void> {
    const { column, slots, goods } = rows
    const [products, amounts] = [new Int32Array(column.size), new Int32Array(column.size)]
    const places = new Map<number, number>()
    const slices = new Slices()
    for (let i = 0; i < column.size; i++) {
      if (slices.due) await slices.rest()
      const slot = slots[column.goods[i]!]!
      if (slot === UNKNOWN) {
        const id = goods[column.goods[i]!]!
        rejects.park(column.lines[i]!, `Товар ${id} из цен не найден: он появится после чтения номенклатуры.`)
        continue
      }
      const place = places.get(slot) ?? places.size
      places.set(slot, place)
      products[place] = slot
      amounts[place] = column.minors[i]!
    }
    for (let at = 0; at < places.size; at += CHUNK) {
      const end = Math.min(at + CHUNK, places.size)
      const branches = new Int32Array(end - at).fill(target.branch)
      const { priceType } = target
      await run.write({
        kind: "price", asOf, priceType, products: products.slice(at, end), branches, amounts: amounts.slice(at, end)
      })
    }
  }
}

/** Prices that go to one place, with what their goods are. */
interface Rows {
  readonly column: PriceColumn
  /** Rows of the hub by the numbers of the goods. */
  readonly slots: Int32Array
  readonly goods: ReadonlyArray<string>
}

/** Minor units, NO_PRICE for 0; null where they are none. */
const minorOf = (amount: number | null, digits: number): number | null => {
  if (amount === null || amount < 0) return null
  const minor = Math.round(amount * 10 ** digits)
  if (Math.abs(minor - amount * 10 ** digits) > 1e-4 || minor > MAX_MINOR) return null
  return minor === 0 ? NO_PRICE : minor
}
