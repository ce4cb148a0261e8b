import { setImmediate } from "node:timers/promises"
import { type InboundHub, NO_PRICE } from "@aptekit/core"
import { NO_CURRENCY } from "../cml/price.ts"
import { TOTAL } from "../cml/offer.ts"
import type { OneCConfig } from "../config.ts"
import { Batches } from "./batches.ts"
import type { Currencies } from "./currency.ts"
import { type Gather, NEGATIVE } from "./gather.ts"
import type { IdTable } from "./id-table.ts"
import type { Memory } from "./memory.ts"
import type { Notes } from "./notes.ts"
import type { Parked, ParkedRow } from "./parked.ts"
import type { Targets } from "./targets.ts"

/** Rows between which other work gets its turn. */
const BREATH = 20_000
const UNKNOWN = -1

const NO_GOODS = "Товары ещё не получены: строки будут учтены, когда придёт каталог."

/** What waits: how many rows, and the line of the first one. */
interface Waiting {
  rows: number
  readonly line: number
}

export interface SorterParts {
  readonly config: OneCConfig
  readonly hub: InboundHub
  readonly memory: Memory
  readonly notes: Notes
  readonly parked: Parked
  readonly targets: Targets
  readonly currencies: Currencies
  /** External id → product id. */
  readonly links: ReadonlyMap<string, string>
}

/** Sends rows of stock and prices to where they belong: into a batch, or aside until what they name is known. */
export class Sorter {
  readonly batches = new Batches()
  /** Rows of this file that were put aside. */
  aside = 0
  readonly #parts: SorterParts
  readonly #waiting = new Map<string, Waiting>()
  #ignoredTotals: Waiting | undefined

  constructor(parts: SorterParts) {
    this.#parts = parts
  }

  /** Rows that waited and whose time has come. Before the file's own: those are newer. */
  parked(): void {
    const { parked, targets } = this.#parts
    if (parked.size === 0) return
    const rows = parked.take((row) => {
      const target = row.kind === "stock" ? targets.stock(row.other) : targets.price(row.other)
      return target === "ignore" || (target !== undefined && this.#slot(row.offer) !== undefined)
    })
    for (const row of rows) this.#put(row)
  }

  async stock(gather: Gather, asOf: number): Promise<void> {
    const { offerTable, warehouseTable, stocks } = gather
    const { targets } = this.#parts
    const products = this.#slots(offerTable)
    const branches = warehouseTable.ids.map((id) => targets.stock(id))
    const shared = new Set(branches.filter((branch) => typeof branch === "number" && targets.isShared(branch)))
    for (let at = 0; at < stocks.size; at++) {
      if (at % BREATH === BREATH - 1) await setImmediate()
      const offer = stocks.at(at, 0)
      const warehouse = stocks.at(at, 1)
      if (warehouse === TOTAL && gather.isDetailed(offer)) continue
      const [units, line] = [stocks.at(at, 2), stocks.at(at, 3)]
      if (stocks.at(at, 4) !== 0) this.#rounded(units, stocks.at(at, 4), line)
      const branch = warehouse === TOTAL ? undefined : branches[warehouse]
      const product = products[offer]!
      if (typeof branch === "number" && product !== UNKNOWN) {
        if (shared.has(branch)) this.batches.sharedStock(asOf, product, branch, units, warehouseTable.ids[warehouse]!)
        else this.batches.stock(asOf, product, branch, units)
        continue
      }
      const other = warehouse === TOTAL ? "" : warehouseTable.ids[warehouse]!
      this.#row({ kind: "stock", offer: offerTable.ids[offer]!, other, figure: units, currency: "", asOf }, line)
    }
  }

  #rounded(units: number, thousandths: number, line: number): void {
    const { notes } = this.#parts
    if (thousandths === NEGATIVE) notes.remark(line, "Остаток меньше нуля: учтён как 0.")
    if (thousandths <= 0) return
    notes.remark(line, `Дробный остаток ${units + thousandths / 1000}: учтено целых единиц ${units}.`)
  }

