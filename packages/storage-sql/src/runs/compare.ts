import { type GoneRows, type ImportBatch, type ImportCounts, type StockImage, toStated } from "@aptekit/core"
import { setImmediate } from "node:timers/promises"
import type { StatedBlock } from "../ops/bulk.ts"
import { branchOf, cellOf, productOf } from "../schema.ts"
import { Difference, NOTHING } from "./difference.ts"
import { BREATH_ROWS, figuresOf, Group, type MutableCounts } from "./group.ts"
import type { Rows } from "./rows.ts"
import { statedKind, StatedTimes, tellTimes } from "./stated.ts"

/** Units that movements later than T took or brought, by cell. */
export type LaterUnits = ReadonlyMap<number, number>
const NOTHING_MOVED: LaterUnits = new Map()

interface Judged {
  readonly group: Group
  readonly batches: ReadonlyArray<ImportBatch>
  readonly moved: LaterUnits
}

/** A run's rows against the image. Between two breaths the image may change: the caller watches what commits touch. */
export class Comparison {
  readonly counts: MutableCounts
  readonly gone: ReadonlyArray<GoneRows>
  readonly #image: StockImage
  readonly #judged: ReadonlyArray<Judged>

  private constructor(
    image: StockImage,
    judged: ReadonlyArray<Judged>,
    counts: MutableCounts,
    gone: ReadonlyArray<GoneRows>
  ) {
    this.#image = image
    this.#judged = judged
    this.counts = counts
    this.gone = gone
  }

  static async of(
    image: StockImage,
    batches: ReadonlyArray<ImportBatch>,
    given: ImportCounts,
    movedAfter: (asOf: number) => Promise<LaterUnits>,
    told: (percent: number) => void
  ): Promise<Comparison> {
    const counts = { ...given }
    const gone = { stock: { kind: "stock", before: 0, gone: 0 }, price: { kind: "price", before: 0, gone: 0 } } as const
    const judged: Array<Judged> = []
    const all = batches.reduce((sum, batch) => sum + batch.products.length, 0)
    let done = 0
    for (const some of grouped(batches)) {
      const [{ kind, asOf }] = some as [ImportBatch]
      const group = new Group(image, some)
      const moved = kind === "stock" ? await movedAfter(asOf) : NOTHING_MOVED
      for (const cell of moved.keys()) group.force(productOf(cell), branchOf(cell))
      const later = judged.map((one) => one.group).filter((one) => one.kind === kind && one.priceType === group.priceType)
      for (const one of later) group.forceAll(one)
      for (const batch of some) {
        for (const [from, to] of breaths(batch)) {
          group.compare(batch, from, to, image, later, counts, gone[kind])
          done += to - from
          told((done / all) * 100)
          await setImmediate()
        }
      }
      judged.push({ group, batches: some, moved })
    }
    return new Comparison(image, judged, counts, [gone.stock, gone.price])
  }

  /** Rows to be written, in the order in which they are: an earlier statement before a later one. */
  async rows(): Promise<ReadonlyArray<Rows>> {
    const all: Array<Rows> = []
    for (const { group } of this.#judged) all.push(await group.rows())
    return all.filter((rows) => rows.products.length > 0).toReversed()
  }

  /** Does the run name this row of stock? */
  names(product: number, branch: number): boolean {
    return this.#stock.some(({ group }) => group.names(product, branch))
  }

  /**
   * Rows that said nothing new when they were compared, and that a commit has touched before they were journalled: a sale
   * of before their time took from a figure that had it already, so their sum is made anew (D1).
   */
  late(touched: ReadonlySet<number>): ReadonlyArray<Rows> {
    if (touched.size === 0) return []
    const places = Array.from(touched, (cell) => [productOf(cell), branchOf(cell)] as const)
    return this.#stock.flatMap(({ group, batches }) => group.late(batches, places) ?? [])
  }

  get #stock(): ReadonlyArray<Judged> {
    return this.#judged.filter(({ group }) => group.kind === "stock")
  }

  /** Every named row keeps the statement's time, changed or not (D2): the blocks of them as they will be. */
  async statedBlocks(): Promise<ReadonlyArray<StatedBlock>> {
    const blocks: Array<StatedBlock> = []
    for (const judged of Map.groupBy(this.#judged, ({ group }) => statedKind(group.priceType)).values()) {
      await setImmediate()
      const times = new StatedTimes(this.#image, judged[0]!.group.priceType)
      for (const batch of judged.flatMap(({ batches }) => batches)) {
        for (const [from, to] of breaths(batch)) {
          times.name(batch, from, to)
          await setImmediate()
        }
      }
      for (const block of times.packed()) {
        blocks.push(block)
        await setImmediate()
      }
    }
    return blocks
  }

  /** The image knows the times too, all at once. */
  tellTimes(): void {
    for (const { batches } of this.#judged) for (const batch of batches) tellTimes(this.#image, batch)
  }

  /** What it would change, for a person to look at. */
  async difference(): Promise<Difference> {
    const difference = new Difference()
    for (const { group, batches, moved } of this.#judged) {
      for (const batch of batches) {
        for (const [from, to] of breaths(batch)) {
          if (difference.full) return difference
          this.#differ(group, batch, from, to, moved, difference)
          await setImmediate()
        }
      }
    }
    return difference
  }

  #differ(group: Group, batch: ImportBatch, from: number, to: number, moved: LaterUnits, difference: Difference): void {
    const { priceType, columns, kind } = group
    const { cells, cellsStated, network, networkStated, none } = this.#image.figuresOf(priceType, columns > 1)
    const stated = toStated(batch.asOf)
    const figures = figuresOf(batch)
    for (let i = from; i < to; i++) {
      const p = batch.products[i]!
      const b = batch.branches[i]!
      const cell = this.#image.cell(p, b)
      const last = b < 0 ? networkStated[p]! : cellsStated[cell]!
      const before = b < 0 ? network[p]! : cells[cell]!
      const after = figures[i]! + (moved.size === 0 ? 0 : (moved.get(cellOf(p, b)) ?? 0))
      if (last > stated || after === before) continue
      const wasNothing = kind === "stock" ? last === 0 && before === 0 : before === none
      difference.add(kind, priceType, p, b, wasNothing ? NOTHING : before, kind === "price" && after === none ? NOTHING : after)
    }
  }
}

function* breaths({ products: { length } }: ImportBatch): Generator<readonly [from: number, to: number]> {
  for (let from = 0; from < length; from += BREATH_ROWS) yield [from, Math.min(from + BREATH_ROWS, length)]
}

/** Batches of one kind and one time together; of one kind the latest first. */
const grouped = (batches: ReadonlyArray<ImportBatch>): ReadonlyArray<ReadonlyArray<ImportBatch>> => {
  const groups = Map.groupBy(batches.filter((batch) => batch.products.length > 0), (batch) =>
    `${statedKind(batch.kind === "price" ? batch.priceType : null)}\n${batch.asOf}`)
  return [...groups.values()].sort((a, b) => b[0]!.asOf - a[0]!.asOf)
}
