import type { StockImage } from "@aptekit/core"
import type { Driver } from "../driver.ts"
import type { Figures } from "../figures.ts"
import { branchOf, productOf } from "../schema.ts"
import type { Rows } from "./rows.ts"

/** Rows read back at once, between orders. */
const SHOW_ROWS = 2_000

interface Level {
  onHand: number
  reserved: number
}

/** Figures that are about to be shown. */
interface Peace {
  /** Rows that commits had touched before: they are read back. */
  readonly known: ReadonlySet<number>
  /** Those of them that have been read; commits since then are added. */
  readonly read: Map<number, Level>
  /** What commits have changed of other rows since it began. */
  readonly since: Map<number, Level>
}

/** The image's switch to other figures, among the commits that change them. */
export class Showing {
  readonly #driver: Driver
  readonly #image: StockImage
  readonly #figures: Figures
  /** How often runs have changed what the image says. */
  #changes = 0
  readonly #showing = new Set<Peace>()

  constructor(driver: Driver, image: StockImage, figures: Figures) {
    this.#driver = driver
    this.#image = image
    this.#figures = figures
  }

  get changes(): number {
    return this.#changes
  }

  /** A run has changed what the image says. */
  changed(): void {
    this.#changes++
  }

  /**
   * Switches the image in one turn of the event loop. Rows that commits have touched until now are as the database has
   * them; what begins while those are read comes after whatever is shown, so its changes are added to that.
   */
  async inPeace(touched: ReadonlySet<number>, turn: () => void): Promise<void> {
    const peace: Peace = { known: new Set(touched), read: new Map(), since: new Map() }
    const again = this.#figures.watch()
    this.#showing.add(peace)
    try {
      await this.#readBack([...peace.known], peace.read)
      // A row that is not shown anew has them already, and keeps them.
      for (const [cell, { onHand, reserved }] of peace.since) this.#add(cell, -onHand, -reserved)
      turn()
      for (const [cell, { onHand, reserved }] of peace.since) this.#add(cell, onHand, reserved)
      for (const [cell, level] of peace.read) this.#image.setLevel(productOf(cell), branchOf(cell), level.onHand, level.reserved)
      this.#figures.doubt(again)
    } finally {
      this.#showing.delete(peace)
      this.#figures.unwatch(again)
    }
  }

  async #readBack(cells: ReadonlyArray<number>, showing: Map<number, Level>): Promise<void> {
    for (let from = 0; from < cells.length; from += SHOW_ROWS) {
      for (const level of await this.#driver.write("levels", cells.slice(from, from + SHOW_ROWS), "slice")) {
        showing.set(level.cell, { onHand: level.on_hand, reserved: level.reserved })
      }
    }
  }

  /** A commit's figures, into the image and into what an import is about to show. */
  moved(cell: number, onHand: number, reserved: number): void {
    this.#add(cell, onHand, reserved)
    for (const { known, read, since } of this.#showing) {
      const level = known.has(cell) ? read.get(cell) : mapped(since, cell)
      if (level === undefined) continue
      level.onHand += onHand
      level.reserved += reserved
    }
  }

  #add(cell: number, onHand: number, reserved: number): void {
    this.#image.addLevel(productOf(cell), branchOf(cell), onHand, reserved)
  }
}

const mapped = (levels: Map<number, Level>, cell: number): Level => {
  let level = levels.get(cell)
  if (level === undefined) levels.set(cell, (level = { onHand: 0, reserved: 0 }))
  return level
}

/** Lets the image say what these rows say. */
export const showRows = (image: StockImage, rows: ReadonlyArray<Rows>): void => {
  for (const { priceType, products, branches, figures } of rows) {
    const { cells, network } = image.figuresOf(priceType, branches.some((branch) => branch >= 0))
    const { width } = image
    for (let i = 0; i < products.length; i++) {
      const branch = branches[i]!
      if (branch < 0) network[products[i]!] = figures[i]!
      else cells[products[i]! * width + branch] = figures[i]!
    }
  }
}
