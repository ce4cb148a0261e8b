const MINUS = 0x2d
const PLUS = 0x2b
const DOT = 0x2e
const COMMA = 0x2c
const ZERO = 0x30

export type DecimalProblem = "empty" | "not-a-number" | "too-precise" | "too-large"

/** 1C formats numbers for people with a no-break space between thousands; nothing else can be meant by it. */
const GROUPED = /^[+-]?\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?:[.,]\d*)?$/

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
const encoder = new TextEncoder()

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= ZERO + 9

/**
 * Reads decimal numbers from bytes into integers, never through floats: "1719.5" with 2 decimals is 171950. A comma is
 * taken for the point. One object for many numbers: look at `value` and `problem` before the next `read`.
 */
export class DecimalReader {
  /** The number times 10^decimals; digits beyond the decimals are cut off. 0 unless it could be read. */
  value = 0
  problem: DecimalProblem | undefined

  /** True if the number is understood and has no more than `decimals` decimals (trailing zeros do not count). */
  read(bytes: Uint8Array, start: number, end: number, decimals: number): boolean {
    this.value = 0
    this.problem = start === end ? "empty" : this.#parse(bytes, start, end, decimals)
    if (this.problem === "not-a-number") this.problem = this.#parseGrouped(bytes, start, end, decimals)
    return this.problem === undefined
  }

  #parse(bytes: Uint8Array, start: number, end: number, decimals: number): DecimalProblem | undefined {
    const sign = bytes[start]!
    let i = sign === MINUS || sign === PLUS ? start + 1 : start
    let digits = 0
    let value = 0
    for (; i < end && isDigit(bytes[i]); i++, digits++) value = value * 10 + bytes[i]! - ZERO
    let scale = decimals
    let cut = false
    if (i < end && (bytes[i] === DOT || bytes[i] === COMMA))
      for (i++; i < end && isDigit(bytes[i]); i++, digits++)
        if (scale > 0) {
          value = value * 10 + bytes[i]! - ZERO
          scale--
        } else if (bytes[i] !== ZERO) cut = true
    if (i < end || digits === 0) return "not-a-number"
    value *= 10 ** scale
    if (value > Number.MAX_SAFE_INTEGER) return "too-large"
    this.value = sign === MINUS && value !== 0 ? -value : value
    return cut ? "too-precise" : undefined
  }

  #parseGrouped(bytes: Uint8Array, start: number, end: number, decimals: number): DecimalProblem | undefined {
    const text = end - start > 64 ? "" : decoder.decode(bytes.subarray(start, end))
    if (!GROUPED.test(text)) return "not-a-number"
    const plain = encoder.encode(text.replace(/[ \u00a0\u202f\u2009]/g, ""))
    return this.#parse(plain, 0, plain.length, decimals)
  }
}
