import { existsSync, readFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { IdTable } from "./id-table.ts"
import { replaceFile } from "./memory.ts"

const NAME = "parked.json"
const MOST = 500_000
/** Larger than any number of an id. */
const BASE = 2 ** 24

/** A row that waits for what it refers to. `other` is the warehouse ("" for the total) or the price type. */
export interface ParkedRow {
  readonly kind: "stock" | "price"
  readonly offer: string
  readonly other: string
  readonly figure: number
  /** ISO code, "" if the file gave none. */
  readonly currency: string
  readonly asOf: number
}

type Cell = readonly [kind: 0 | 1, offer: number, other: number, figure: number, currency: number, asOf: number]

/**
 * Rows of unknown goods, warehouses and price types: kept until those arrive or are mapped (fact 39, complaint 2).
 * One row per offer and warehouse or type, the latest.
 */
export class Parked {
  readonly #folder: string
  readonly #ids = new IdTable()
  readonly #rows = new Map<number, Cell>()
  #changed = false

  constructor(folder: string) {
    this.#folder = folder
    const path = join(folder, NAME)
    if (!existsSync(path)) return
    const { ids, rows } = JSON.parse(readFileSync(path, "utf8")) as { ids: Array<string>; rows: Array<Cell> }
    for (const id of ids) this.#ids.add(id)
    for (const row of rows) this.#rows.set(keyOf(row), row)
  }

  get size(): number {
    return this.#rows.size
  }

  /** False: there are too many already. */
  put(row: ParkedRow): boolean {
    const cell: Cell = [
      row.kind === "stock" ? 0 : 1,
      this.#ids.add(row.offer),
      this.#ids.add(row.other),
      row.figure,
      this.#ids.add(row.currency),
      row.asOf
    ]
    const key = keyOf(cell)
    const known = this.#rows.get(key)
    if (known === undefined && (this.#rows.size >= MOST || this.#ids.size >= BASE)) return false
    // A file that is older than what waits says nothing new (D2).
    if (known === undefined || known[5] <= row.asOf) this.#rows.set(key, cell)
    this.#changed = true
    return true
  }

  /** Takes out the rows that `isReady`; they are gone when `save` is done. */
  take(isReady: (row: ParkedRow) => boolean): ReadonlyArray<ParkedRow> {
    const taken: Array<ParkedRow> = []
    for (const [key, cell] of this.#rows) {
      const row = this.#row(cell)
      if (!isReady(row)) continue
      taken.push(row)
      this.#rows.delete(key)
      this.#changed = true
    }
    return taken
  }

  async save(): Promise<void> {
    if (!this.#changed) return
    if (this.#rows.size === 0) await rm(join(this.#folder, NAME), { force: true })
    else await replaceFile(this.#folder, NAME, JSON.stringify(this.#compact()))
    this.#changed = false
  }

  #row([kind, offer, other, figure, currency, asOf]: Cell): ParkedRow {
    const [offerId, otherId, code] = [offer, other, currency].map((index) => this.#ids.ids[index]!)
    return { kind: kind === 0 ? "stock" : "price", offer: offerId!, other: otherId!, figure, currency: code!, asOf }
  }

  /** Only ids that some row still has. */
  #compact(): { readonly ids: ReadonlyArray<string>; readonly rows: ReadonlyArray<Cell> } {
    const table = new IdTable()
    const rows = [...this.#rows.values()].map(([kind, offer, other, figure, currency, asOf]): Cell => {
      const { ids } = this.#ids
      return [kind, table.add(ids[offer]!), table.add(ids[other]!), figure, table.add(ids[currency]!), asOf]
    })
    return { ids: table.ids, rows }
  }
}

const keyOf = ([kind, offer, other]: Cell): number => (offer * BASE + other) * 2 + kind
