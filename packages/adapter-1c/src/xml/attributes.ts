import { AMP, APOS, EQUALS, GT, isControl, isSpace, LF, LT, QUOTE, SLASH, VALUE_STOP } from "./classes.ts"
import { decodeAttribute } from "./decode.ts"
import { XmlFault } from "./error.ts"
import type { XmlNames } from "./names.ts"
import { nameEnd } from "./names.ts"
import { referenceEnd } from "./reference.ts"

const MAX_ATTRIBUTES = 64
const INCOMPLETE = -1

/** The attributes of the tag being opened. One object for all tags: valid only inside the `open` call. */
export class XmlAttributes {
  count = 0
  /** Where the slices lie. */
  buffer: Uint8Array = new Uint8Array(0)
  /** Line feeds inside the tag. */
  lines = 0
  selfClosing = false
  readonly #names = new Int32Array(MAX_ATTRIBUTES)
  readonly #starts = new Int32Array(MAX_ATTRIBUTES)
  readonly #ends = new Int32Array(MAX_ATTRIBUTES)

  /** The index of the attribute with this name, -1 if there is none. */
  find(name: number): number {
    for (let i = 0; i < this.count; i++) if (this.#names[i] === name) return i
    return -1
  }

  name(index: number): number {
    return this.#names[index]!
  }

  /** Bounds of the raw value in `buffer`: references are still to be replaced. */
  start(index: number): number {
    return this.#starts[index]!
  }

  end(index: number): number {
    return this.#ends[index]!
  }

  /** The decoded value. */
  text(index: number): string {
    return decodeAttribute(this.buffer, this.start(index), this.end(index))
  }

  clear(): void {
    this.count = 0
    this.lines = 0
    this.selfClosing = false
  }

  /** Reads from behind the element's name; the index behind `>`, or -1 when the tag is not there as a whole. */
  read(buffer: Uint8Array, from: number, end: number, names: XmlNames): number {
    this.clear()
    this.buffer = buffer
    let i = from
    for (;;) {
      const at = this.#skipSpace(buffer, i)
      if (at === end) return INCOMPLETE
      const byte = buffer[at]!
      if (byte === GT) return at + 1
      if (byte === SLASH) return this.#selfClose(buffer, at, end)
      if (at === i) throw new XmlFault("malformed-tag", at)
      i = this.#attribute(buffer, at, end, names)
      if (i === INCOMPLETE) return INCOMPLETE
    }
  }

  #selfClose(buffer: Uint8Array, at: number, end: number): number {
    if (at + 1 === end) return INCOMPLETE
    if (buffer[at + 1] !== GT) throw new XmlFault("malformed-tag", at)
    this.selfClosing = true
    return at + 2
  }

  #attribute(buffer: Uint8Array, at: number, end: number, names: XmlNames): number {
    const behindName = nameEnd(buffer, at)
    if (behindName === end) return INCOMPLETE
    if (behindName === at) throw new XmlFault("malformed-tag", at)
    let i = this.#skipSpace(buffer, behindName)
    if (i === end) return INCOMPLETE
    if (buffer[i] !== EQUALS) throw new XmlFault("malformed-tag", i)
    i = this.#skipSpace(buffer, i + 1)
    if (i === end) return INCOMPLETE
    const quote = buffer[i]!
    if (quote !== QUOTE && quote !== APOS) throw new XmlFault("malformed-tag", i)
    const close = this.#value(buffer, i + 1, end, quote)
    if (close === INCOMPLETE) return INCOMPLETE
    this.#add(names.intern(buffer, at, behindName), i + 1, close, names)
    return close + 1
  }

  #value(buffer: Uint8Array, from: number, end: number, quote: number): number {
    for (let i = from; ; i++) {
      while (VALUE_STOP[buffer[i]!] === 0) i++
      const byte = buffer[i]!
      if (byte === quote) return i
      if (byte === LF) this.lines++
      else if (byte === AMP) {
        i = referenceEnd(buffer, i, end)
        if (i === INCOMPLETE) return INCOMPLETE
      } else if (byte === LT) {
        if (i === end) return INCOMPLETE
        throw new XmlFault("malformed-tag", i)
      } else if (isControl(byte)) throw new XmlFault("control-character", i)
    }
  }

  #add(name: number, start: number, end: number, names: XmlNames): void {
    if (this.find(name) >= 0) throw new XmlFault("duplicate-attribute", start, names.text(name))
    if (this.count === MAX_ATTRIBUTES) throw new XmlFault("too-many-attributes", start)
    this.#names[this.count] = name
    this.#starts[this.count] = start
    this.#ends[this.count] = end
    this.count++
  }

  #skipSpace(buffer: Uint8Array, from: number): number {
    let i = from
    while (isSpace(buffer[i]!)) if (buffer[i++] === LF) this.lines++
    return i
  }
}
