import type { Driver } from "./driver.ts"
import type { Figures } from "./figures.ts"
import type { CommitResult } from "./ops/commit.ts"
import type { Imports } from "./runs/imports.ts"
import type { Showing } from "./runs/showing.ts"

const PAGE = 1_000

/**
 * What other replicas did: their stock changes by deltas, a whole reload after an import (D5). A figure that was read a
 * moment ago may have a delta in it already, so the rows are read once more.
 */
export class Replicas {
  readonly #driver: Driver
  readonly #origin: string
  readonly #imports: Imports
  readonly #showing: Showing
  readonly #figures: Figures
  readonly #loadIds: () => Promise<void>
  readonly #announce: () => void
  #heard = 0
  /** One look at a time, and each takes up where the last one ended. */
  #turn: Promise<void> = Promise.resolve()

  constructor(
    driver: Driver,
    origin: string,
    imports: Imports,
    showing: Showing,
    figures: Figures,
    loadIds: () => Promise<void>,
    announce: () => void
  ) {
    this.#driver = driver
    this.#origin = origin
    this.#imports = imports
    this.#showing = showing
    this.#figures = figures
    this.#loadIds = loadIds
    this.#announce = announce
  }

  /** The place in the feed up to which the image knows what others did. */
  get heard(): number {
    return this.#heard
  }

  /** From here on; before the image is loaded, so that nothing falls between the two. */
  async start(): Promise<void> {
    this.#heard = await this.#driver.read("feedPosition", undefined)
  }

  /** Everything that was committed before this was asked. */
  hear(): Promise<void> {
    const turn = this.#turn.then(() => this.#look())
    this.#turn = turn.catch(() => this.#figures.shake())
    return turn
  }

  async #look(): Promise<void> {
    // Where only one hub can be there is nobody to hear of.
    if (this.#driver.alone === null) return
    let news = 0
    for (let page = PAGE; page === PAGE; news += page) page = await this.#hearPage()
    await this.#afterAnAbsence()
    await this.#figures.again()
    if (news > 0) this.#announce()
  }

  /** After the database was away the whole image is read again: what was missed meanwhile need not be guessed. */
  async #afterAnAbsence(): Promise<void> {
    if (!this.#figures.takeShaken()) return
    try {
      await this.#imports.reload()
    } catch (error) {
      this.#figures.shake()
      throw error
    }
  }

  async #hearPage(): Promise<number> {
    const events = await this.#driver.list("foreignEvents", { after: this.#heard, origin: this.#origin, limit: PAGE })
    // One reload is as good as several: it reads what is there after the last of them.
    if (events.some(({ type }) => type === "stock.imported")) {
      await this.#loadIds()
      await this.#imports.reload()
    }
    for (const { seq, levels } of events) {
      for (const [cell, onHand, reserved] of JSON.parse(levels ?? "[]") as CommitResult["levels"]) {
        this.#showing.moved(cell, onHand, reserved)
        this.#figures.touch([cell])
        this.#figures.doubt([cell])
      }
      this.#heard = seq
    }
    return events.length
  }
}
