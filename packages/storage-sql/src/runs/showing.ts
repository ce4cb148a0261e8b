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

/** The image's switch to other figures, among the commits that change them. */
export class Showing {
  readonly #driver: Driver
  readonly #image: StockImage
  readonly #figures: Figures
  /** Rows that have been read and will be shown; commits meanwhile are added to them. */
  readonly #showing = new Set<Map<number, Level>>()

  constructor(driver: Driver, image: StockImage, figures: Figures) {
    this.#driver = driver
    this.#image = image
    this.#figures = figures
  }

  /**
   * Switches the image in one turn of the event loop; what commits have touched meanwhile is as the database has it.
   * A commit that begins while those rows are read is read too.
   */
  async inPeace(touched: ReadonlySet<number>, turn: () => void): Promise<void> {
    const showing = new Map<number, Level>()
    const again = this.#figures.watch()
    this.#showing.add(showing)
    try {
      const read = new Set<number>()
      for (let some = [...touched]; some.length > 0; some = [...touched].filter((cell) => !read.has(cell))) {
        for (const cell of some) read.add(cell)
        await this.#readBack(some, showing)
      }
      turn()
      for (const [cell, level] of showing) this.#image.setLevel(productOf(cell), branchOf(cell), level.onHand, level.reserved)
      this.#figures.doubt([...again].filter((cell) => showing.has(cell)))
    } finally {
      this.#showing.delete(showing)
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
    this.#image.addLevel(productOf(cell), branchOf(cell), onHand, reserved)
    for (const showing of this.#showing) {
      const level = showing.get(cell)
      if (level === undefined) continue
      level.onHand += onHand
      level.reserved += reserved
    }
  }
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
