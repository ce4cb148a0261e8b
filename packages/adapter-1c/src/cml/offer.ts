import type { Rules } from "./automaton.ts"
import type { ByteMap } from "./byte-map.ts"
import { ABSENT } from "./byte-map.ts"
import type { Context, DeletionMark } from "./context.ts"
import type { Field } from "./field.ts"
import type { ItemId } from "./item-id.ts"
import { ItemReader } from "./item.ts"
import { NO_CURRENCY, PriceReader } from "./price.ts"
import { StockReader } from "./stock.ts"

/** In `IndexedRows.stock`: the offer's total over all warehouses. */
export const TOTAL = -1

/**
 * The way of the hot rows. A row whose ids are all in these maps goes to `stock` or `price` as numbers, without a JS
 * string; every other row goes to the sink as a record. The maps are looked at live: the caller may add to them while
 * reading, for instance in `sink.offer`.
 */
export interface IndexedRows {
  readonly offers: ByteMap
  readonly warehouses: ByteMap
  readonly priceTypes: ByteMap
  /** `warehouse` is `TOTAL` for the offer's total; `thousandths` as in `StockRecord`. */
  stock(offer: number, warehouse: number, thousandths: number, line: number): void
  /** For one base unit, any amount. `currency`: index for `CommerceMlReader.currency`, -1 if none is written. */
  price(offer: number, priceType: number, minorUnits: number, currency: number, line: number): void
}

export interface OfferParts {
  readonly context: Context
  readonly field: Field
  readonly item: ItemReader
  readonly id: ItemId
  readonly mark: DeletionMark
  readonly stock: StockReader
  readonly prices: PriceReader
  readonly rows: IndexedRows | undefined
}

/** `Предложения/Предложение`. An offer known to the index that tells only rows is not given to `sink.offer`. */
export class OfferReader {
  readonly #parts: OfferParts
  #line = 0
  /** The offer's id as a string, made when the first record needs it. */
  #text: string | undefined
  #start = 0
  #end = 0

  constructor(parts: OfferParts) {
    this.#parts = parts
  }

  rules(): Rules {
    const { id, field, item, stock, prices, context } = this.#parts
    return {
      offer: {
        open: (attributes) => {
          this.#line = context.line()
          this.#text = undefined
          field.reset()
          id.reset()
          stock.reset()
          prices.reset()
          item.begin(attributes)
        },
        children: {
          ...ItemReader.children, ...StockReader.children, ...PriceReader.children,
          Ид: "offer.id", ИдХарактеристики: "offer.characteristic"
        },
        close: () => this.#finish()
      },
      "offer.id": { value: (value) => id.readId(value) },
      "offer.characteristic": { value: (value) => id.readCharacteristic(value) },
      ...prices.rules(),
      ...stock.rules()
    }
  }

  #finish(): void {
    const { id, field, mark, context, rows } = this.#parts
    const reason = id.compose(field) ?? (mark.unclear ? "непонятное значение ПометкаУдаления" : undefined)
    if (reason !== undefined) return context.reject("offer", this.#line, `Предложение: ${reason}`)
    context.counts.offer++
    this.#start = field.start
    this.#end = field.end
    const known = this.#find(rows)
    this.#offer(known)
    const offer = known === ABSENT ? this.#find(rows) : known
    this.#prices(offer)
    this.#stock(offer)
  }

  #find(rows: IndexedRows | undefined): number {
    return rows === undefined ? ABSENT : rows.offers.get(this.#parts.field.bytes, this.#start, this.#end)
  }

  #offer(known: number): void {
    const { item, mark, context } = this.#parts
    if (known !== ABSENT && item.draft === undefined && !mark.deleted) return
    context.sink.offer?.({ id: this.#id(), deleted: mark.deleted, line: this.#line, ...item.draft })
  }

  #prices(offer: number): void {
    const { prices, context, rows, field } = this.#parts
    context.counts.price += prices.count
    for (let at = 0; at < prices.count; at++) {
      const isHot = rows !== undefined && offer !== ABSENT && prices.isPlain(at)
      const type = isHot ? rows.priceTypes.get(field.bytes, prices.starts[at]!, prices.ends[at]!) : ABSENT
      if (isHot && type !== ABSENT)
        rows.price(offer, type, prices.minorUnits[at]!, prices.currencyIndexes[at]!, prices.lines[at]!)
      else this.#priceRecord(at)
    }
  }

  #priceRecord(at: number): void {
    const { prices, context } = this.#parts
    const currency = prices.currencyIndexes[at]!
    context.sink.price?.({
      offerId: this.#id(),
      priceTypeId: this.#slice(prices.starts[at]!, prices.ends[at]!),
      minorUnits: prices.minorUnits[at]!,
      currency: currency === NO_CURRENCY ? null : prices.currencies[currency]!,
      unit: this.#slice(prices.unitStarts[at]!, prices.unitEnds[at]!) || null,
      factorThousandths: prices.factors[at]!,
      minQuantityThousandths: prices.minimums[at]!,
      line: prices.lines[at]!
    })
  }

  #stock(offer: number): void {
    const { stock, context, rows, field } = this.#parts
    for (let at = 0; at < stock.count; at++) {
      const start = stock.starts[at]!
      const end = stock.ends[at]!
      if (start === end) context.counts.total++
      else context.counts.stock++
      const isHot = rows !== undefined && offer !== ABSENT
      const warehouse = !isHot || start === end ? TOTAL : rows.warehouses.get(field.bytes, start, end)
      if (isHot && (warehouse !== ABSENT || start === end))
        rows.stock(offer, warehouse, stock.thousandths[at]!, stock.lines[at]!)
      else this.#stockRecord(at, start === end ? null : this.#slice(start, end))
    }
  }

  #stockRecord(at: number, warehouseId: string | null): void {
    const { stock, context } = this.#parts
    context.sink.stock?.({
      offerId: this.#id(), warehouseId, thousandths: stock.thousandths[at]!, line: stock.lines[at]!
    })
  }

  #id(): string {
    return (this.#text ??= this.#slice(this.#start, this.#end))
  }

  #slice(start: number, end: number): string {
    const { field } = this.#parts
    field.start = start
    field.end = end
    return field.text()
  }
}
