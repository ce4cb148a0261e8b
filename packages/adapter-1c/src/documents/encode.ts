export type Encoding = "utf-8" | "windows-1251"

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf)
const decoder = new TextDecoder("windows-1251")
const CODES = new Map(
  Array.from({ length: 128 }, (_, i) => [decoder.decode(Uint8Array.of(128 + i)), 128 + i] as const)
)

/** Letters that the code page has not (Kazakh ones among them) become character references: nothing is lost. */
const cyrillic = (xml: string): Uint8Array => {
  const bytes: Array<number> = []
  for (const letter of xml) {
    const point = letter.codePointAt(0)!
    const code = point < 128 ? point : CODES.get(letter)
    if (code !== undefined) bytes.push(code)
    else for (const digit of `&#${point};`) bytes.push(digit.charCodeAt(0))
  }
  return Uint8Array.from(bytes)
}

/** An XML document as bytes. Only its texts and attribute values may go beyond windows-1251. */
export const encodeXml = (xml: string, encoding: Encoding, bom: boolean): Uint8Array<ArrayBuffer> => {
  if (encoding === "windows-1251") return new Uint8Array(cyrillic(xml))
  const bytes = new TextEncoder().encode(xml)
  return bom ? new Uint8Array([...BOM, ...bytes]) : bytes
}
