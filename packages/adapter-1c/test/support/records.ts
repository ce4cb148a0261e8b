import { readFileSync } from "node:fs"
import { ByteMap } from "../../src/cml/byte-map.ts"
import type { IndexedRows } from "../../src/cml/offer.ts"
import type { ReaderOptions } from "../../src/cml/reader.ts"
import { CommerceMlReader } from "../../src/cml/reader.ts"
import type * as Records from "../../src/cml/records.ts"

/** Everything a reader told, by kind and in the order it came. */
export class Collected implements Records.CommerceMlSink {
  readonly order: string[] = []
  readonly documents: Records.DocumentRecord[] = []
  readonly sections: Records.SectionRecord[] = []
  readonly groups: Records.GroupRecord[] = []
  readonly categories: Records.CategoryRecord[] = []
  readonly properties: Records.PropertyRecord[] = []
  readonly priceTypes: Records.PriceTypeRecord[] = []
  readonly warehouses: Records.WarehouseRecord[] = []
  readonly units: Records.UnitRecord[] = []
  readonly products: Records.ProductRecord[] = []
  readonly offers: Records.OfferRecord[] = []
  readonly prices: Records.PriceRecord[] = []
  readonly stocks: Records.StockRecord[] = []
  readonly rejections: Records.RejectedRecord[] = []
  summary: Records.DocumentSummary | undefined

  readonly document = this.#into("document", this.documents)
  readonly section = this.#into("section", this.sections)
  readonly group = this.#into("group", this.groups)
  readonly category = this.#into("category", this.categories)
  readonly property = this.#into("property", this.properties)
  readonly priceType = this.#into("priceType", this.priceTypes)
  readonly warehouse = this.#into("warehouse", this.warehouses)
  readonly unit = this.#into("unit", this.units)
  readonly product = this.#into("product", this.products)
  readonly offer = this.#into("offer", this.offers)
  readonly price = this.#into("price", this.prices)
  readonly stock = this.#into("stock", this.stocks)
  readonly rejected = this.#into("rejected", this.rejections)

  #into<T>(kind: string, list: T[]): (record: T) => void {
    return (record) => {
      this.order.push(kind)
      list.push(record)
    }
  }
}

export const bytesOf = (document: string | Uint8Array): Uint8Array =>
  typeof document === "string" ? new TextEncoder().encode(document) : document

export const readChunks = (chunks: Iterable<Uint8Array>, options?: ReaderOptions): Collected => {
  const collected = new Collected()
  const reader = new CommerceMlReader(collected, options)
  for (const chunk of chunks) reader.push(chunk)
  collected.summary = reader.end()
  return collected
}

export const read = (document: string | Uint8Array, options?: ReaderOptions): Collected =>
  readChunks([bytesOf(document)], options)

export const fixture = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/${name}`, import.meta.url))

export const FIXTURE_NAMES = [
  "2.03-order-1251.xml",
  "2.05-offers-warehouse-list-1251.xml",
  "2.07-catalogue.xml",
  "2.07-classifier-alone.xml",
  "2.07-offer-changes.xml",
  "2.08-offers-by-warehouse.xml",
  "2.09-rests-by-warehouse.xml",
  "3.1-catalogue.xml",
  "3.1-prices.xml",
  "3.1-rests-without-warehouse.xml",
  "offers-out-of-order.xml",
  "prefixed-with-cdata.xml"
] as const

/** A package of offers around these offers. Line 1 holds everything before them. */
export const offersOf = (offers: string, head = ""): string =>
  `<КоммерческаяИнформация><ПакетПредложений>${head}<Предложения>${offers}</Предложения></ПакетПредложений>` +
  "</КоммерческаяИнформация>"

export const catalogueOf = (products: string): string =>
  `<КоммерческаяИнформация><Каталог><Товары>${products}</Товары></Каталог></КоммерческаяИнформация>`

/** Rows that came as numbers. */
export interface HotRows extends IndexedRows {
  readonly stocks: Array<readonly [offer: number, warehouse: number, thousandths: number, line: number]>
  readonly prices: Array<readonly [offer: number, type: number, minorUnits: number, currency: number, line: number]>
}

export const hotRows = (offers: string[], warehouses: string[], priceTypes: string[]): HotRows => {
  const mapOf = (ids: string[]): ByteMap => ByteMap.of(ids.map((id, index) => [id, index]))
  const stocks: Array<readonly [number, number, number, number]> = []
  const prices: Array<readonly [number, number, number, number, number]> = []
  return {
    offers: mapOf(offers),
    warehouses: mapOf(warehouses),
    priceTypes: mapOf(priceTypes),
    stocks,
    prices,
    stock: (...row) => void stocks.push(row),
    price: (...row) => void prices.push(row)
  }
}
