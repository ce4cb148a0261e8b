import { closeSync, openSync, readSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Text that is taken at once, or one line of more. */
const TAKEN = 256 * 1024
/** Text kept in memory before it goes to disk. */
const KEPT = 1024 * 1024
const CHUNK = 256 * 1024
const LF = 0x0a

/** Lines that are written once and then read in order, as often as needed: in a file as soon as they are many. */
export class Spill {
  readonly #path: string
  #handle: number | undefined
  #lines: Array<string> = []
  #length = 0
  #readAt = 0
  #taken = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(folder: string, name: string) {
    this.#path = join(folder, name)
  }

  push(line: string): void {
    this.#lines.push(line)
    this.#length += line.length
    if (this.#length > KEPT) this.#write()
  }

  /** The next lines, so many or so much text; none: that was all. */
  take(most: number): ReadonlyArray<string> {
    if (this.#handle !== undefined && this.#length > 0) this.#write()
    const lines: Array<string> = []
    let length = 0
    while (lines.length < most && length < TAKEN) {
      const line = this.#handle === undefined ? this.#lines[this.#taken++] : this.#next()
      if (line === undefined) break
      lines.push(line)
      length += line.length
    }
    return lines
  }

  #next(): string | undefined {
    for (;;) {
      const end = this.#rest.indexOf(LF)
      if (end >= 0) {
        const line = this.#rest.toString("utf8", 0, end)
        this.#rest = this.#rest.subarray(end + 1)
        return line
      }
      if (!this.#more()) return undefined
    }
  }

  /** The next line is the first one again. */
  rewind(): void {
    this.#taken = this.#readAt = 0
    this.#rest = Buffer.alloc(0)
  }

  close(): void {
    if (this.#handle === undefined) return
    closeSync(this.#handle)
    rmSync(this.#path, { force: true })
    this.#handle = undefined
  }

  #write(): void {
    this.#handle ??= openSync(this.#path, "w+")
    writeFileSync(this.#handle, `${this.#lines.join("\n")}\n`)
    this.#lines = []
    this.#length = 0
  }

  #more(): boolean {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const bytes = readSync(this.#handle!, chunk, 0, CHUNK, this.#readAt)
    this.#readAt += bytes
    this.#rest = Buffer.concat([this.#rest, chunk.subarray(0, bytes)])
    return bytes > 0
  }
}
