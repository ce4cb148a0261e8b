import type { TextKind } from "../xml/decode.ts"
import { decodeAttribute, decodeText, TEXT } from "../xml/decode.ts"

const CR = 0x0d
const AMP = 0x26

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * Text of the current record as bytes, one value behind the other. A value is dropped when its reader returns, unless
 * it called `keep`; kept values stay in place until `reset`. Thus rows are read without a JS string. A value may also
 * be lent, which copies nothing: `keep` moves it, so bounds are to be taken after it.
 */
export class Field {
  /** Where the current value lies: those kept before, or for a lent value the source. */
  bytes: Uint8Array = new Uint8Array(4096)
  #own: Uint8Array = this.bytes
  #view = viewOf(this.bytes)
  /** The last source, which is nearly always that of the next value. */
  #lent: Uint8Array = this.bytes
  #lentView = this.#view
  #length = 0
  #kept = false
  /** Bounds of the value being read, without white space and no-break spaces around it. */
  start = 0
  end = 0

  get isEmpty(): boolean {
    return this.start === this.end
  }

  text(): string {
    return decoder.decode(this.bytes.subarray(this.start, this.end))
  }

  /** Null for an element that is there but empty. */
  textOrNull(): string | null {
    return this.isEmpty ? null : this.text()
  }

  keep(): void {
    this.#kept = true
    if (this.bytes === this.#own) return
    const { bytes, start, end } = this
    this.start = this.#length
    this.#reserve(end - start)
    const own = this.#own
    const [from, into] = [this.#lentView, this.#view]
    let to = this.#length
    let i = start
    for (; i + 3 < end; i += 4, to += 4) into.setInt32(to, from.getInt32(i, true), true)
    for (; i < end; i++) own[to++] = bytes[i]!
    this.#length = this.end = to
    this.bytes = own
  }

  /** Makes a slice without references and carriage returns the current value, until `giveBack`. */
  lend(buffer: Uint8Array, start: number, end: number): void {
    if (buffer !== this.#lent) {
      this.#lent = buffer
      this.#lentView = viewOf(buffer)
    }
    this.bytes = buffer
    this.#bound(start, end)
  }

  /** The source of a lent value may change again. */
  giveBack(): void {
    this.bytes = this.#own
    this.#kept = false
  }

  reset(): void {
    this.#length = 0
  }

  /** Where the next value will begin. */
  begin(): number {
    return this.#length
  }

  append(buffer: Uint8Array, start: number, end: number, kind: TextKind): void {
    if (kind === TEXT.escaped || !this.#copyWithout(CR, buffer, start, end))
      this.#appendText(decodeText(buffer, start, end, kind))
  }

  /** Makes an attribute's value the current value. */
  takeAttribute(buffer: Uint8Array, start: number, end: number): void {
    const from = this.#length
    if (!this.#copyWithout(AMP, buffer, start, end)) this.#appendText(decodeAttribute(buffer, start, end))
    this.trim(from)
  }

  /** Joins two kept values with a `#` between them into a new current value. */
  join(start: number, end: number, secondStart: number, secondEnd: number): void {
    const from = this.#length
    this.#copy(this.bytes, start, end)
    this.#appendText("#")
    this.#copy(this.bytes, secondStart, secondEnd)
    this.trim(from)
  }

  /** Sets `start` and `end` to what was appended since `from`. */
  trim(from: number): void {
    this.#bound(from, this.#length)
  }

  #bound(from: number, to: number): void {
    const bytes = this.bytes
    let start = from
    let end = to
    for (;;) {
      if (start < end && isBlank(bytes[start]!)) start++
      else if (start + 1 < end && bytes[start] === 0xc2 && bytes[start + 1] === 0xa0) start += 2
      else break
    }
    for (;;) {
      if (start < end && isBlank(bytes[end - 1]!)) end--
      else if (start + 1 < end && bytes[end - 2] === 0xc2 && bytes[end - 1] === 0xa0) end -= 2
      else break
    }
    this.start = start
    this.end = end
    this.#kept = false
  }

  /** Forgets what was appended since `from`, unless it was kept. */
  release(from: number): void {
    if (!this.#kept) this.#length = from
    this.#kept = false
  }

  #appendText(text: string): void {
    const bytes = encoder.encode(text)
    this.#copy(bytes, 0, bytes.length)
  }

  #copy(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    this.#own.set(source.subarray(start, end), this.#length)
    this.#length += end - start
  }

  /** Copies and is true, or leaves everything as it was because the bytes hold `unwanted`. */
  #copyWithout(unwanted: number, source: Uint8Array, start: number, end: number): boolean {
    this.#reserve(end - start)
    const bytes = this.#own
    let to = this.#length
    for (let i = start; i < end; i++) {
      const byte = source[i]!
      if (byte === unwanted) return false
      bytes[to++] = byte
    }
    this.#length = to
    return true
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#own.length) return
    const larger = new Uint8Array(2 * (this.#length + size))
    larger.set(this.#own)
    if (this.bytes === this.#own) this.bytes = larger
    this.#own = larger
    this.#view = viewOf(larger)
  }
}
