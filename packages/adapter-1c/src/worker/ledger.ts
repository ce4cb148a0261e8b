import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { IdTable } from "../import/id-table.ts"
import { Grid, NONE } from "./grid.ts"

interface Head {
  readonly offers: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string>
  readonly times: ReadonlyArray<number>
  readonly rows: number
  readonly note?: unknown
}

/** In a row on disk: offer and column by their places in the head, figure, time by its place in the head. */
const WIDTH = 4

/** Writes a file so that a crash leaves the old or the new content, never a mixture. */
export const replaceFileSync = (path: string, parts: ReadonlyArray<Uint8Array>): void => {
  const handle = openSync(`${path}.new`, "w")
  try {
    for (const part of parts) writeFileSync(handle, part)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(`${path}.new`, path)
  syncFolderSync(dirname(path))
}

/** Makes the new name durable: 1C, told `success`, does not send again what waits here. Windows cannot do it. */
const syncFolderSync = (folder: string): void => {
  let handle: number | undefined
  try {
    handle = openSync(folder, "r")
    fsyncSync(handle)
  } catch {
    return
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

/**
 * Figures with the time of their statement, by product and warehouse or price type, kept in a file: what waits for what
 * it refers to, and what each warehouse of a shared branch last said. Integers in memory and on disk.
 */
export class Ledger {
  readonly #path: string
  readonly #offers: IdTable
  readonly #others: IdTable
  readonly #most: number
  readonly #figures = new Grid()
  readonly #times = new Grid()
  readonly #moments: Array<number> = []
  readonly #momentNumbers = new Map<number, number>()
  #size = 0
  #changed = false
  #note: unknown

  constructor(folder: string, name: string, offers: IdTable, others: IdTable, most = Number.MAX_SAFE_INTEGER) {
    this.#path = join(folder, name)
    this.#offers = offers
    this.#others = others
    this.#most = most
    if (existsSync(this.#path)) this.#load(readFileSync(this.#path))
  }

  get size(): number {
    return this.#size
  }

  /** Something for JSON that is saved with the rows, as one with them. */
  get note(): unknown {
    return this.#note
  }

  set note(note: unknown) {
    this.#note = note
    this.#changed = true
  }

  get columns(): number {
    return this.#figures.columns
  }

  /** `NONE` if there is nothing. `column`: 0 for a total, else the number of the warehouse or type and 1. */
  figure(offer: number, column: number): number {
    return this.#figures.get(offer, column)
  }

  /** −∞ if there is nothing. */
  time(offer: number, column: number): number {
    if (this.figure(offer, column) === NONE) return Number.NEGATIVE_INFINITY
    return this.#moments[this.#times.get(offer, column)] ?? Number.NEGATIVE_INFINITY
  }

  /** False: there is too much already. An older statement than what is known says nothing new (D2). */
  put(offer: number, column: number, figure: number, asOf: number): boolean {
    const known = this.#figures.get(offer, column)
    if (known === NONE && this.#size >= this.#most) return false
    if (known !== NONE && this.time(offer, column) > asOf) return true
    if (known === NONE) this.#size++
    else if (known === figure && this.time(offer, column) === asOf) return true
    this.#figures.set(offer, column, figure)
    this.#times.set(offer, column, this.#moment(asOf))
    this.#changed = true
    return true
  }

  remove(offer: number, column: number): void {
    if (this.#figures.get(offer, column) === NONE) return
    this.#figures.set(offer, column, NONE)
    this.#size--
    this.#changed = true
  }

  each(column: number, take: (offer: number, figure: number) => void): void {
    this.#figures.each(column, take)
  }

  save(): void {
    if (!this.#changed) return
    if (this.#size === 0 && this.#note === undefined) rmSync(this.#path, { force: true })
    else {
      const { head, rows } = this.#content()
      const text = new TextEncoder().encode(JSON.stringify(head))
      replaceFileSync(this.#path, [new Uint8Array(Uint32Array.of(text.length).buffer), text, new Uint8Array(rows.buffer)])
    }
    this.#changed = false
  }

  #moment(asOf: number): number {
    let number = this.#momentNumbers.get(asOf)
    if (number === undefined) {
      number = this.#moments.push(asOf) - 1
      this.#momentNumbers.set(asOf, number)
    }
    return number
  }

  /** Only ids and times that some row still has. */
  #content(): { readonly head: Head; readonly rows: Int32Array } {
    const rows = new Int32Array(this.#size * WIDTH)
    const [offers, columns, times] = [new Places(), new Places(), new Places()]
    let at = 0
    for (let column = 0; column < this.columns; column++) {
      this.each(column, (offer, figure) => {
        rows[at++] = offers.of(offer)
        rows[at++] = columns.of(column)
        rows[at++] = figure
        rows[at++] = times.of(this.#times.get(offer, column))
      })
    }
    const head = {
      offers: offers.all.map((offer) => this.#offers.ids[offer]!),
      columns: columns.all.map((column) => (column === 0 ? "" : this.#others.ids[column - 1]!)),
      times: times.all.map((time) => this.#moments[time]!),
      rows: this.#size,
      note: this.#note
    }
    return { head, rows }
  }

  #load(bytes: Uint8Array): void {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Head
    // A copy: the rows may begin at any byte.
    const rows = new Int32Array(new Uint8Array(bytes.subarray(4 + length)).buffer)
    const offers = head.offers.map((id) => this.#offers.add(id))
    const columns = head.columns.map((id) => (id === "" ? 0 : this.#others.add(id) + 1))
    for (let at = 0; at < head.rows * WIDTH; at += WIDTH) {
      this.put(offers[rows[at]!]!, columns[rows[at + 1]!]!, rows[at + 2]!, head.times[rows[at + 3]!]!)
    }
    this.#note = head.note
    this.#changed = false
  }
}

/** Dense places for numbers, in the order of first sight. */
class Places {
  readonly all: Array<number> = []
  readonly #places = new Map<number, number>()

  of(number: number): number {
    const known = this.#places.get(number)
    if (known !== undefined) return known
    this.#places.set(number, this.all.length)
    return this.all.push(number) - 1
  }
}