  async prices(gather: Gather, asOf: number, currencyOf: (index: number) => string | undefined): Promise<void> {
    const { offerTable, priceTypeTable, amounts } = gather
    const isoOf = this.#currencyReader(gather, currencyOf)
    for (let at = 0; at < amounts.size; at++) {
      if (at % BREATH === BREATH - 1) await setImmediate()
      const row: ParkedRow = {
        kind: "price",
        offer: offerTable.ids[amounts.at(at, 0)]!,
        other: priceTypeTable.ids[amounts.at(at, 1)]!,
        figure: amounts.at(at, 2),
        currency: isoOf(amounts.at(at, 3), amounts.at(at, 1)),
        asOf
      }
      if (this.#isForeign(row.currency)) this.#foreign(row.currency, amounts.at(at, 4))
      else this.#row(row, amounts.at(at, 4))
    }
  }

  /** The ISO code of a price: as written with it, else that of its type, else "" (each text is looked up once). */
  #currencyReader(gather: Gather, currencyOf: (index: number) => string | undefined) {
    const { currencies, memory } = this.#parts
    const written = (index: number): string | undefined =>
      index === NO_CURRENCY ? undefined : index < NO_CURRENCY ? gather.ownCurrencies[-2 - index] : currencyOf(index)
    const known = new Map<string, string>()
    return (index: number, priceType: number): string => {
      const key = index === NO_CURRENCY ? `type ${priceType}` : String(index)
      let iso = known.get(key)
      if (iso === undefined) {
        const text = written(index) ?? memory.priceTypes.get(gather.priceTypeTable.ids[priceType]!)?.currency ?? ""
        known.set(key, iso = text === "" ? "" : currencies.iso(text))
      }
      return iso
    }
  }

  /** Slots of all offers by their number; `UNKNOWN` for goods that the hub does not have. */
  #slots(table: IdTable): Int32Array {
    return Int32Array.from(table.ids, (id) => this.#slot(id) ?? UNKNOWN)
  }

  /** Tells the administrator what waits and why, one note per reason and not per row. */
  tell(): void {
    for (const [reason, { rows, line }] of this.#waiting) {
      this.#parts.notes.remark(line, `${reason} Отложено строк: ${rows}.`)
    }
    const totals = this.#ignoredTotals
    if (totals === undefined) return
    const advice = "Включите в 1С выгрузку остатков по складам или укажите филиал в настройке total."
    this.#parts.notes.remark(totals.line, `Остатки без склада не приняты: ${totals.rows}. ${advice}`)
  }

  #row(row: ParkedRow, line: number): void {
    const { targets } = this.#parts
    const target = row.kind === "stock" ? targets.stock(row.other) : targets.price(row.other)
    if (target === "ignore") {
      if (row.kind === "stock" && row.other === "") this.#ignoredTotals = counted(this.#ignoredTotals, line)
      return
    }
    if (target !== undefined && this.#slot(row.offer) !== undefined) return this.#put(row)
    if (!this.#parts.parked.put(row)) {
      const advice = "Сопоставьте склады и типы цен в настройках хаба."
      return this.#parts.notes.reject(line, `Слишком много отложенных строк: строка не принята. ${advice}`)
    }
    this.aside++
    const reason = target === undefined ? this.#unmapped(row) : NO_GOODS
    this.#waiting.set(reason, counted(this.#waiting.get(reason), line))
  }

  #put(row: ParkedRow): void {
    const { targets } = this.#parts
    const product = this.#slot(row.offer)!
    if (row.kind === "stock") {
      const branch = targets.stock(row.other)
      if (typeof branch !== "number") return
      return targets.isShared(branch)
        ? this.batches.sharedStock(row.asOf, product, branch, row.figure, row.other)
        : this.batches.stock(row.asOf, product, branch, row.figure)
    }
    const target = targets.price(row.other)
    // 1C writes 0 where there is no price: nothing is given away.
    const amount = row.figure === 0 ? NO_PRICE : row.figure
    if (typeof target === "object") this.batches.price(row.asOf, product, target, amount)
  }

  #slot(externalId: string): number | undefined {
    const id = this.#parts.links.get(externalId)
    return id === undefined ? undefined : this.#parts.hub.catalogue.slot(id)
  }

  #isForeign(currency: string): boolean {
    const { currency: ours } = this.#parts.config
    return currency !== "" && ours !== "any" && currency !== ours
  }

  #foreign(currency: string, line: number): void {
    const { currency: ours } = this.#parts.config
    this.#parts.notes.reject(line, `Цена в валюте ${currency.slice(0, 10)}, а цены хаба в ${ours}: строка не принята.`)
  }

  #unmapped(row: ParkedRow): string {
    const { memory } = this.#parts
    if (row.kind === "price") {
      const type = quoted(memory.priceTypes.get(row.other)?.name, row.other)
      return `Тип цены ${type} не сопоставлен: укажите его в настройке prices.`
    }
    if (row.other === "") return "Филиал из настройки total не существует: создайте его."
    const warehouse = quoted(memory.warehouses.get(row.other), row.other)
    return `Склад ${warehouse} не сопоставлен с филиалом: укажите его в настройке warehouses.`
  }
}

const counted = (known: Waiting | undefined, line: number): Waiting =>
  ({ rows: (known?.rows ?? 0) + 1, line: known?.line ?? line })

const quoted = (name: string | null | undefined, id: string): string => (name ? `«${name.slice(0, 100)}» (${id})` : id)
