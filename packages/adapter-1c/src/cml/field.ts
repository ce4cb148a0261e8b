import type { TextKind } from "../xml/decode.ts"
import { decodeAttribute, decodeText, TEXT } from "../xml/decode.ts"

const CR = 0x0d
const AMP = 0x26

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

/**
 * Text of the current record as bytes, one value behind the other. A value is dropped when its reader returns, unless
 * it called `keep`; kept values stay in place until `reset`. Thus rows are read without a JS string.
 */
export class Field {
  bytes: Uint8Array = new Uint8Array(4096)
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
    const bytes = this.bytes
    let start = from
    let end = this.#length
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
    this.bytes.set(source.subarray(start, end), this.#length)
    this.#length += end - start
  }

  /** Copies and is true, or leaves everything as it was because the bytes hold `unwanted`. */
  #copyWithout(unwanted: number, source: Uint8Array, start: number, end: number): boolean {
    this.#reserve(end - start)
    const bytes = this.bytes
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
    if (this.#length + size <= this.bytes.length) return
    const larger = new Uint8Array(2 * (this.#length + size))
    larger.set(this.bytes)
    this.bytes = larger
  }
}
