import type { Row } from "./values.ts"

const [QUOTE, BACKSLASH, BRACE, BRACKET, BRACE_END, BRACKET_END] = [0x22, 0x5c, 0x7b, 0x5b, 0x7d, 0x5d]
/** Bytes that may stand between two rows. */
const AMONG = new Set([BRACE, BRACKET_END, ...Buffer.from(", \t\r\n")])
const VALUE = /"value"\s*:\s*\[$/u
/** Depth between the rows: within the answer's object and the array. */
const AMONG_ROWS = 2

/**
 * The rows of an answer `{"odata.count":"2","value":[{…},{…}]}` as its bytes come, so that neither a page nor a whole table
 * is parsed at a stretch or lies in memory twice. It only looks for where rows begin and end; `JSON.parse` reads them,
 * those of a chunk together.
 */
export class RowScanner {
  /** Takes a byte order mark away, too. */
  readonly #decoder = new TextDecoder("utf-8", { fatal: true })
  /** The answer without its rows. */
  #head: Buffer = Buffer.alloc(0)
  /** The beginning of a row whose end has not come. */
  #tail: Buffer = Buffer.alloc(0)
  #depth = 0
  #inString = false
  /** Bytes of the next chunk that a backslash has made plain. */
  #escaped = 0
  #inRows = false

  /** The rows that are whole with this chunk. @throws SyntaxError or TypeError where they are no JSON */
  push(chunk: Uint8Array): ReadonlyArray<Row> {
    let head = this.#inRows ? -1 : 0
    let rows = this.#tail.length > 0 ? 0 : -1
    let end = 0
    for (let i = 0; i < chunk.length; i++) {
      if (this.#inString) i = this.#stringEnd(chunk, i)
      const byte = chunk[i]
      if (byte === undefined) break
      if (this.#inRows && this.#depth === AMONG_ROWS && !AMONG.has(byte)) throw new SyntaxError("no row")
      switch (byte) {
        case QUOTE:
          this.#inString = true
          break
        case BRACE:
          if (this.#inRows && this.#depth === AMONG_ROWS && rows < 0) rows = i
          this.#depth++
          break
        case BRACKET:
          this.#depth++
          if (head >= 0 && this.#depth === AMONG_ROWS && this.#begins(chunk.subarray(head, i + 1))) head = -1
          break
        case BRACE_END:
        case BRACKET_END:
          this.#depth--
          if (this.#inRows && this.#depth === AMONG_ROWS) end = i + 1
          if (!this.#inRows || this.#depth >= AMONG_ROWS) break
          this.#inRows = false
          head = i
          break
        default:
      }
    }
    if (head >= 0) this.#head = Buffer.concat([this.#head, chunk.subarray(head)])
    return this.#taken(chunk, rows, end)
  }

  /** The answer without its rows, `value` empty. @throws SyntaxError or TypeError where it was cut off or is no object */
  end(): Row {
    if (this.#depth !== 0 || this.#inString || this.#tail.length > 0) throw new SyntaxError("cut off")
    const head: unknown = JSON.parse(this.#decoder.decode(this.#head))
    if (typeof head !== "object" || head === null || Array.isArray(head)) throw new SyntaxError("no object")
    return head as Row
  }

  /** Behind the string in which `from` is. */
  #stringEnd(chunk: Uint8Array, from: number): number {
    let i = from + this.#escaped
    while (i < chunk.length) {
      const byte = chunk[i++]
      if (byte === BACKSLASH) i++
      if (byte !== QUOTE) continue
      this.#inString = false
      this.#escaped = 0
      return i
    }
    this.#escaped = i - chunk.length
    return i
  }

  /** Is it the array of the rows that begins here, and not another one? */
  #begins(head: Uint8Array): boolean {
    const text = Buffer.concat([this.#head, head])
    this.#inRows = VALUE.test(text.toString("latin1"))
    if (this.#inRows) this.#head = text
    return this.#inRows
  }

  #taken(chunk: Uint8Array, from: number, end: number): ReadonlyArray<Row> {
    if (from < 0) return []
    const whole = end === 0 ? [] : this.#parsed(chunk.subarray(from, end))
    const rest = chunk.subarray(end === 0 ? from : end)
    // Between two rows, or behind the last one, there is nothing to keep.
    if (this.#depth <= AMONG_ROWS) this.#tail = Buffer.alloc(0)
    else this.#tail = end === 0 ? Buffer.concat([this.#tail, rest]) : Buffer.from(rest.subarray(rest.indexOf(BRACE)))
    return whole
  }

  #parsed(rows: Uint8Array): ReadonlyArray<Row> {
    const before = this.#decoder.decode(this.#tail, { stream: true })
    return JSON.parse(`[${before}${this.#decoder.decode(rows)}]`) as ReadonlyArray<Row>
  }
}
