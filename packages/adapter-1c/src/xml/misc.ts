import { BANG, GT, isControl, LF, LT, MINUS, QUESTION } from "./classes.ts"
import { XmlFault } from "./error.ts"
import { nameEnd } from "./names.ts"

/** The token is not there as a whole: wait for more bytes. */
export const INCOMPLETE = -1

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const COMMENT = bytesOf("<!--")
const CDATA = bytesOf("<![CDATA[")
const CDATA_END = bytesOf("]]>")
const DECLARATION = bytesOf("<?xml")

/** "yes", "no", or "perhaps" when the bytes end inside a match. */
const startsWith = (buffer: Uint8Array, at: number, end: number, prefix: Uint8Array): "yes" | "no" | "perhaps" => {
  for (let i = 0; i < prefix.length; i++) {
    if (at + i === end) return "perhaps"
    if (buffer[at + i] !== prefix[i]) return "no"
  }
  return "yes"
}

/** Comments, CDATA sections and processing instructions: everything behind `<!` and `<?`. */
export class Misc {
  isCdata = false
  contentStart = 0
  contentEnd = 0
  /** Line feeds inside the token. */
  lines = 0

  /** The index behind the token that begins at `start`, or -1. `first`: nothing stands before it in the document. */
  read(buffer: Uint8Array, start: number, end: number, first: boolean): number {
    this.isCdata = false
    this.lines = 0
    if (buffer[start + 1] !== BANG) return this.#instruction(buffer, start, end, first)
    const comment = startsWith(buffer, start, end, COMMENT)
    if (comment === "yes") return this.#comment(buffer, start, end)
    const cdata = startsWith(buffer, start, end, CDATA)
    if (cdata === "yes") return this.#cdata(buffer, start, end)
    if (comment === "perhaps" || cdata === "perhaps") return INCOMPLETE
    throw new XmlFault("dtd-refused", start)
  }

  #comment(buffer: Uint8Array, start: number, end: number): number {
    for (let i = start + COMMENT.length; i < end; i++) {
      this.#count(buffer, i)
      if (buffer[i] !== MINUS || buffer[i + 1] !== MINUS || i + 2 >= end) continue
      if (buffer[i + 2] !== GT) throw new XmlFault("malformed-comment", i)
      return i + 3
    }
    return INCOMPLETE
  }

  #cdata(buffer: Uint8Array, start: number, end: number): number {
    for (let i = start + CDATA.length; i < end; i++) {
      this.#count(buffer, i)
      if (startsWith(buffer, i, end, CDATA_END) !== "yes") continue
      this.isCdata = true
      this.contentStart = start + CDATA.length
      this.contentEnd = i
      return i + CDATA_END.length
    }
    return INCOMPLETE
  }

  #instruction(buffer: Uint8Array, start: number, end: number, first: boolean): number {
    const target = nameEnd(buffer, start + 2)
    if (target === end) return INCOMPLETE
    const isDeclaration = target === start + DECLARATION.length && startsWith(buffer, start, end, DECLARATION) === "yes"
    if (target === start + 2 || (isDeclaration && !first)) throw new XmlFault("malformed-instruction", start)
    for (let i = target; i < end; i++) {
      this.#count(buffer, i)
      if (buffer[i] === LT) throw new XmlFault("malformed-instruction", i)
      if (buffer[i] === QUESTION && buffer[i + 1] === GT) return i + 2
    }
    return INCOMPLETE
  }

  #count(buffer: Uint8Array, at: number): void {
    const byte = buffer[at]!
    if (byte === LF) this.lines++
    else if (isControl(byte)) throw new XmlFault("control-character", at)
  }
}
