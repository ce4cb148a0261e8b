import { Parser } from "htmlparser2"
import type { XmlAttributes } from "../../src/xml/attributes.ts"
import type { TextKind } from "../../src/xml/decode.ts"
import { decodeText, TEXT } from "../../src/xml/decode.ts"
import type { XmlHandler } from "../../src/xml/scanner.ts"
import { XmlScanner } from "../../src/xml/scanner.ts"

const isBlank = (text: string): boolean => /^[ \t\r\n]*$/.test(text)

/** Writes down what the scanner says, one line an event. */
export class Recorder implements XmlHandler {
  readonly events: string[] = []
  readonly scanner = new XmlScanner(this)

  open(name: number, attributes: XmlAttributes): void {
    const values: Record<string, string> = {}
    for (let i = 0; i < attributes.count; i++) values[this.scanner.names.text(attributes.name(i))] = attributes.text(i)
    this.events.push(`open ${this.scanner.names.text(name)} ${JSON.stringify(values)}`)
  }

  text(buffer: Uint8Array, start: number, end: number, kind: TextKind): void {
    const text = decodeText(buffer, start, end, kind)
    if (kind === TEXT.cdata) this.events.push(`cdata ${JSON.stringify(text)}`)
    else if (!isBlank(text)) this.events.push(`text ${JSON.stringify(text)}`)
  }

  close(name: number): void {
    this.events.push(`close ${this.scanner.names.text(name)}`)
  }
}

const bytesOf = (document: string | Uint8Array): Uint8Array =>
  typeof document === "string" ? new TextEncoder().encode(document) : document

export const chunksAt = (bytes: Uint8Array, ...cuts: ReadonlyArray<number>): Uint8Array[] =>
  [0, ...cuts].map((cut, i) => bytes.subarray(cut, cuts[i] ?? bytes.length))

/** The scanner's events for a document given in these chunks. */
export const scanChunks = (chunks: Iterable<Uint8Array>): string[] => {
  const recorder = new Recorder()
  for (const chunk of chunks) recorder.scanner.push(chunk)
  recorder.scanner.end()
  return recorder.events
}

export const scan = (document: string | Uint8Array): string[] => scanChunks([bytesOf(document)])

/** The same document through htmlparser2, in the same words. */
export const oracle = (document: string | Uint8Array): string[] => {
  const events: string[] = []
  let text = ""
  let inCdata = false
  const flush = (): void => {
    if (inCdata ? text !== "" : !isBlank(text)) events.push(`${inCdata ? "cdata" : "text"} ${JSON.stringify(text)}`)
    text = ""
  }
  const parser = new Parser({
    onopentag: (name, attributes) => (flush(), events.push(`open ${name} ${JSON.stringify(attributes)}`)),
    onclosetag: (name) => (flush(), events.push(`close ${name}`)),
    ontext: (piece) => (text += piece),
    oncomment: flush,
    onprocessinginstruction: flush,
    oncdatastart: () => (flush(), (inCdata = true)),
    oncdataend: () => (flush(), (inCdata = false))
  }, { xmlMode: true })
  parser.end(new TextDecoder("utf-8").decode(bytesOf(document)).replace(/\r\n?/g, "\n"))
  return events
}
