import { isAscii, isUtf8 } from "node:buffer"
import { AT_END, XmlFault } from "./error.ts"

/** Enough to hold an XML declaration. */
const PROLOGUE = 256
/** Enough letters to tell UTF-8 from windows-1251. */
const SAMPLE = 1024

const UTF8_NAMES = new Set(["utf-8", "utf8", "us-ascii", "ascii"])
const CYRILLIC_NAMES = new Set(["windows-1251", "cp1251", "cp-1251", "x-cp1251", "win-1251"])

const encoder = new TextEncoder()
const cyrillic = new TextDecoder("windows-1251")
const latin = new TextDecoder("latin1")

export type XmlEncoding = "utf-8" | "windows-1251"

const NOTHING = new Uint8Array(0)

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

const declaredEncoding = (start: Uint8Array): string | undefined =>
  /^<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']/.exec(latin.decode(start.subarray(0, PROLOGUE)))?.[1]?.toLowerCase()

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80

const expectedLength = (lead: number): number => (lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1)

/** Bytes at the end that begin a letter whose rest has not come yet. */
const incompleteTail = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if (!isContinuation(byte)) return expectedLength(byte) > back ? back : 0
  }
  return 0
}

/** Length of the letter at `at`, 0 if the bytes are not UTF-8. */
const letterLength = (bytes: Uint8Array, at: number): number => {
  const length = expectedLength(bytes[at]!)
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0
}

const firstInvalid = (bytes: Uint8Array): number => {
  let at = 0
  while (at < bytes.length) {
    const length = letterLength(bytes, at)
    if (length === 0) return at
    at += length
  }
  return at
}

/**
 * Damaged UTF-8 is still mostly UTF-8; Russian windows-1251 hardly ever is. Where the declaration does not say
 * windows-1251, a few stray bytes are damage, not another encoding.
 */
const looksCyrillic = (bytes: Uint8Array, declared: boolean): boolean => {
  let letters = 0
  let strays = 0
  for (let at = 0; at < bytes.length;) {
    const length = letterLength(bytes, at)
    if (length > 1) letters++
    if (length === 0) strays++
    at += Math.max(1, length)
  }
  return declared ? strays > letters : strays > 3 * letters + 3
}

/**
 * Turns what 1C sends into UTF-8 that is known to be valid. Order of trust: byte order mark, validity as UTF-8,
 * declaration (fact 66 of reference/1c.md: the declaration may lie). UTF-16 and other encodings are refused.
 */
export class EncodingGate {
  readonly #emit: (bytes: Uint8Array) => void
  #read: (bytes: Uint8Array, final: boolean) => void = (bytes, final) => this.#readStart(bytes, final)
  #held: Uint8Array = NOTHING
  #declared: string | undefined
  /** Bytes of the byte order mark. */
  skipped = 0
  /** Known once the first letter beyond ASCII has been judged. */
  encoding: XmlEncoding | undefined

  constructor(emit: (bytes: Uint8Array) => void) {
    this.#emit = emit
  }

  push(chunk: Uint8Array): void {
    // A letter cut by the chunks goes ahead: joining them would copy every other chunk.
    const [lead] = this.#held
    const missing = this.encoding === "utf-8" && lead !== undefined ? expectedLength(lead) - this.#held.length : 0
    if (missing > 0 && missing < chunk.length) {
      this.#push(chunk.subarray(0, missing))
      this.#push(chunk.subarray(missing))
    } else this.#push(chunk)
  }

  #push(chunk: Uint8Array): void {
    const bytes = concat(this.#held, chunk)
    this.#held = NOTHING
    this.#read(bytes, false)
  }

  end(): void {
    const rest = this.#held
    this.#held = NOTHING
    this.#read(rest, true)
  }

  #hold(bytes: Uint8Array): void {
    this.#held = bytes.slice()
  }

  #readStart(bytes: Uint8Array, final: boolean): void {
    if (bytes.length < PROLOGUE && !final) return this.#hold(bytes)
    const [a, b, c] = bytes
    const pair = ((a ?? 1) << 8) | (b ?? 1)
    if (pair === 0xfffe || pair === 0xfeff || pair === 0x3c00 || pair === 0x003c)
      throw new XmlFault("encoding-unsupported", AT_END, "UTF-16")
    this.#declared = declaredEncoding(bytes)
    if (a === 0xef && b === 0xbb && c === 0xbf) {
      this.skipped = 3
      this.#settle("utf-8")
    } else this.#read = (more, last) => this.#readAscii(more, last)
    this.#read(bytes.subarray(this.skipped), final)
  }

  #readAscii(bytes: Uint8Array, final: boolean): void {
    if (isAscii(bytes)) return this.#emit(bytes)
    const first = bytes.findIndex((byte) => byte >= 0x80)
    this.#emit(bytes.subarray(0, first))
    const rest = bytes.subarray(first)
    if (rest.length < SAMPLE && !final) return this.#hold(rest)
    this.#settle(this.#judge(rest))
    this.#read(rest, final)
  }

  #judge(sample: Uint8Array): XmlEncoding {
    const whole = sample.subarray(0, sample.length - incompleteTail(sample))
    const declared = this.#declared ?? "utf-8"
    if (isUtf8(whole) || !looksCyrillic(whole, CYRILLIC_NAMES.has(declared))) return "utf-8"
    if (!CYRILLIC_NAMES.has(declared) && !UTF8_NAMES.has(declared))
      throw new XmlFault("encoding-unsupported", AT_END, declared.slice(0, 40))
    return "windows-1251"
  }

  #settle(encoding: XmlEncoding): void {
    this.encoding = encoding
    this.#read = encoding === "utf-8"
      ? (bytes, final) => this.#readUtf8(bytes, final)
      : (bytes) => this.#emit(encoder.encode(cyrillic.decode(bytes)))
  }

  #readUtf8(bytes: Uint8Array, final: boolean): void {
    const tail = incompleteTail(bytes)
    const whole = bytes.subarray(0, bytes.length - tail)
    if (!isUtf8(whole)) {
      this.#emit(whole.subarray(0, firstInvalid(whole)))
      throw new XmlFault("invalid-utf8", AT_END)
    }
    this.#emit(whole)
    if (tail === 0) return
    if (final) throw new XmlFault("truncated", AT_END)
    this.#hold(bytes.subarray(bytes.length - tail))
  }
}
