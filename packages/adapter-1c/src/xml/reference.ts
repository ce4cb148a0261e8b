import { HASH, SEMICOLON } from "./classes.ts"
import { XmlFault } from "./error.ts"

const PREDEFINED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'" }

/** Longest inside of a reference that can be right: `#x` and eight digits with leading zeros. */
const MAX_REFERENCE = 12

const isReferenceByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === HASH

const isXmlCharacter = (code: number): boolean =>
  code === 0x9 || code === 0xa || code === 0xd || (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)

const codePoint = (inside: string): number => {
  if (/^#[0-9]+$/.test(inside)) return Number.parseInt(inside.slice(1), 10)
  if (/^#x[0-9A-Fa-f]+$/.test(inside)) return Number.parseInt(inside.slice(2), 16)
  return -1
}

/**
 * Checks the reference that begins with the `&` at `at`; the index of its `;`, or -1 when the buffer ends before it.
 * Checked while scanning, so that decoding later cannot fail.
 */
export const referenceEnd = (bytes: Uint8Array, at: number, end: number): number => {
  let i = at + 1
  while (i < end && i - at <= MAX_REFERENCE && isReferenceByte(bytes[i]!)) i++
  if (i === end) return -1
  if (bytes[i] !== SEMICOLON || i === at + 1) throw new XmlFault("bare-ampersand", at)
  const inside = String.fromCharCode(...bytes.subarray(at + 1, i))
  if (inside.includes("#")) {
    if (!isXmlCharacter(codePoint(inside))) throw new XmlFault("bad-character-reference", at)
  } else if (!Object.hasOwn(PREDEFINED, inside)) throw new XmlFault("undeclared-entity", at)
  return i
}

/** Replaces the five predefined entities and numeric references; of text that `referenceEnd` has not checked, others stay. */
export const replaceReferences = (text: string): string =>
  text.replace(/&([^;]+);/g, (reference, inside: string) => {
    if (Object.hasOwn(PREDEFINED, inside)) return PREDEFINED[inside]!
    const code = codePoint(inside)
    return isXmlCharacter(code) ? String.fromCodePoint(code) : reference
  })
