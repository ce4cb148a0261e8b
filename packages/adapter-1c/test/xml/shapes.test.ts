import { describe, expect, test } from "vitest"
import { decodeText, TEXT } from "../../src/xml/decode.ts"
import { XmlError } from "../../src/xml/error.ts"
import { XmlNames } from "../../src/xml/names.ts"
import { type XmlHandler, XmlScanner } from "../../src/xml/scanner.ts"
import type { ShapeAction, ShapeEvent } from "../../src/xml/shape.ts"

/** Notes every event with its line; with shapes it notes the same from a plan, and how many actions it was told so. */
class Notebook implements XmlHandler {
  readonly told: Array<string> = []
  readonly names = new XmlNames()
  readonly scanner: XmlScanner
  readonly shapes: XmlHandler["shapes"]
  byShape = 0
  #text = ""
  #depth = 0

  constructor(withShapes: boolean) {
    const depth = (): number => this.#depth
    if (withShapes) {
      this.shapes = {
        get state() {
          return depth()
        },
        plan: (events) => events.map((event) => this.#action(event))
      }
    }
    this.scanner = new XmlScanner(this, this.names)
  }

  open(name: number): void {
    this.#flush()
    this.#depth++
    this.told.push(`${this.scanner.line} <${this.names.text(name)}>`)
  }

  text(buffer: Uint8Array, start: number, end: number, kind: (typeof TEXT)[keyof typeof TEXT]): void {
    this.#text += decodeText(buffer, start, end, kind)
  }

  close(): void {
    this.#flush()
    this.#depth--
    this.told.push(`${this.scanner.line} </>`)
  }

  #flush(): void {
    if (this.#text.trim() !== "") this.told.push(this.#text.trim())
    this.#text = ""
  }

  #action(event: ShapeEvent): ShapeAction {
    const { line } = event
    return {
      line,
      slot: event.kind === "close" ? Math.max(0, event.slot) : 0,
      run: (buffer, start, end) => {
        this.byShape++
        if (event.kind === "open") return this.open(event.name)
        if (event.slot >= 0) this.text(buffer, start, end, TEXT.plain)
        this.close()
      }
    }
  }
}

const read = (text: string, cut: number, withShapes: boolean) => {
  const notebook = new Notebook(withShapes)
  const bytes = new TextEncoder().encode(text)
  try {
    for (let at = 0; at < bytes.length; at += cut) notebook.scanner.push(bytes.subarray(at, at + cut))
    notebook.scanner.end()
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    notebook.told.push(`${error.code} ${error.line} ${error.offset}`)
  }
  return notebook
}

/** A small generator of its own: the same documents on every run. */
const random = (seed: number) => {
  let state = seed
  return (most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * most)
  }
}

const row = (id: string, amount: string): string => `\n\t\t<Цена>\n\t\t\t<Ид>${id}</Ид>\n\t\t\t<Сумма>${amount}</Сумма>\n\t\t</Цена>`

/** Rows beside the rhythm: each must be read as if there were none. */
const ODD = [
  "\n\t\t<Цена>\n\t\t\t<Ид>a&amp;b</Ид>\n\t\t\t<Сумма>1</Сумма>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\t<Ид><![CDATA[x]]></Ид>\n\t\t\t<Сумма>1</Сумма>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\t<Ид>два\nряда</Ид>\n\t\t\t<Сумма>1</Сумма>\n\t\t</Цена>",
  "\n\t\t<Цена вид='1'>\n\t\t\t<Ид>x</Ид>\n\t\t\t<Сумма>1</Сумма>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\t<Сумма>1</Сумма>\n\t\t\t<Ид>x</Ид>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\t<!-- <Ид> -->\n\t\t\t<Ид>x</Ид>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\t<Ид/>\n\t\t\t<Сумма></Сумма>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\t<Цена>\n\t\t\t\t<Ид>x</Ид>\n\t\t\t</Цена>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\tтекст<Ид>x</Ид>\n\t\t\t<Сумма>1</Сумма>\n\t\t</Цена>",
  "<Цена><Ид>x</Ид><Сумма>1</Сумма></Цена>",
  "\n\t\t<Цены>\n\t\t\t<Ид>x</Ид>\n\t\t</Цены>",
  "текст между строками"
]
const BROKEN = [
  "\n\t\t<Цена>\n\t\t\t<Ид>x</Ид>\n\t\t\t<Сумма>1</Сумма>\n\t\t</Ценз>",
  "\n\t\t<Цена>\n\t\t\t<Ид>x]]>y</Ид>\n\t\t\t<Сумма>1</Сумма>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\t<Ид>x\u0001</Ид>\n\t\t\t<Сумма>1</Сумма>\n\t\t</Цена>",
  "\n\t\t<Цена>\n\t\t\t<Ид>x</Ид>\n\t\t\t<Сумма>1 & 2</Сумма>\n\t\t</Цена>"
]

const documentOf = (seed: number): string => {
  const next = random(seed)
  const rows = Array.from({ length: 40 + next(40) }, () => {
    const kind = next(20)
    if (kind === 0 && next(8) === 0) return BROKEN[next(BROKEN.length)]!
    if (kind < 3) return ODD[next(ODD.length)]!
    return row(`ид-${next(1000)}`.repeat(1 + next(3)), ["", " ", "12.50", "1 000", "7"][next(5)]!)
  })
  return `<К>\n\t<Цены>${rows.join("")}\n\t</Цены>\n</К>\n`
}

describe("elements that are written alike", () => {
  test("STK-4: a document of equal rows is told by its shape, all but the first of them", () => {
    const text = `<К>${Array.from({ length: 500 }, (_, i) => row(`ид-${i}`, `${i}.50`)).join("")}</К>`
    const shaped = read(text, 1 << 16, true)
    expect(shaped.told).toEqual(read(text, 1 << 16, false).told)
    expect(shaped.byShape).toBeGreaterThanOrEqual(497 * 6)
  })

  test("STK-4: with shapes and without, events, lines and errors are the same, wherever rows differ or bytes are cut", () => {
    let byShape = 0
    for (let seed = 1; seed <= 300; seed++) {
      const text = documentOf(seed)
      const cut = [1 << 16, 1 + (seed * 7919) % 97, 1000 + seed][seed % 3]!
      const shaped = read(text, cut, true)
      expect(shaped.told, `seed ${seed}, cut ${cut}`).toEqual(read(text, 1 << 16, false).told)
      byShape += shaped.byShape
    }
    expect(byShape).toBeGreaterThan(10_000)
  })

  test("STK-4: a byte that is no plain text is met at each place of a value of a known shape", () => {
    const strange = ["&amp;", "&", ">", "]]>", "<", "\r", "\n", "\u0001", "%", "ж", "\u007f"]
    for (const text of strange) {
      for (let at = 0; at <= 13; at++) {
        const id = `${"0".repeat(at)}${text}${"f".repeat(13 - at)}`
        const document = `<К>${row("0123456789abc", "1").repeat(5)}${row(id, "1")}${row("0123456789abc", "1")}</К>`
        const shaped = read(document, 1 << 16, true)
        expect(shaped.told, `value ${JSON.stringify(id)}`).toEqual(read(document, 1 << 16, false).told)
        expect(shaped.byShape).toBeGreaterThanOrEqual(3 * 6)
      }
    }
  })
})
