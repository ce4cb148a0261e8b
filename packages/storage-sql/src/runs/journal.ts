import type { SyncRun } from "@aptekit/core"
import { type Driver, DriverError } from "../driver.ts"
import type { Figures } from "../figures.ts"
import type { JournalRow, StatedBlock } from "../ops/bulk.ts"
import type { Fence } from "../ops/fence.ts"
import { Refusal } from "../program.ts"
import type { Comparison } from "./compare.ts"
import { journalOf, type Rows } from "./rows.ts"
import { runRow } from "./run.ts"
import type { Showing } from "./showing.ts"
import type { StatementTimes } from "./times.ts"

/** A run whose rows are journalled and not all applied. */
export interface Journalled {
  readonly run: SyncRun
  readonly rows: ReadonlyArray<Rows>
}

/** A compared run that is to be journalled. */
export interface Compared {
  readonly run: SyncRun
  /** The hub that received it. */
  readonly owner: string
  readonly comparison: Comparison
  /** Rows that commits have touched since before it was compared. */
  readonly touched: ReadonlySet<number>
  readonly fence: Fence | null
  /** Hears of it while nobody knows whether it is journalled. */
  readonly unsure: (perhaps: Journalled) => void
}

interface Prepared extends Compared {
  readonly rows: ReadonlyArray<Rows>
  readonly parts: ReadonlyArray<JournalRow>
  readonly blocks: ReadonlyArray<StatedBlock>
}

/** What other hubs have done to the stock. */
export interface Others {
  /** Up to now. */
  readonly hear: () => Promise<void>
  /** The place in the feed up to which it was heard. */
  readonly heard: () => number
}

/** So often other hubs may move stock between a look at it and the journal; then they wait for it. */
const TRIES = 5

/** How a compared run comes into the journal: whole, and beside no movement that it does not know (D1, D4). */
export class Journal {
  readonly #driver: Driver
  readonly #origin: string
  readonly #figures: Figures
  readonly #showing: Showing
  readonly #times: StatementTimes
  readonly #others: Others

  constructor(driver: Driver, origin: string, figures: Figures, showing: Showing, times: StatementTimes, others: Others) {
    this.#driver = driver
    this.#origin = origin
    this.#figures = figures
    this.#showing = showing
    this.#times = times
    this.#others = others
  }

  /** From then on the run is finished, now or by the next run or start; and a movement is judged by its times. */
  async write(compared: Compared): Promise<Journalled> {
    const rows = await compared.comparison.rows()
    const [parts, blocks] = await Promise.all([this.#allButOnePart(compared, rows), compared.comparison.statedBlocks()])
    const prepared = { ...compared, rows, parts, blocks }
    return await this.#tryOnce(prepared, false) ?? await this.#times.holding(() => this.#untilDone(prepared))
  }

  /** This hub's own movements wait meanwhile; another hub's may come between, a few times. */
  async #untilDone(prepared: Prepared): Promise<Journalled> {
    await this.#figures.settled()
    for (let tried = 1;; tried++) {
      const journalled = await this.#tryOnce(prepared, tried >= TRIES)
      if (journalled !== null) return journalled
    }
  }

  /**
   * Journals the run with the rows that were touched since it was compared, all at once: a hub that dies has stated all of
   * them or none. Null where stock has moved meanwhile. `alone`: other hubs' movements wait until it is done.
   */
  async #tryOnce({ run, owner, comparison, rows, parts, blocks, touched, fence, unsure }: Prepared, alone: boolean): Promise<Journalled | null> {
    const { moves } = await this.#driver.write("statementOrder", undefined, "log")
    // What other hubs moved until then is heard of, and counts as touched.
    await this.#others.hear()
    let late: ReadonlyArray<Rows> = []
    const lateParts = (cells: ReadonlySet<number>): ReadonlyArray<JournalRow> => {
      late = comparison.late(cells)
      return late.flatMap((some, i) => [...journalOf(run.id, some, rows.length + i)])
    }
    const others = alone && this.#driver.alone !== null
      ? { after: this.#others.heard(), origin: this.#origin, late: (moved: ReadonlyArray<number>) => lateParts(new Set([...touched, ...moved])) }
      : null
    const journal = { row: runRow(run, owner), parts: others === null ? [...parts, ...lateParts(touched)] : parts, blocks, fence, moves, others }
    const write = (): Promise<number> => this.#driver.write("journalRun", journal, "log")
    const journalled = (): Journalled => ({ run, rows: [...rows, ...late] })
    try {
      // Where nobody knows whether it was written, it is written again, which changes nothing.
      const statements = await write().catch((error: unknown) => {
        if (!(error instanceof DriverError) || error.outcome !== "unknown") throw error
        unsure(journalled())
        return write()
      })
      comparison.tellTimes()
      this.#showing.changed()
      this.#times.told(statements)
    } catch (error) {
      if (error instanceof Refusal && error.tag === "MovedSince") return null
      throw error
    }
    return journalled()
  }

  /** Parts beyond one go each by itself, so that no order waits for all of them; gives what is left. */
  async #allButOnePart({ run, fence }: Compared, rows: ReadonlyArray<Rows>): Promise<ReadonlyArray<JournalRow>> {
    let left: JournalRow | null = null
    for (const [set, some] of rows.entries()) {
      for (const part of journalOf(run.id, some, set)) {
        if (left !== null) await this.#driver.write("journalPart", [left, fence], "slice")
        left = part
      }
    }
    return left === null ? [] : [left]
  }
}
