import type { XmlAttributes } from "../xml/attributes.ts"
import type { Rules } from "./automaton.ts"
import type { Context } from "./context.ts"
import type { DecimalReader } from "./decimal.ts"
import type { Field } from "./field.ts"
import { numberReason } from "./number-reason.ts"

/** Quantities above this do not fit the image of stock (decision D5). */
const MAX_THOUSANDTHS = 2_147_483_647_000

type Quantity = "none" | "read" | "refused"

/** A row being read. Bounds are those of the warehouse's id in the field, equal while no warehouse is named. */
class Row {
  line = 0
  start = 0
  end = 0
  quantity: Quantity = "none"
  thousandths = 0

  reset(line: number): void {
    this.line = line
    this.start = this.end = this.thousandths = 0
    this.quantity = "none"
  }

  get hasWarehouse(): boolean {
    return this.end > this.start
  }
}

const ROW_CHILDREN: Readonly<Record<string, string>> = {
  Ид: "stock.warehouse",
  ИдСклада: "stock.warehouse",
  Количество: "stock.quantity",
  КоличествоНаСкладе: "stock.quantity"
}

export interface StockAttributes {
  readonly warehouse: number
  readonly quantity: number
}

/** Reads the five shapes of stock (fact 40). Rows wait in arrays for the end of the offer, where its id is known. */
export class StockReader {
  static readonly children: Readonly<Record<string, string>> = {
    Количество: "stock.total",
    Склад: "stock.row",
    Склады: "stock.rows",
    КоличествоНаСкладах: "stock.list",
    Остатки: "stock.rests"
  }

  count = 0
  readonly lines: number[] = []
  /** Bounds of the warehouse's id in the field; equal for a row without warehouse, the total. */
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly thousandths: number[] = []

  readonly #context: Context
  readonly #field: Field
  readonly #decimal: DecimalReader
  readonly #attributes: StockAttributes
  readonly #row = new Row()
  /** `Остаток`, which may hold several `Склад` or be a row itself. */
  readonly #rest = new Row()
  /** The `Склад` inside it that has no quantity of its own. */
  readonly #half = new Row()
  #halves = 0
  #others = 0

  constructor(context: Context, field: Field, decimal: DecimalReader, attributes: StockAttributes) {
    this.#context = context
    this.#field = field
    this.#decimal = decimal
    this.#attributes = attributes
  }

  reset(): void {
    this.count = 0
  }

  rules(): Rules {
    const open = (attributes: XmlAttributes): void => this.#open(attributes)
    return {
      "stock.total": {
        open: () => this.#row.reset(this.#context.line()),
        value: (field) => {
          this.#setQuantity(this.#row, field)
          if (this.#row.quantity === "read") this.#push(this.#row, this.#row)
        }
      },
      "stock.row": { open, children: ROW_CHILDREN, close: () => this.#closeRow() },
      "stock.rows": { open: (attributes) => this.#openRows(attributes), children: { Склад: "stock.row" } },
      "stock.list": { children: { КоличествоНаСкладе: "stock.row" } },
      "stock.warehouse": { value: (field) => this.#setWarehouse(this.#row, field) },
      "stock.quantity": { value: (field) => this.#setQuantity(this.#row, field) },
      "stock.rests": { children: { Остаток: "stock.rest" } },
      "stock.rest": {
        open: () => this.#openRest(),
        children: { Склад: "stock.restRow", ИдСклада: "stock.restWarehouse", Количество: "stock.restQuantity" },
        close: () => this.#closeRest()
      },
      "stock.restRow": { open, children: ROW_CHILDREN, close: () => this.#closeRestRow() },
      "stock.restWarehouse": { value: (field) => this.#setWarehouse(this.#rest, field) },
      "stock.restQuantity": { value: (field) => this.#setQuantity(this.#rest, field) }
    }
  }

  #open(attributes: XmlAttributes): void {
    const row = this.#row
    row.reset(this.#context.line())
    const warehouse = attributes.find(this.#attributes.warehouse)
    if (warehouse >= 0) {
      this.#field.takeAttribute(attributes.buffer, attributes.start(warehouse), attributes.end(warehouse))
      this.#setWarehouse(row, this.#field)
    }
    const quantity = attributes.find(this.#attributes.quantity)
    if (quantity < 0) return
    this.#field.takeAttribute(attributes.buffer, attributes.start(quantity), attributes.end(quantity))
    this.#setQuantity(row, this.#field)
  }

  /** In shape b `Склады` is the row itself; without attributes it is a list of `Склад`. */
  #openRows(attributes: XmlAttributes): void {
    if (attributes.count === 0) return
    this.#open(attributes)
    this.#closeRow()
  }

  #closeRow(): void {
    const row = this.#row
    if (row.quantity === "refused") return
    if (!row.hasWarehouse) this.#reject(row, "не указан склад")
    else if (row.quantity === "none") this.#reject(row, "не указано количество")
    else this.#push(row, row)
  }

  #openRest(): void {
    this.#rest.reset(this.#context.line())
    this.#halves = this.#others = 0
  }

  #closeRestRow(): void {
    const row = this.#row
    if (row.quantity === "none" && row.hasWarehouse) {
      this.#halves++
      this.#half.reset(row.line)
      this.#half.start = row.start
      this.#half.end = row.end
    } else {
      this.#others++
      this.#closeRow()
    }
  }

  #closeRest(): void {
    const rest = this.#rest
    if (rest.quantity === "refused") return
    const isList = this.#halves + this.#others > 0
    if (rest.quantity === "none") {
      if (this.#halves > 0) this.#reject(this.#half, "не указано количество")
      else if (!isList) this.#reject(rest, "не указано количество")
    } else if (!isList) this.#push(rest, rest)
    else if (this.#halves === 1 && this.#others === 0 && !rest.hasWarehouse) this.#push(this.#half, rest)
    else this.#reject(rest, "непонятно, к какому складу относится количество")
  }

  #setWarehouse(row: Row, field: Field): void {
    field.keep()
    row.start = field.start
    row.end = field.end
  }

  #setQuantity(row: Row, { bytes, start, end }: Field): void {
    const read = this.#decimal.read(bytes, start, end, 3) || this.#decimal.problem === "too-precise"
    const tooLarge = Math.abs(this.#decimal.value) > MAX_THOUSANDTHS
    row.quantity = read && !tooLarge ? "read" : "refused"
    row.thousandths = this.#decimal.value
    if (row.quantity === "read") return
    const problem = tooLarge ? "too-large" : this.#decimal.problem ?? "not-a-number"
    this.#reject(row, numberReason(problem, "количество", bytes, start, end))
  }

  #push(place: Row, amount: Row): void {
    const at = this.count++
    this.lines[at] = place.line
    this.starts[at] = place.start
    this.ends[at] = place.end
    this.thousandths[at] = amount.thousandths
  }

  #reject(row: Row, reason: string): void {
    this.#context.reject("stock", row.line, `Остаток: ${reason}`)
  }
}
