import { replaceReferences } from "./reference.ts"

/** How a slice of text is written: as it is, with references (`&amp;`, `&#10;`), or in a CDATA section. */
export const TEXT = { plain: 0, escaped: 1, cdata: 2 } as const
export type TextKind = (typeof TEXT)[keyof typeof TEXT]

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const normaliseLineEnds = (text: string): string => (text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text)

/** The text of a slice that the scanner handed out, line ends as LF. */
export const decodeText = (buffer: Uint8Array, start: number, end: number, kind: TextKind): string => {
  const text = normaliseLineEnds(decoder.decode(buffer.subarray(start, end)))
  return kind === TEXT.escaped ? replaceReferences(text) : text
}

/** The text of an attribute value: white space as blanks, references replaced. */
export const decodeAttribute = (buffer: Uint8Array, start: number, end: number): string => {
  const text = decoder.decode(buffer.subarray(start, end)).replace(/\r\n|[\t\n\r]/g, " ")
  return text.includes("&") ? replaceReferences(text) : text
}
