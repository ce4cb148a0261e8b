import { type InboundRun, NO_PRICE } from "@aptekit/core"
import { Currencies } from "../import/currency.ts"
import { digitsOf } from "../sale/compose.ts"
import type { Base } from "./base.ts"
import { type Catalogue, externalIdOf } from "./catalogue.ts"
import { Rejects } from "./rejects.ts"
import { numberOf, refOf, type Row, textOf } from "./values.ts"

const NETWORK = -1
const CHUNK = 65_536
const MAX_MINOR = 2_147_483_647

interface Target {
  readonly priceType: string
  readonly branch: number
}

interface Amount {
  readonly id: string
  readonly line: number
  readonly minor: number
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
    const key = [prices.product, prices.variant, prices.priceType, prices.unit].filter((field) => field !== null)
    const amounts = new Map<Target, Array<Amount>>()
    let rejects = new Rejects()
    const begin = (): void => {
      rejects = new Rejects()
      amounts.clear()
    }
    await this.#base.each({ path: prices.table, key }, begin, ({ rows, read, total }) => {
      const first = read - rows.length + 1
      for (const [i, row] of rows.entries()) this.#take(row, first + i, currencies, amounts, rejects)
      run.progress("reading", total === 0 ? 100 : Math.floor((read * 100) / total))
    })
    await this.#catalogue.ensure([...amounts.values()].flat().map(({ id }) => id))
    for (const [target, rows] of amounts) await this.#flush(run, asOf, target, rows, rejects)
    return rejects
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
    amounts: Map<Target, Array<Amount>>,
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
    const id = externalIdOf(product, prices.variant === null ? null : refOf(row, prices.variant))
    const rows = amounts.get(target)
    if (rows === undefined) amounts.set(target, [{ id, line, minor }])
    else rows.push({ id, line, minor })
  }

  async #flush(
    run: InboundRun,
    asOf: number,
    target: Target,
    rows: ReadonlyArray<Amount>,
    rejects: Rejects
  ): Promise<void> {
    const slots = new Map<number, number>()
    for (const { id, line, minor } of rows) {
      const product = this.#catalogue.links.get(id)
      const slot = product === undefined ? undefined : this.#base.parts.hub.catalogue.slot(product)
      if (slot === undefined) rejects.park(line, `Товар ${id} из цен не найден: он появится после чтения номенклатуры.`)
      else slots.set(slot, minor)
    }
    const all = [...slots]
    for (let at = 0; at < all.length; at += CHUNK) {
      const part = all.slice(at, at + CHUNK)
      await run.write({
        kind: "price",
        asOf,
        priceType: target.priceType,
        products: Int32Array.from(part, ([slot]) => slot),
        branches: new Int32Array(part.length).fill(target.branch),
        amounts: Int32Array.from(part, ([, minor]) => minor)
      })
    }
  }
}

/** Minor units, NO_PRICE for 0; null where they are none. */
const minorOf = (amount: number | null, digits: number): number | null => {
  if (amount === null || amount < 0) return null
  const minor = Math.round(amount * 10 ** digits)
  if (Math.abs(minor - amount * 10 ** digits) > 1e-4 || minor > MAX_MINOR) return null
  return minor === 0 ? NO_PRICE : minor
}
