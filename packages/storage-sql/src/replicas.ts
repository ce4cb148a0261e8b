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
  /** The image must be read again: another replica has imported, or the database was away. */
  #stale = false
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

  /** What was read may be half of what another replica was writing. */
  doubt(): void {
    this.#stale = true
  }

  /** Everything that was committed before this was asked; while a run is written the image stays as it was before it. */
  hear(): Promise<void> {
    return this.#inTurn(() => this.#imports.tryReload())
  }

  /** The same for who imports: nobody else does meanwhile, so that nothing is left for later. */
  hearAll(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#imports.reload()
      return true
    })
  }

  #inTurn(reload: () => Promise<boolean>): Promise<void> {
    const turn = this.#turn.then(() => this.#look(reload))
    this.#turn = turn.catch(() => this.#figures.shake())
    return turn
  }

  async #look(reload: () => Promise<boolean>): Promise<void> {
    // Where only one hub can be there is nobody to hear of.
    if (this.#driver.alone === null) return
    let news = 0
    for (let page = PAGE; page === PAGE; news += page) page = await this.#hearPage()
    // After the database was away the whole image is read again: what was missed meanwhile need not be guessed.
    if (this.#figures.takeShaken()) this.#stale = true
    if (this.#stale && await reload()) this.#stale = false
    await this.#figures.again()
    if (news > 0) this.#announce()
  }

  async #hearPage(): Promise<number> {
    const events = await this.#driver.list("foreignEvents", { after: this.#heard, origin: this.#origin, limit: PAGE })
    if (events.some(({ type }) => type === "stock.imported")) {
      await this.#loadIds()
      // One reload is as good as several: it reads what is there after the last of them.
      this.#stale = true
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
