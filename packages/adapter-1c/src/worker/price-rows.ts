import { NO_CURRENCY } from "../cml/price.ts"
import type { PriceRecord, PriceTypeRecord } from "../cml/records.ts"
import { Currencies } from "../import/currency.ts"
import type { Notes } from "../import/notes.ts"
import { Grid, NONE } from "./grid.ts"
import { Marks } from "./marks.ts"
import type { FilePacks } from "./packs.ts"
import type { ReadRequest, ThreadData } from "./protocol.ts"
import type { Tables } from "./tables.ts"

const ONE = 1000

/** Whether prices in a currency are ours; `later`: it is that of the price type, which the file may still name. */
type Verdict = "ours" | "foreign" | "later"

const TOO_DEAR = "Цена за базовую единицу слишком велика, строка не принята."
const NO_FACTOR = "Цена: коэффициент единицы не больше нуля, строка не принята."

/** The prices of a file by product and price type. Of several of one product and type the last counts. */
export class PriceRows {
  /** Two columns for each price type: 2n sure of its currency, 2n + 1 in that of its type, if that turns out to be ours. */
  readonly grid = new Grid()
  /** Lines of the first price of each type and of each product, 0: none. */
  readonly typeLines = new Marks()
  readonly lines = new Marks()
  readonly #data: ThreadData
  readonly #tables: Tables
  readonly #notes: Notes
  readonly #packs: FilePacks
  readonly #ours: string
  readonly #currencies: Currencies
  /** By the number of the price type; null: it has none. */
  readonly #typeCurrencies: Array<string | null> = []
  /** By the reader's index, and by the text as written. */
  readonly #verdicts: Array<Verdict> = []
  readonly #written = new Map<string, Verdict>()

  constructor(request: ReadRequest, tables: Tables, notes: Notes, packs: FilePacks, data: ThreadData) {
    this.#packs = packs
    this.#data = data
    this.#tables = tables
    this.#notes = notes
    this.#ours = request.currency
    this.#currencies = new Currencies(request.currencies)
    for (const { id, currency } of request.priceTypes) this.#typeCurrencies[tables.priceTypes.add(id)] = currency
  }

  priceType({ id, currency }: PriceTypeRecord): void {
    this.#typeCurrencies[this.#tables.priceTypes.add(id)] = currency
  }

  /** A price for one unit. `currency`: the reader's index, its text on demand. */
  plain(offer: number, type: number, minor: number, currency: number, line: number, textOf: (index: number) => string): void {
    const verdict = currency === NO_CURRENCY
      ? this.#ofType(type)
      : this.#verdicts[currency] ??= this.#judge(textOf(currency))
    if (verdict === "foreign") this.#foreign(currency === NO_CURRENCY ? this.#typeCurrencies[type]! : textOf(currency), line)
    else this.#put(offer, type, minor, verdict, line)
  }

  record(row: PriceRecord): void {
    // A price for larger amounts is not what one unit costs.
    if (row.minQuantityThousandths > ONE) return
    if (row.factorThousandths <= 0) return this.#notes.reject(row.line, NO_FACTOR)
    const minor = Math.round(row.minorUnits * ONE / row.factorThousandths)
    if (minor > this.#data.maxPrice) return this.#notes.reject(row.line, TOO_DEAR)
    const type = this.#tables.priceTypes.add(row.priceTypeId)
    const verdict = row.currency === null ? this.#ofType(type) : this.#ofText(row.currency)
    if (verdict === "foreign") return this.#foreign(row.currency ?? this.#typeCurrencies[type]!, row.line)
    this.#put(this.#tables.offers.add(row.offerId), type, minor, verdict, row.line)
  }

  /** The file has ended: prices in the currency of a type that was named behind them are ours, or rejected. */
  settle(): void {
    for (let type = 0; 2 * type + 1 < this.grid.columns; type++) {
      if (!this.grid.has(2 * type + 1)) continue
      const foreign = this.#judge(this.#typeCurrencies[type] ?? "") === "foreign"
      this.grid.each(2 * type + 1, (offer, minor) => {
        if (foreign) this.#foreign(this.#typeCurrencies[type]!, this.lines.get(offer))
        else this.grid.set(offer, 2 * type, minor)
        this.grid.set(offer, 2 * type + 1, NONE)
      })
    }
  }

  /** `said`: for one of what the offer counts in. */
  #put(offer: number, type: number, said: number, verdict: Verdict, line: number): void {
    const scale = this.#packs.scale(offer)
    const minor = scale === 1 ? said : Math.round(said / scale)
    const sure = verdict === "ours"
    this.grid.set(offer, sure ? 2 * type : 2 * type + 1, minor)
    const other = sure ? 2 * type + 1 : 2 * type
    if (this.grid.has(other)) this.grid.set(offer, other, NONE)
    this.typeLines.setFirst(type, line)
    this.lines.setFirst(offer, line)
  }

  #ofType(type: number): Verdict {
    const known = this.#typeCurrencies[type]
    return known === undefined ? "later" : this.#ofText(known ?? "")
  }

  #ofText(text: string): Verdict {
    let verdict = this.#written.get(text)
    if (verdict === undefined) this.#written.set(text, verdict = this.#judge(text))
    return verdict
  }

  #judge(text: string): Verdict {
    const iso = text === "" ? "" : this.#currencies.iso(text)
    return iso === "" || this.#ours === "any" || iso === this.#ours ? "ours" : "foreign"
  }

  #foreign(text: string, line: number): void {
    const iso = this.#currencies.iso(text).slice(0, 10)
    this.#notes.reject(line, `Цена в валюте ${iso}, а цены хаба в ${this.#ours}: строка не принята.`)
  }
}
