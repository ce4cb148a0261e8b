import type { StockSeries } from "@aptekit/core"
import type { Base } from "./base.ts"
import type { Catalogue } from "./catalogue.ts"
import type { StateFile } from "./state.ts"
import { exact, type StockTable } from "./stock-table.ts"
import { dayOf, refOf, textOf } from "./values.ts"

const CHUNK = 5000

/** Branch → bits of the products (by their rows in the hub) of which series were stated: to say "none left" one day. */
export interface SeriesState {
  readonly stated: Readonly<Record<string, string>>
}

interface SeriesInfo {
  readonly number: string
  readonly expiresAt: string | null
}

/** Which products at which branches, a bit each: a few kilobytes per branch. */
class Cells {
  readonly #bits = new Map<string, Uint8Array>()

  static of(state: SeriesState): Cells {
    const cells = new Cells()
    for (const [branch, text] of Object.entries(state.stated)) cells.#bits.set(branch, Buffer.from(text, "base64"))
    return cells
  }

  add(branch: string, slot: number): void {
    let bits = this.#bits.get(branch) ?? new Uint8Array(0)
    if (slot >> 3 >= bits.length) {
      const larger = new Uint8Array(Math.max((slot >> 3) + 1, 2 * bits.length))
      larger.set(bits)
      this.#bits.set(branch, bits = larger)
    }
    bits[slot >> 3]! |= 1 << (slot & 7)
  }

