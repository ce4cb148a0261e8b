import type { StockImage } from "@aptekit/core"
import type { Driver } from "./driver.ts"
import type { AwaitedChange } from "./encode.ts"
import { awaitedDemand } from "./image.ts"
import { Refusal } from "./program.ts"
import { branchOf, cellOf, productOf } from "./schema.ts"

interface Level {
  readonly cell: number
  readonly on_hand: number
  readonly reserved: number
  readonly as_of: number
}

/** Rows of an `InsufficientStock` refusal, with the figures that the database had. */
type Refused = ReadonlyArray<{ readonly cell: number; readonly onHand: number; readonly reserved: number }>

/**
 * The database's figures on their way into the image, among the commits that change them.
 *
 * SQLite's writer answers in the order of its commits. MariaDB's connections do not: a figure that was read while a
 * commit of its row was under way may have that commit in it or not, and so may the row after a lost answer. Such rows
 * are doubtful, and are read again until it was done in peace.
 */
export class Figures {
  readonly #driver: Driver
  readonly #image: StockImage
  readonly #inOrder: boolean
  readonly #running = new Set<Promise<unknown>>()
  readonly #underWay = new Map<number, number>()
  readonly #watches = new Set<Set<number>>()
  #doubtful = new Set<number>()
  /** Rows of which nobody knows what waiting orders will take first. */
  #doubtfulDemand = new Set<number>()
  /** The database was away: what else was missed nobody can say, so everything is read again. */
  #shaken = false

  constructor(driver: Driver, image: StockImage) {
    this.#driver = driver
    this.#image = image
    this.#inOrder = driver.dialect.name === "sqlite"
  }

  /** A commit of these rows, from its decision until the image has it; and the demand of waiting orders with it (D11). */
  async during<A>(
    changed: ReadonlyArray<{ readonly cell: number }>,
    awaited: ReadonlyArray<AwaitedChange>,
    commit: () => Promise<A>
  ): Promise<A> {
    const demand = awaited.map(({ product, branch }) => cellOf(product, branch))
    const cells = [...new Set([...changed.map(({ cell }) => cell), ...demand])]
    const watch = this.watch()
    for (const cell of cells) this.#begin(cell, watch)
    const running = commit()
    this.#running.add(running)
    try {
      const result = await running
      for (const { product, branch, units } of awaited) this.#image.addAwaited(product, branch, units)
      return result
    } catch (error) {
      // Perhaps it was done and only its answer lost; then its own repetition may have been refused.
      this.doubt(cells)
      this.#doubtDemand(demand)
      if (!(error instanceof Refusal)) this.shake()
      if (error instanceof Refusal && error.tag === "InsufficientStock") this.#repair(error.fields["refused"] as Refused, watch)
      throw error
    } finally {
      this.#running.delete(running)
      this.unwatch(watch)
      for (const cell of cells) this.#end(cell)
    }
  }

  #begin(cell: number, own: Set<number>): void {
    this.#underWay.set(cell, (this.#underWay.get(cell) ?? 0) + 1)
    for (const watch of this.#watches) if (watch !== own) watch.add(cell)
  }

  #end(cell: number): void {
    const left = this.#underWay.get(cell)! - 1
    if (left === 0) this.#underWay.delete(cell)
    else this.#underWay.set(cell, left)
  }

  /** Another replica's commit of these rows: whoever watches must know. */
  touch(cells: Iterable<number>): void {
    for (const cell of cells) for (const watch of this.#watches) watch.add(cell)
  }

  /** The rows of all commits that are under way now or begin before `unwatch`. */
  watch(): Set<number> {
    const watch = new Set(this.#underWay.keys())
    this.#watches.add(watch)
    return watch
  }
  unwatch(watch: Set<number>): void {
    this.#watches.delete(watch)
  }

  /** Resolves when all commits that are under way now have their answers. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  /** What the database says of these rows; the image knows it too. */
  async ask(cells: ReadonlyArray<number>): Promise<ReadonlyArray<Level>> {
    const watch = this.watch()
    try {
      const levels = await this.#driver.write("levels", cells, "change")
      for (const level of levels) this.#set(level.cell, level.on_hand, level.reserved, watch)
      return levels
    } finally {
      this.unwatch(watch)
    }
  }

  /** Lets these rows be read again at the next look. */
  doubt(cells: Iterable<number>): void {
    if (this.#inOrder) return
    for (const cell of cells) this.#doubtful.add(cell)
  }

  /** The database did not answer. */
  shake(): void {
    if (!this.#inOrder) this.#shaken = true
  }

  /** Was the database away since this was last asked? Then all demand of waiting orders is read again too. */
  takeShaken(): boolean {
    const shaken = this.#shaken
    this.#shaken = false
    if (shaken) this.#doubtDemand(this.#image.awaitedCells().map(([product, branch]) => cellOf(product, branch)))
    return shaken
  }

  /** Reads what is doubtful once more. */
  async again(): Promise<void> {
    await this.#levelsAgain()
    await this.#demandAgain()
  }

  #doubtDemand(cells: Iterable<number>): void {
    if (this.#inOrder) return
    for (const cell of cells) this.#doubtfulDemand.add(cell)
  }

  /** The demand of all waiting orders is one query; a row with a commit under way meanwhile is left to the next look. */
  async #demandAgain(): Promise<void> {
    if (this.#doubtfulDemand.size === 0) return
    const cells = this.#doubtfulDemand
    this.#doubtfulDemand = new Set()
    const watch = this.watch()
    try {
      const demand = await awaitedDemand(this.#driver, this.#image)
      // Demand that is there counts as doubtful too: a lost answer may be all that the image knows of it.
      for (const cell of new Set([...cells, ...demand.keys()])) {
        if (watch.has(cell)) this.#doubtDemand([cell])
        else this.#image.setAwaited(productOf(cell), branchOf(cell), demand.get(cell) ?? 0)
      }
    } catch (error) {
      this.#doubtDemand(cells)
      throw error
    } finally {
      this.unwatch(watch)
    }
  }

  async #levelsAgain(): Promise<void> {
    if (this.#doubtful.size === 0) return
    const cells = [...this.#doubtful]
    this.#doubtful = new Set()
    try {
      await this.ask(cells)
    } catch (error) {
      this.doubt(cells)
      throw error
    }
  }

  /** The figures of a refusal repair the image (D5). */
  #repair(refused: Refused, watch: ReadonlySet<number>): void {
    for (const { cell, onHand, reserved } of refused) this.#set(cell, onHand, reserved, watch)
  }

  #set(cell: number, onHand: number, reserved: number, watch: ReadonlySet<number>): void {
    this.#image.setLevel(productOf(cell), branchOf(cell), onHand, reserved)
    if (watch.has(cell)) this.doubt([cell])
  }
}
