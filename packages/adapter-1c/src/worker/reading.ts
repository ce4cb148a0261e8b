import { closeSync, fstatSync, openSync, readSync } from "node:fs"
import type {
  CommerceMlSink, DocumentRecord, GroupRecord, OfferRecord, PriceRecord, PriceTypeRecord, ProductRecord, RejectedRecord,
  StockRecord, UnitRecord, WarehouseRecord
} from "../cml/records.ts"
import { TOTAL } from "../cml/offer.ts"
import { CommerceMlReader } from "../cml/reader.ts"
import { Notes } from "../import/notes.ts"
import { Drafts } from "./drafts.ts"
import { PriceRows } from "./price-rows.ts"
import type { FilePacks } from "./packs.ts"
import type { GroupName, PriceTypeName, ReadRequest, ReadResult, ThreadData, WarehouseName } from "./protocol.ts"
import { StockRows } from "./stock-rows.ts"
import type { Tables } from "./tables.ts"

const CHUNK = 256 * 1024

export interface ReadingParts {
  readonly request: ReadRequest
  /** Of what it keeps on disk: two readings at once may share the folder. */
  readonly suffix: string
  readonly tables: Tables
  readonly packs: FilePacks
  readonly data: ThreadData
}

/**
 * Collects a file: products as drafts, stock and prices as figures in a grid. Nothing is applied from here before the
 * reader has seen the file's end.
 */
export class Reading implements CommerceMlSink {
  readonly notes = new Notes()
  readonly stocks: StockRows
  readonly prices: PriceRows
  readonly drafts: Drafts
  readonly packs: FilePacks
  readonly #tables: Tables
  readonly #deleted: ReadonlySet<string>
  readonly #warehouses = new Map<string, WarehouseName>()
  readonly #priceTypes = new Map<string, PriceTypeName>()
  readonly #groups: Array<GroupName> = []
  readonly #maxGroups: number
  readonly #reader: CommerceMlReader
  #formedAt: string | null = null

  constructor({ request, suffix, tables, packs, data }: ReadingParts) {
    this.#tables = tables
    this.#maxGroups = data.maxGroups
    this.packs = packs
    this.#deleted = new Set(request.deleted)
    this.stocks = new StockRows(this.notes, packs)
    this.prices = new PriceRows(request, tables, this.notes, packs, data)
    this.drafts = new Drafts({ tables, packs, notes: this.notes, data, scratch: request.scratch, suffix })
    const textOf = (index: number): string => this.#reader.currency(index) ?? ""
    this.#reader = new CommerceMlReader(this, {
      rows: {
        offers: tables.offers.map,
        warehouses: tables.warehouses.map,
        priceTypes: tables.priceTypes.map,
        stock: (offer, warehouse, thousandths, line) => this.stocks.put(offer, warehouse, thousandths, line),
        price: (offer, type, minor, currency, line) => this.prices.plain(offer, type, minor, currency, line, textOf)
      }
    })
  }

  /** Reads the file to its end. `progress` gets whole percents. */
  read(path: string, progress: (percent: number) => void): ReadResult {
    const handle = openSync(path, "r")
    try {
      const size = Math.max(1, fstatSync(handle).size)
      const buffer = new Uint8Array(CHUNK)
      let [read, told] = [0, 0]
      for (;;) {
        const bytes = readSync(handle, buffer)
        if (bytes === 0) break
        this.#reader.push(buffer.subarray(0, bytes))
        read += bytes
        const percent = Math.floor(100 * read / size)
        if (percent !== told) progress(told = percent)
      }
    } finally {
      closeSync(handle)
    }
    const { kind } = this.#reader.end()
    this.stocks.settle()
    this.prices.settle()
    this.drafts.settle()
    return this.#result(kind)
  }

  /** Lets go of what it has on disk. */
  close(): void {
    this.drafts.close()
  }

  #result(kind: ReadResult["kind"]): ReadResult {
    const { offers, warehouses, priceTypes } = this.#tables
    const used = (ids: ReadonlyArray<string>, isUsed: (number: number) => boolean): ReadonlyArray<string> =>
      ids.filter((_, number) => isUsed(number))
    return {
      kind,
      formedAt: this.#formedAt,
      warehouses: warehouses.ids,
      priceTypes: priceTypes.ids,
      usedWarehouses: used(warehouses.ids, (number) => this.stocks.grid.has(number + 1)),
      usedPriceTypes: used(priceTypes.ids, (number) => this.prices.grid.has(2 * number)),
      declaredWarehouses: [...this.#warehouses.values()],
      declaredPriceTypes: [...this.#priceTypes.values()],
      groups: this.#groups,
      usedGroups: this.drafts.usedGroups(),
      units: this.drafts.units.all,
      needsTotal: this.stocks.needsTotal(),
      ...this.drafts.deletions((offer) => this.#deleted.has(offers.ids[offer]!))
    }
  }

  document(record: DocumentRecord): void {
    this.#formedAt = record.formedAt
  }

  group(record: GroupRecord): void {
    if (this.#groups.length < this.#maxGroups) this.#groups.push(record)
    else this.notes.reject(record.line, `Групп больше ${this.#maxGroups}: группа не принята. Уменьшите их число в 1С.`)
  }

  unit({ id, name, shortName, deleted }: UnitRecord): void {
    if (!deleted) this.drafts.units.name(id, shortName ?? name)
  }

  product(record: ProductRecord): void {
    this.drafts.product(record)
  }

  offer(record: OfferRecord): void {
    this.drafts.offer(record)
  }

  warehouse({ id, name, address, deleted }: WarehouseRecord): void {
    this.#tables.warehouses.add(id)
    this.#warehouses.set(id, { id, name, address, deleted })
  }

  priceType(record: PriceTypeRecord): void {
    this.prices.priceType(record)
    this.#priceTypes.set(record.id, { id: record.id, name: record.name, currency: record.currency })
  }

  rejected(record: RejectedRecord): void {
    this.notes.reject(record.line, record.reason)
  }

  stock(row: StockRecord): void {
    const warehouse = row.warehouseId === null ? TOTAL : this.#tables.warehouses.add(row.warehouseId)
    this.stocks.put(this.#tables.offers.add(row.offerId), warehouse, row.thousandths, row.line)
  }

  price(row: PriceRecord): void {
    this.prices.record(row)
  }
}
