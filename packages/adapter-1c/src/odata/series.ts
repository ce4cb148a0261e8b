import type { StockSeries } from "@aptekit/core"
import type { Base } from "./base.ts"
import type { Catalogue } from "./catalogue.ts"
import { Slices } from "./slices.ts"
import type { StateFile } from "./state.ts"
import { exact, goodsByProduct, type SeriesRow, type StockTable } from "./stock-table.ts"
import { dayOf, refOf, textOf } from "./values.ts"

/** Rows that are stated at once. */
const CHUNK = 2000
/** Branch → bits of the products (by their rows in the hub) of which series were stated: to say "none left" one day. */
export interface SeriesState {
  readonly stated: Readonly<Record<string, string>>
}

interface SeriesInfo {
  readonly number: string
  readonly expiresAt: string | null
}

const NO_BITS = new Uint8Array(0)

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

  with(other: Cells): Cells {
    const both = new Cells()
    for (const branch of new Set([...this.branches(), ...other.branches()])) {
      const [mine, theirs] = [this.#bits.get(branch) ?? NO_BITS, other.#bits.get(branch) ?? NO_BITS]
      const bits = new Uint8Array(Math.max(mine.length, theirs.length))
      bits.set(mine)
      for (let i = 0; i < theirs.length; i++) bits[i]! |= theirs[i]!
      both.#bits.set(branch, bits)
    }
    return both
  }

  state(): SeriesState {
    return {
      stated: Object.fromEntries(
        [...this.#bits].map(([branch, bits]) => [branch, Buffer.from(bits).toString("base64")])
      )
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
    const before = Cells.of(this.#state.value)
    if (!table.hasSeries && before.branches().length === 0) return
    const slices = new Slices()
    const goods = await goodsByProduct(this.#catalogue.links, table)
    const slots = await this.#slots(goods.keys())
    const now = new Cells()
    for (const [product, slot] of slots) {
      for (const branch of tracked(table, goods.get(product)!).keys()) now.add(branches[branch]!, slot)
      // What could not be read is as it was.
      for (const [place, branch] of branches.entries()) {
        if (before.has(branch, slot) && table.isUnread(goods.get(product)!, place)) now.add(branch, slot)
      }
      if (slices.due) await slices.rest()
    }
    // First what was and what is: after a crash in between "none left" is said once more, never left out.
    await this.#save(before.with(now))
    const names = await this.#names(table)
    let rows: Array<StockSeries> = []
    const flush = async (least: number): Promise<void> => {
      if (rows.length < least || rows.length === 0) return
      await this.#base.parts.hub.stock.putSeries({ asOf, rows })
      rows = []
    }
    for (const [product, slot] of slots) {
      for (const [branch, series] of tracked(table, goods.get(product)!)) {
        rows.push(...seriesOf(series, names, product, branches[branch]!))
      }
      for (const branch of before.branches()) {
        if (before.has(branch, slot) && !now.has(branch, slot)) rows.push(rowOf(product, branch, "", null, 0))
      }
      await flush(CHUNK)
      if (slices.due) await slices.rest()
    }
    await flush(0)
    await this.#save(now)
  }

  /** Products of this base with their row in the hub. */
  async #slots(products: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    const { hub } = this.#base.parts
    const slices = new Slices()
    const slots = new Map<string, number>()
    for (const product of products) {
      const slot = hub.catalogue.slot(product)
      if (slot !== undefined) slots.set(product, slot)
      if (slices.due) await slices.rest()
    }
    return slots
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

/** Series by place of the branch, where at least one row names one and each could be read: of others nothing is said. */
const tracked = (table: StockTable, goods: ReadonlyArray<number>): ReadonlyMap<number, ReadonlyArray<SeriesRow>> => {
  const branches = new Map<number, Array<SeriesRow>>()
  for (const one of goods) {
    for (const row of table.seriesOf(one)) {
      const rows = branches.get(row.branch)
      if (rows === undefined) branches.set(row.branch, [row])
      else rows.push(row)
    }
  }
  for (const [branch, rows] of branches) {
    if (rows.every(({ series }) => series === 0) || table.isUnread(goods, branch)) branches.delete(branch)
  }
  return branches
}

const rowOf = (
  productId: string,
  branchId: string,
  series: string,
  expiresAt: string | null,
  units: number
): StockSeries =>
  ({ productId, branchId, series, expiresAt, units }) as StockSeries

/** The series of a product at a branch; of two entries with one number the sooner end counts. */
const seriesOf = (
  rows: ReadonlyArray<SeriesRow>,
  names: ReadonlyMap<number, SeriesInfo>,
  productId: string,
  branchId: string
): ReadonlyArray<StockSeries> => {
  const found = new Map<string, { expiresAt: string | null; units: number }>()
  for (const { series, units } of rows) {
    const { number, expiresAt } = names.get(series) ?? { number: "", expiresAt: null }
    const other = found.get(number)
    const soonest = [other?.expiresAt, expiresAt].filter((day) => typeof day === "string").toSorted()[0] ?? null
    found.set(number, { expiresAt: soonest, units: exact((other?.units ?? 0) + units) })
  }
  return [...found].map(([number, { expiresAt, units }]) =>
    rowOf(productId, branchId, number, expiresAt, Math.max(0, Math.floor(units)))
  )
}
