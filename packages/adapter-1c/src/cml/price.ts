import type { Rules } from "./automaton.ts"
import { ABSENT, ByteMap } from "./byte-map.ts"
import type { Context } from "./context.ts"
import type { DecimalReader } from "./decimal.ts"
import type { Field } from "./field.ts"
import { numberReason } from "./number-reason.ts"

/** Prices above this do not fit the image of prices (decision D5). */
const MAX_MINOR_UNITS = 2_147_483_647
const MAX_CURRENCIES = 256
const ONE = 1000

/** No currency is written at the price: that of its type holds. */
export const NO_CURRENCY = -1

/** The prices of the offer being read. They wait in arrays for its end, where its whole id is known. */
export class PriceReader {
  static readonly children: Readonly<Record<string, string>> = { Цены: "price.list" }

  count = 0
  readonly lines: number[] = []
  /** Bounds of the price type's id in the field. */
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly minorUnits: number[] = []
  readonly currencyIndexes: number[] = []
  readonly factors: number[] = []
  readonly minimums: number[] = []
  /** Bounds of the unit's name in the field, equal where none is written. */
  readonly unitStarts: number[] = []
  readonly unitEnds: number[] = []
  /** Every currency met so far, by its index. */
  readonly currencies: string[] = []

  readonly #context: Context
  readonly #decimal: DecimalReader
  readonly #known = new ByteMap()
  #line = 0
  #start = 0
  #end = 0
  #minorUnits = ABSENT
  #currency = NO_CURRENCY
  #factor = ONE
  #minimum = 0
  #unitStart = 0
  #unitEnd = 0
  #trouble: string | undefined

  constructor(context: Context, decimal: DecimalReader) {
    this.#context = context
    this.#decimal = decimal
  }

  reset(): void {
    this.count = 0
  }

  rules(): Rules {
    return {
      "price.list": { children: { Цена: "price.row" } },
      "price.row": {
        open: () => this.#open(),
        children: {
          ИдТипаЦены: "price.type",
          ЦенаЗаЕдиницу: "price.amount",
          Валюта: "price.currency",
          Единица: "price.unit",
          Коэффициент: "price.factor",
          МинКоличество: "price.minimum"
        },
        close: () => this.#close()
      },
      "price.type": { value: (field) => this.#setType(field) },
      "price.amount": { value: (field) => this.#setAmount(field) },
      "price.currency": { value: (field) => this.#setCurrency(field) },
      "price.unit": { value: (field) => this.#setUnit(field) },
      "price.factor": { value: (field) => { this.#factor = this.#thousandths(field, "Коэффициент", ONE) } },
      "price.minimum": { value: (field) => { this.#minimum = this.#thousandths(field, "МинКоличество", 0) } }
    }
  }

  #open(): void {
    this.#line = this.#context.line()
    this.#start = this.#end = 0
    this.#minorUnits = ABSENT
    this.#currency = NO_CURRENCY
    this.#factor = ONE
    this.#minimum = 0
    this.#unitStart = this.#unitEnd = 0
    this.#trouble = undefined
  }

  #setType(field: Field): void {
    field.keep()
    this.#start = field.start
    this.#end = field.end
  }

  /** As a string it is made for the few prices of other units only. */
  #setUnit(field: Field): void {
    field.keep()
    this.#unitStart = field.start
    this.#unitEnd = field.end
  }

  #setAmount(field: Field): void {
    const { bytes, start, end } = field
    const read = this.#decimal.read(bytes, start, end, 2)
    const { value, problem } = this.#decimal
    this.#minorUnits = value
    if (!read) this.#trouble = numberReason(problem ?? "not-a-number", "ЦенаЗаЕдиницу", bytes, start, end)
    else if (value < 0) this.#trouble = numberReason("negative", "ЦенаЗаЕдиницу", bytes, start, end)
    else if (value > MAX_MINOR_UNITS) this.#trouble = numberReason("too-large", "ЦенаЗаЕдиницу", bytes, start, end)
  }

  #thousandths(field: Field, what: string, otherwise: number): number {
    const { bytes, start, end } = field
    if (field.isEmpty) return otherwise
    const read = this.#decimal.read(bytes, start, end, 3)
    if (!read) this.#trouble = numberReason(this.#decimal.problem ?? "not-a-number", what, bytes, start, end)
    else if (this.#decimal.value < 0) this.#trouble = numberReason("negative", what, bytes, start, end)
    return this.#decimal.value
  }

  #setCurrency(field: Field): void {
    if (field.isEmpty) return
    const known = this.#known.get(field.bytes, field.start, field.end)
    this.#currency = known === ABSENT ? this.#addCurrency(field) : known
  }

  #addCurrency(field: Field): number {
    if (this.currencies.length === MAX_CURRENCIES || field.end - field.start > 32) {
      this.#trouble = "непонятная Валюта"
      return NO_CURRENCY
    }
    const index = this.currencies.push(field.text()) - 1
    this.#known.setBytes(field.bytes, field.start, field.end, index)
    return index
  }

  #close(): void {
    if (this.#end === this.#start) this.#trouble ??= "не указан ИдТипаЦены"
    if (this.#minorUnits === ABSENT) this.#trouble ??= "не указана ЦенаЗаЕдиницу"
    if (this.#factor === 0) this.#trouble ??= "Коэффициент равен нулю"
    if (this.#trouble !== undefined) return this.#context.reject("price", this.#line, `Цена: ${this.#trouble}`)
    const at = this.count++
    this.lines[at] = this.#line
    this.starts[at] = this.#start
    this.ends[at] = this.#end
    this.minorUnits[at] = this.#minorUnits
    this.currencyIndexes[at] = this.#currency
    this.factors[at] = this.#factor
    this.minimums[at] = this.#minimum
    this.unitStarts[at] = this.#unitStart
    this.unitEnds[at] = this.#unitEnd
  }

  /** Whether the price is simply for one base unit, whatever the amount. */
  isPlain(at: number): boolean {
    return this.factors[at] === ONE && this.minimums[at]! <= ONE
  }
}