  has(branch: string, slot: number): boolean {
    return ((this.#bits.get(branch)?.[slot >> 3] ?? 0) & (1 << (slot & 7))) !== 0
  }

  branches(): ReadonlyArray<string> {
    return [...this.#bits.keys()]
  }

  with(other: Cells, slots: Iterable<number>): Cells {
    const both = new Cells()
    for (const [branch, bits] of this.#bits) both.#bits.set(branch, bits.slice())
    for (const slot of slots) for (const branch of other.branches()) if (other.has(branch, slot)) both.add(branch, slot)
    return both
  }

  state(): SeriesState {
    return {
      stated: Object.fromEntries([...this.#bits].map(([branch, bits]) => [branch, Buffer.from(bits).toString("base64")]))
    }
  }
}

/** Series and expiry dates of a balance, stated whole per product and branch (R9). */
export class SeriesWriter {
  readonly #base: Base
  readonly #catalogue: Catalogue
  readonly #state: StateFile<SeriesState>

  constructor(base: Base, catalogue: Catalogue, state: StateFile<SeriesState>) {
    this.#base = base
    this.#catalogue = catalogue
    this.#state = state
  }

  /** `branches`: the ids behind the table's places. */
  async state(table: StockTable, branches: ReadonlyArray<string>, asOf: number): Promise<void> {
    const products = this.#products()
    const before = Cells.of(this.#state.value)
    const now = new Cells()
    const order = this.#order(table, products.slotOf)
    for (const { slot, branch } of tracked(table, order, products.slotOf)) now.add(branches[branch]!, slot)
    // First what was and what is: after a crash in between "none left" is said once more, never left out.
    await this.#save(before.with(now, products.ids.keys()))
    const names = await this.#names(table)
    let rows: Array<StockSeries> = []
    const flush = async (least: number): Promise<void> => {
      if (rows.length < least || rows.length === 0) return
      await this.#base.parts.hub.stock.putSeries({ asOf: asOf as never, rows })
      rows = []
    }
    for (const cell of tracked(table, order, products.slotOf)) {
      rows.push(...seriesOf(table, cell, names, products.ids.get(cell.slot)!, branches[cell.branch]!))
      await flush(CHUNK)
    }
    for (const branch of before.branches()) {
      for (const [slot, productId] of products.ids) {
        if (!before.has(branch, slot) || now.has(branch, slot)) continue
        rows.push(rowOf(productId, branch, "", null, 0))
        await flush(CHUNK)
      }
    }
    await flush(0)
    await this.#save(now)
  }

  /** Products of this base by their row in the hub. */
  #products(): { readonly ids: ReadonlyMap<number, string>; readonly slotOf: (externalId: string) => number | undefined } {
    const { hub } = this.#base.parts
    const ids = new Map<number, string>()
    const slots = new Map<string, number>()
    for (const [externalId, productId] of this.#catalogue.links) {
      const slot = hub.catalogue.slot(productId)
      if (slot === undefined) continue
      ids.set(slot, productId)
      slots.set(externalId, slot)
    }
    return { ids, slotOf: (externalId) => slots.get(externalId) }
  }

  /** Rows of known products, those of one product and branch together. */
  #order(table: StockTable, slotOf: (externalId: string) => number | undefined): Float64Array {
    const slots = table.goods.texts.map(slotOf)
    const keys = new Float64Array(table.seriesRows)
    let size = 0
    for (let row = 0; row < table.seriesRows; row++) {
      const { goods, branch } = table.seriesRow(row)
      const slot = slots[goods]
      if (slot !== undefined) keys[size++] = (slot * table.branches + branch) * ROWS + row
    }
    return keys.subarray(0, size).sort()
  }

  async #names(table: StockTable): Promise<ReadonlyMap<number, SeriesInfo>> {
    const { series } = this.#base.parts.mapping
    const names = new Map<number, SeriesInfo>()
    if (series === null || table.series.texts.length === 1) return names
    const { set, number, expires } = series
    const source = { path: set, key: ["Ref_Key"], select: ["Ref_Key", number, expires], allowedOnly: true }
    await this.#base.each(source, () => names.clear(), ({ rows }) => {
      for (const row of rows) {
        // Only those that are in stock: a base keeps every series it ever had.
        const known = table.series.find(refOf(row, "Ref_Key") ?? "-")
        if (known === undefined) continue
        names.set(known, { number: (textOf(row, number) ?? "").slice(0, 100), expiresAt: dayOf(row, expires) })
      }
    })
    return names
  }

  async #save(cells: Cells): Promise<void> {
    this.#state.value = cells.state()
    await this.#state.save()
  }
}

/** More rows than a balance has; with a cell in front it stays an exact number. */
const ROWS = 2 ** 24

interface Cell {
  readonly slot: number
  readonly branch: number
  readonly rows: ReadonlyArray<number>
}

/** Products at branches that have a series in at least one row: of the others nothing is said. */
function* tracked(
  table: StockTable,
  order: Float64Array,
  slotOf: (externalId: string) => number | undefined
): Generator<Cell> {
  for (let from = 0; from < order.length;) {
    const cell = Math.floor(order[from]! / ROWS)
    const rows: Array<number> = []
    while (from < order.length && Math.floor(order[from]! / ROWS) === cell) rows.push(order[from++]! % ROWS)
    if (!rows.some((row) => table.seriesRow(row).series !== 0)) continue
    const { goods, branch } = table.seriesRow(rows[0]!)
    yield { slot: slotOf(table.goods.texts[goods]!)!, branch, rows }
  }
}

const rowOf = (productId: string, branchId: string, series: string, expiresAt: string | null, units: number): StockSeries =>
  ({ productId, branchId, series, expiresAt, units }) as StockSeries

/** The series of a product at a branch; of two entries with one number the sooner end counts. */
const seriesOf = (
  table: StockTable,
  { rows }: Cell,
  names: ReadonlyMap<number, SeriesInfo>,
  productId: string,
  branchId: string
): ReadonlyArray<StockSeries> => {
  const found = new Map<string, { expiresAt: string | null; units: number }>()
  for (const row of rows) {
    const { series, units } = table.seriesRow(row)
    const { number, expiresAt } = names.get(series) ?? { number: "", expiresAt: null }
    const other = found.get(number)
    const soonest = [other?.expiresAt, expiresAt].filter((day) => typeof day === "string").toSorted()[0] ?? null
    found.set(number, { expiresAt: soonest, units: exact((other?.units ?? 0) + units) })
  }
  return [...found].map(([number, { expiresAt, units }]) =>
    rowOf(productId, branchId, number, expiresAt, Math.max(0, Math.floor(units)))
  )
}
