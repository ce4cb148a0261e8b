import type { ImportCounts, InboundRun } from "@aptekit/core"
import type { Note, NoteList } from "../worker/protocol.ts"

const KEPT = 1000
const SLICE = 10_000

/** What the administrator is told of single rows: the first thousand with their text, of the rest the number. */
export class Notes {
  readonly #kept: Array<Note> = []
  #more = 0
  #remarks = 0

  /** The row was not taken. */
  reject(line: number, reason: string): void {
    if (this.#kept.length < KEPT) this.#kept.push({ line, reason })
    else this.#more++
  }

  /** The row was taken, or waits, and there is something to say about it. */
  remark(line: number, reason: string): void {
    this.#remarks++
    this.reject(line, reason)
  }

  /** As plain values, and taken up again in another thread. */
  list(): NoteList {
    return { kept: this.#kept, more: this.#more, remarks: this.#remarks }
  }

  add({ kept, more, remarks }: NoteList): void {
    for (const { line, reason } of kept) this.reject(line, reason)
    this.#more += more
    this.#remarks += remarks
  }

  async tell(run: InboundRun): Promise<void> {
    if (this.#kept.length > 0) await run.reject(this.#kept)
    const last = this.#kept.at(-1)
    if (last === undefined) return
    for (let left = this.#more; left > 0; left -= SLICE) {
      await run.reject(Array.from({ length: Math.min(left, SLICE) }, () => last))
    }
  }

  /** Takes remarks out of the number of rejected rows, among which they are listed. */
  counts(): Partial<ImportCounts> {
    return { rejected: -this.#remarks }
  }
}
