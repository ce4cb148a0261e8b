import type { StockImage } from "@aptekit/core"
import { setImmediate } from "node:timers/promises"
import type { Driver } from "../driver.ts"
import { restoreStated } from "./stated.ts"

/**
 * Up to which statement the image knows the times of its rows (D2). A commit that moves stock says so, and is refused
 * where a statement has been journalled since, by this hub or by another one: then it is judged anew by the new times.
 */
export class StatementTimes {
  readonly #driver: Driver
  readonly #image: StockImage
  #known = 0
  /** While a statement is journalled that movements came between: they wait until its times are told. */
  #held: Promise<unknown> | null = null

  constructor(driver: Driver, image: StockImage) {
    this.#driver = driver
    this.#image = image
  }

  get known(): number {
    return this.#known
  }

  /** The image was read from the database after this many statements. */
  know(statements: number): void {
    this.#known = statements
  }

  /** The image has the times of the statement that was just journalled here; of one between by another hub it has not. */
  told(statements: number): void {
    if (statements === this.#known + 1) this.#known = statements
  }

  async holding<A>(work: () => Promise<A>): Promise<A> {
    const held = work()
    this.#held = held
    try {
      return await held
    } finally {
      this.#held = null
    }
  }

  /** Before a movement is judged. */
  async settled(): Promise<void> {
    while (this.#held !== null) await this.#held.catch(() => undefined)
  }

  /** After a refusal: the image takes the times of all statements until now. Times only grow, so the figures may come later. */
  async learn(): Promise<void> {
    const { statements } = await this.#driver.write("statementOrder", undefined, "change")
    if (statements === this.#known) return
    for (const block of await this.#driver.read("statedTimes", undefined)) {
      restoreStated(this.#image, block)
      await setImmediate()
    }
    this.#known = Math.max(this.#known, statements)
  }
}
