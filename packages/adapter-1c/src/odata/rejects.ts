import type { ImportCounts, InboundRun } from "@aptekit/core"

const MOST = 1000

/** Rows that were not taken, each reason once per object, and what is only counted. */
export class Rejects {
  #parked = 0
  #rejected = 0
  readonly #rows: Array<{ readonly line: number; readonly reason: string }> = []
  readonly #said = new Set<string>()

  /** A row that waits for a setting or for an object. */
  park(line: number, reason: string): void {
    this.#parked++
    this.#say(line, reason)
  }

  reject(line: number, reason: string): void {
    this.#rejected++
    this.#say(line, reason)
  }

  /** Taken, but not as it was written. */
  note(line: number, reason: string): void {
    this.#say(line, reason)
  }

  async tell(run: InboundRun): Promise<void> {
    if (this.#rows.length > 0) await run.reject(this.#rows)
  }

  /** What is still to be added to a run's counts: it counts each told row as rejected. */
  counts(): Partial<ImportCounts> {
    return { parked: this.#parked, rejected: this.#rejected - this.#rows.length }
  }

  #say(line: number, reason: string): void {
    if (this.#rows.length >= MOST || this.#said.has(reason)) return
    this.#said.add(reason)
    this.#rows.push({ line, reason })
  }
}
