import { MAX_PRICE, MAX_SKU } from "@aptekit/core"
import { NO_CURRENCY } from "../cml/price.ts"
import { type IndexedRows, TOTAL } from "../cml/offer.ts"
import type {
  CommerceMlSink, DocumentRecord, ItemRecord, OfferRecord, PriceRecord, PriceTypeRecord, ProductRecord, RejectedRecord,
  StockRecord, WarehouseRecord
} from "../cml/records.ts"
import { Columns } from "./columns.ts"
import { IdTable } from "./id-table.ts"
import type { Notes } from "./notes.ts"

/** Of one product in one place. */
export const MAX_UNITS = 1_000_000_000
const MAX_GRAMS = 2 ** 31 - 1
const ONE = 1000
/** In place of thousandths: the balance was below zero. */
export const NEGATIVE = -1

/** What a file says about a product, without what the hub does not keep. */
export interface Draft {
  readonly line: number
  /** From the catalogue, not from an offer. */
  readonly fromCatalogue: boolean
  readonly deleted: boolean
  readonly name: string | undefined
  readonly sku: string | undefined
  readonly barcodes: ReadonlyArray<string>
  readonly maker: string | undefined
  readonly weightGrams: number | undefined
  /** Values that tell a characteristic from its sisters: "XL", "red". */
  readonly traits: ReadonlyArray<string>
}

const given = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined || text.trim() === "" ? undefined : text.trim().slice(0, 1000)

/** An article too long to be a code is no code: the product is found by its name and id. */
const codeOf = (text: string | null | undefined): string | undefined => {
  const code = given(text)
  return code === undefined || code.length > MAX_SKU ? undefined : code
}

/** `Вес` is in kilograms. */
const gramsOf = (weight: string | null | undefined): number | undefined => {
  const grams = Math.round(Number(weight?.replace(",", ".").replace(/\s/gu, "") ?? Number.NaN) * ONE)
  return grams > 0 && grams <= MAX_GRAMS ? grams : undefined
}

const draftOf = (item: ItemRecord, fromCatalogue: boolean): Draft => ({
  line: item.line,
  fromCatalogue,
  deleted: item.deleted,
  name: given(item.name),
  sku: codeOf(item.sku) ?? codeOf(item.code),
  barcodes: (item.barcodes ?? []).map((code) => code.trim()).filter((code) => code !== "" && code.length <= 64),
  maker: given(item.manufacturer?.name),
  weightGrams: gramsOf(item.weight),
  traits: (item.characteristics ?? []).flatMap(({ value }) => given(value) ?? [])
})

/** Ids that the hub has met before, of 1C. */
export interface KnownIds {
  readonly offers: Iterable<string>
  readonly warehouses: Iterable<string>
  readonly priceTypes: Iterable<string>
}

/**
 * Collects a file: products as drafts, stock and prices as rows of integers. Nothing is applied from here before the
 * reader has seen the file's end. Every id gets a number when it is first met, so that later rows come without strings.
 */
export class Gather implements CommerceMlSink {
  readonly offerTable: IdTable
  readonly warehouseTable: IdTable
  readonly priceTypeTable: IdTable
  readonly drafts = new Map<number, Draft>()
  /** offer, warehouse or `TOTAL`, whole units, line, thousandths beyond them (−1: it was below zero) */
  readonly stocks = new Columns(5)
  /** offer, price type, minor units, currency (of `currencies`, −1: none), line */
  readonly amounts = new Columns(5)
  readonly declaredWarehouses = new Map<string, WarehouseRecord>()
  readonly declaredPriceTypes = new Map<string, PriceTypeRecord>()
  /** Currencies as written, by the numbers of the records that came as such. */
  readonly ownCurrencies: Array<string> = []
  formedAt: string | null = null
  /** Where rows of known ids come as numbers. */
  readonly rows: IndexedRows
  readonly #notes: Notes
  /** Offers that have a row of a warehouse: their totals do not count. */
  readonly #detailed = new Set<number>()

  constructor(known: KnownIds, notes: Notes) {
    this.offerTable = new IdTable(known.offers)
    this.warehouseTable = new IdTable(known.warehouses)
    this.priceTypeTable = new IdTable(known.priceTypes)
    this.#notes = notes
    this.rows = {
      offers: this.offerTable.map,
      warehouses: this.warehouseTable.map,
      priceTypes: this.priceTypeTable.map,
      stock: (...row) => this.#stock(...row),
      price: (...row) => this.amounts.push(...row)
    }
  }

  /** Does the offer name warehouses? */
  isDetailed(offer: number): boolean {
    return this.#detailed.has(offer)
  }

  /** Is there a total that counts? */
  needsTotal(): boolean {
    for (let row = 0; row < this.stocks.size; row++) {
      if (this.stocks.at(row, 1) === TOTAL && !this.isDetailed(this.stocks.at(row, 0))) return true
    }
    return false
  }

  document(record: DocumentRecord): void {
    this.formedAt = record.formedAt
  }

  product(record: ProductRecord): void {
    this.drafts.set(this.offerTable.add(record.id), draftOf(record, true))
  }

  offer(record: OfferRecord): void {
    const index = this.offerTable.add(record.id)
    const known = this.drafts.get(index)
    // What the catalogue says of plain goods stands, wherever in the file it is.
    if (known?.fromCatalogue !== true) this.drafts.set(index, draftOf(record, false))
    else if (record.deleted) this.drafts.set(index, { ...known, deleted: true })
  }

  warehouse(record: WarehouseRecord): void {
    this.warehouseTable.add(record.id)
    this.declaredWarehouses.set(record.id, record)
  }

  priceType(record: PriceTypeRecord): void {
    this.priceTypeTable.add(record.id)
    this.declaredPriceTypes.set(record.id, record)
  }

  rejected(record: RejectedRecord): void {
    this.#notes.reject(record.line, record.reason)
  }

  stock(row: StockRecord): void {
    const warehouse = row.warehouseId === null ? TOTAL : this.warehouseTable.add(row.warehouseId)
    this.#stock(this.offerTable.add(row.offerId), warehouse, row.thousandths, row.line)
  }

  price(row: PriceRecord): void {
    // A price for larger amounts is not what one unit costs.
    if (row.minQuantityThousandths > ONE) return
    if (row.factorThousandths <= 0) {
      return this.#notes.reject(row.line, "Цена: коэффициент единицы не больше нуля, строка не принята.")
    }
    const minorUnits = Math.round(row.minorUnits * ONE / row.factorThousandths)
    if (minorUnits > MAX_PRICE) {
      return this.#notes.reject(row.line, "Цена за базовую единицу слишком велика, строка не принята.")
    }
    const currency = row.currency === null ? NO_CURRENCY : -2 - this.#ownCurrency(row.currency)
    const [offer, priceType] = [this.offerTable.add(row.offerId), this.priceTypeTable.add(row.priceTypeId)]
    this.amounts.push(offer, priceType, minorUnits, currency, row.line)
  }

  #stock(offer: number, warehouse: number, thousandths: number, line: number): void {
    if (warehouse !== TOTAL) this.#detailed.add(offer)
    if (thousandths < 0) return this.stocks.push(offer, warehouse, 0, line, NEGATIVE)
    const units = Math.floor(thousandths / ONE)
    if (units > MAX_UNITS) return this.#notes.reject(line, `Остаток слишком велик (${units}): строка не принята.`)
    this.stocks.push(offer, warehouse, units, line, thousandths - units * ONE)
  }

  #ownCurrency(written: string): number {
    const known = this.ownCurrencies.indexOf(written)
    return known >= 0 ? known : this.ownCurrencies.push(written) - 1
  }
}
