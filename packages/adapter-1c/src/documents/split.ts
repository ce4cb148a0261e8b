import type { XmlEncoding } from "../xml/encoding.ts"

/** A document of its own inside a file that is broken somewhere. */
export interface Slice {
  /** With a prologue in front, so that it can be read alone. */
  readonly bytes: Uint8Array
  /** Line of the file on which it begins. */
  readonly line: number
  /** False if its end tag is missing. */
  readonly closed: boolean
}

const WORD = "Документ"
/** `Документ` as bytes in both encodings, one character a byte. */
const PATTERNS: Readonly<Record<XmlEncoding, string>> = {
  "utf-8": Buffer.from(WORD, "utf8").toString("latin1"),
  "windows-1251": String.fromCodePoint(0xc4, 0xee, 0xea, 0xf3, 0xec, 0xe5, 0xed, 0xf2)
}

const lines = (text: string, from: number, to: number): number => {
  let count = 0
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++
  return count
}

const slicesIn = (text: string, encoding: XmlEncoding): ReadonlyArray<Slice> => {
  const word = PATTERNS[encoding]
  const starts = [...text.matchAll(new RegExp(`<(?:[\\w-]+:)?${word}(?=[\\s>])`, "gu"))].map(({ index }) => index)
  const ends = [...text.matchAll(new RegExp(`</(?:[\\w-]+:)?${word}\\s*>`, "gu"))].map((end) => end.index + end[0].length)
  const prologue = `<?xml version="1.0" encoding="${encoding}"?>`
  let line = 1
  let counted = 0
  return starts.map((start, i) => {
    const next = starts[i + 1] ?? text.length
    const end = ends.find((at) => at > start && at <= next)
    line += lines(text, counted, start)
    counted = start
    return {
      bytes: Buffer.from(prologue + text.slice(start, end ?? next), "latin1"),
      line,
      closed: end !== undefined
    }
  })
}

/**
 * Cuts a file at `<Документ>` and `</Документ>`, by its bytes alone: what is broken in one document, or around them,
 * cannot reach the others (87 of 1,359 files of one site were no valid XML, fact 61).
 */
export const splitDocuments = (file: Uint8Array): ReadonlyArray<Slice> => {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length).toString("latin1")
  const found = slicesIn(text, "utf-8")
  return found.length > 0 ? found : slicesIn(text, "windows-1251")
}
