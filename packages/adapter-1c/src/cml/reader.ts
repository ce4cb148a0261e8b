import { XmlScanner } from "../xml/scanner.ts"
import type { Rules } from "./automaton.ts"
import { Automaton } from "./automaton.ts"
import { classifierRules } from "./classifier.ts"
import type { Context } from "./context.ts"
import { DeletionMark } from "./context.ts"
import { DecimalReader } from "./decimal.ts"
import { CommerceMlError } from "./error.ts"
import { Field } from "./field.ts"
import { ItemId } from "./item-id.ts"
import { ItemReader } from "./item.ts"
import type { IndexedRows } from "./offer.ts"
import { OfferReader } from "./offer.ts"
import { PriceReader } from "./price.ts"
import { productRules } from "./product.ts"
import type { CommerceMlSink, Counted, DocumentSummary } from "./records.ts"
import { SectionReader } from "./section.ts"
import { StockReader } from "./stock.ts"

/** Every attribute that is read, by its number. */
const ATTRIBUTES = [
  "ВерсияСхемы", "ДатаФормирования", "СодержитТолькоИзменения", "Статус", "Код", "НаименованиеПолное",
  "НаименованиеКраткое", "МеждународноеСокращение", "ИдСклада", "КоличествоНаСкладе"
] as const

const attribute = (name: (typeof ATTRIBUTES)[number]): number => ATTRIBUTES.indexOf(name)

const noCounts = (): Record<Counted, number> => ({
  category: 0, document: 0, group: 0, offer: 0, price: 0, priceType: 0, product: 0, property: 0, rejected: 0, stock: 0,
  total: 0, unit: 0, warehouse: 0
})

export interface ReaderOptions {
  /** Ids the hub knows: their stock and prices come as numbers instead of records. */
  readonly rows?: IndexedRows
}

/**
 * Reads a CommerceML catalogue or package of offers (2.03 to 2.10, 3.x) as it arrives and hands its records to a sink.
 * A row that cannot be understood goes to `sink.rejected` and the rest goes on; a file that is not whole or not
 * CommerceML ends in `XmlError` or `CommerceMlError`, both with `line`. Records told before that are not taken back:
 * apply them only after `end` has returned.
 */
export class CommerceMlReader {
  readonly #scanner: XmlScanner
  readonly #sections: SectionReader
  readonly #prices: PriceReader
  readonly #context: Context

  constructor(sink: CommerceMlSink, options: ReaderOptions = {}) {
    const counts = noCounts()
    const context: Context = {
      sink,
      counts,
      line: () => this.#scanner.line,
      reject: (kind, line, reason) => {
        counts.rejected++
        sink.rejected?.({ kind, line, reason })
      }
    }
    this.#context = context
    this.#sections = new SectionReader(context, {
      schemaVersion: attribute("ВерсияСхемы"),
      formedAt: attribute("ДатаФормирования"),
      onlyChanges: attribute("СодержитТолькоИзменения")
    })
    const field = new Field()
    const decimal = new DecimalReader()
    this.#prices = new PriceReader(context, decimal)
    const automaton = new Automaton(
      {
        ...this.#sections.rules(),
        ...classifierRules(context, this.#sections.announce),
        ...this.#itemRules(field, decimal, options)
      },
      ATTRIBUTES,
      field,
      (root) => { throw new CommerceMlError(this.#scanner.line, root) }
    )
    this.#scanner = new XmlScanner(automaton, automaton.names)
  }

  /** The next bytes of the file, cut anywhere. */
  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk)
  }

  /** The file is over: throws if it is not whole. */
  end(): DocumentSummary {
    this.#scanner.end()
    return { kind: this.#sections.kind, counts: this.#context.counts }
  }

  /** A currency that `IndexedRows.price` gave by its index, as written. */
  currency(index: number): string | undefined {
    return this.#prices.currencies[index]
  }

  #itemRules(field: Field, decimal: DecimalReader, options: ReaderOptions): Rules {
    const context = this.#context
    const mark = new DeletionMark()
    const id = new ItemId()
    const item = new ItemReader(mark, {
      status: attribute("Статус"),
      code: attribute("Код"),
      fullName: attribute("НаименованиеПолное"),
      shortName: attribute("НаименованиеКраткое"),
      international: attribute("МеждународноеСокращение")
    })
    const stock = new StockReader(context, field, decimal, {
      warehouse: attribute("ИдСклада"),
      quantity: attribute("КоличествоНаСкладе")
    })
    const parts = { context, field, item, id, mark, stock, prices: this.#prices, rows: options.rows }
    return { ...item.rules(), ...productRules(context, field, item, id, mark), ...new OfferReader(parts).rules() }
  }
}
