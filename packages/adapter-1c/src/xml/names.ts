import { NAME_STOP } from "./classes.ts"
import { XmlFault } from "./error.ts"

const MAX_NAMES = 1024
const MAX_NAME_BYTES = 255
const TABLE_SIZE = 2048
/** A name is compared as a whole, wherever the bytes that have come end. */
export const VIEW_SLACK = MAX_NAME_BYTES + 4

/** The letters of XML 1.0 (fifth edition), without the planes above U+FFFF. */
const NAME_START = ":A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D" +
  "\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD"
const NAME_REST = "\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040"
const NAME = new RegExp(`^[${NAME_START}][${NAME_START}${NAME_REST}]*$`)

const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const hash = (bytes: Uint8Array, start: number, end: number): number => {
  let value = 0
  for (let i = start; i < end; i++) value = Math.imul(value, 31) + bytes[i]! | 0
  return (value ^ (value >>> 15)) & (TABLE_SIZE - 1)
}

/**
 * Element and attribute names as small integers, in the order of first sight. Names given to the constructor get
 * 0, 1, 2…, so a caller can use them as constants. At most 1,024 names of at most 255 bytes.
 */
export class XmlNames {
  #pool = new Uint8Array(2048)
  #used = 0
  /** The names once more as words of four bytes, little-endian, the last one with so many bits as its mask says. */
  #words = new Int32Array(512)
  readonly #wordStarts = new Int32Array(MAX_NAMES + 1)
  readonly #tailMasks = new Int32Array(MAX_NAMES)
  readonly #starts = new Int32Array(MAX_NAMES + 1)
  readonly #slots = new Int32Array(TABLE_SIZE)
  readonly #texts: string[] = []

  constructor(known: Iterable<string> = []) {
    for (const name of known) {
      const bytes = encoder.encode(name)
      this.intern(bytes, 0, bytes.length)
    }
  }

  get size(): number {
    return this.#texts.length
  }

  text(id: number): string {
    return this.#texts[id] ?? ""
  }

  /** Bytes of the name in UTF-8. */
  byteLength(id: number): number {
    return this.#starts[id + 1]! - this.#starts[id]!
  }

  /** Whether the bytes from `at` begin with the name. The buffer must hold a byte that is no letter at its end. */
  matches(id: number, bytes: Uint8Array, at: number): boolean {
    const pool = this.#pool
    const end = this.#starts[id + 1]!
    for (let i = this.#starts[id]!, j = at; i < end; i++, j++) if (pool[i] !== bytes[j]) return false
    return true
  }

  /** The same over a view of the bytes, four at a time; it must reach `VIEW_SLACK` beyond the last letter. */
  follows(id: number, view: DataView, at: number): boolean {
    const words = this.#words
    let word = this.#wordStarts[id]!
    const tail = this.#wordStarts[id + 1]! - 1
    let j = at
    for (; word < tail; word++, j += 4) if (words[word] !== view.getInt32(j, true)) return false
    return ((words[tail]! ^ view.getInt32(j, true)) & this.#tailMasks[id]!) === 0
  }

  intern(bytes: Uint8Array, start: number, end: number): number {
    let slot = hash(bytes, start, end)
    for (let found = this.#slots[slot]!; found !== 0; found = this.#slots[slot]!) {
      if (this.byteLength(found - 1) === end - start && this.matches(found - 1, bytes, start)) return found - 1
      slot = (slot + 1) & (TABLE_SIZE - 1)
    }
    return this.#add(bytes, start, end, slot)
  }

  #add(bytes: Uint8Array, start: number, end: number, slot: number): number {
    if (end - start > MAX_NAME_BYTES) throw new XmlFault("token-too-long", start)
    if (this.#texts.length === MAX_NAMES) throw new XmlFault("too-many-names", start)
    const text = decoder.decode(bytes.subarray(start, end))
    if (!NAME.test(text)) throw new XmlFault("malformed-tag", start)
    this.#reserve(end - start)
    this.#pool.set(bytes.subarray(start, end), this.#used)
    this.#used += end - start
    const id = this.#texts.push(text) - 1
    this.#starts[id + 1] = this.#used
    this.#addWords(id, bytes.subarray(start, end))
    this.#slots[slot] = id + 1
    return id
  }

  #addWords(id: number, name: Uint8Array): void {
    const from = this.#wordStarts[id]!
    const to = from + Math.ceil(name.length / 4)
    if (to > this.#words.length) {
      const larger = new Int32Array(2 * to)
      larger.set(this.#words)
      this.#words = larger
    }
    name.forEach((byte, i) => { this.#words[from + (i >> 2)]! |= byte << (8 * (i & 3)) })
    this.#wordStarts[id + 1] = to
    this.#tailMasks[id] = name.length % 4 === 0 ? -1 : (1 << (8 * (name.length % 4))) - 1
  }

  #reserve(extra: number): void {
    if (this.#used + extra <= this.#pool.length) return
    const larger = new Uint8Array(this.#pool.length * 2)
    larger.set(this.#pool)
    this.#pool = larger
  }
}

/** The index behind the name that begins at `at`. */
export const nameEnd = (bytes: Uint8Array, at: number): number => {
  let i = at
  while (NAME_STOP[bytes[i]!] === 0) i++
  return i
}
