import { describe, expect, it } from "vitest"
import type { XmlAttributes } from "../../src/xml/attributes.ts"
import { decodeText } from "../../src/xml/decode.ts"
import { XmlNames } from "../../src/xml/names.ts"
import type { XmlHandler } from "../../src/xml/scanner.ts"
import { XmlScanner } from "../../src/xml/scanner.ts"
import { scan } from "../support/events.ts"

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const silent: XmlHandler = { open: () => {}, text: () => {}, close: () => {} }

describe("the scanner", () => {
  it("R-STK-1: tells elements, attributes and text in order", () => {
    const document = "<?xml version=\"1.0\"?>\n<Товары xmlns='urn:1C.ru:commerceml_2'>\n" +
      "  <Ид>1</Ид><Пусто/>\n</Товары>\n"
    expect(scan(document)).toEqual([
      "open Товары {\"xmlns\":\"urn:1C.ru:commerceml_2\"}",
      "open Ид {}",
      "text \"1\"",
      "close Ид",
      "open Пусто {}",
      "close Пусто",
      "close Товары"
    ])
  })

  it("R-STK-1: white space alone is no text, but white space by reference or in CDATA is", () => {
    expect(scan("<a> \n\t</a>")).toEqual(["open a {}", "close a"])
    expect(scan("<a><![CDATA[ ]]></a>")).toEqual(["open a {}", "cdata \" \"", "close a"])
    const texts: string[] = []
    const scanner = new XmlScanner({ ...silent, text: (_, start, end, kind) => texts.push(`${end - start}/${kind}`) })
    scanner.push(bytesOf("<a>&#32;</a>"))
    scanner.end()
    expect(texts).toEqual(["5/1"])
  })

  it("R-STK-1: white space beside CDATA or a comment belongs to the text", () => {
    const texts: string[] = []
    const text: XmlHandler["text"] = (buffer, start, end, kind) => void texts.push(decodeText(buffer, start, end, kind))
    const scanner = new XmlScanner({ ...silent, text })
    scanner.push(bytesOf("<a> <b><![CDATA[x]]> <![CDATA[y]]></b> <c>1<!-- --> <!-- -->2</c> </a> "))
    scanner.end()
    expect(texts).toEqual(["x", " ", "y", "1", " ", "2"])
  })

  it("R-STK-1: references become characters once, in text and in attributes", () => {
    expect(scan("<a b=\"&quot;&amp;lt;&#10;\">&amp;lt; &#1071; &#x1F600;</a>")).toEqual([
      "open a {\"b\":\"\\\"&lt;\\n\"}",
      "text \"&lt; Я 😀\"",
      "close a"
    ])
  })

  it("R-STK-1: nothing inside CDATA is markup", () => {
    expect(scan("<a><![CDATA[<b>&amp;]]]]><![CDATA[></b>]]></a>")).toEqual([
      "open a {}",
      "cdata \"<b>&amp;]]\"",
      "cdata \"></b>\"",
      "close a"
    ])
  })

  it("R-STK-1: line ends become LF in text and blanks in attributes", () => {
    expect(scan("<a b='x\r\ny\tz'>1\r\n2\r3&#13;</a>")).toEqual([
      "open a {\"b\":\"x y z\"}",
      "text \"1\\n2\\n3\\r\"",
      "close a"
    ])
  })

  it("R-STK-1: comments and instructions may stand anywhere, also around the root", () => {
    expect(scan("<!-- 1 --><?x y?><a>5<!-- <b> --><?z?>6</a><!--2--> \n")).toEqual([
      "open a {}", "text \"5\"", "text \"6\"", "close a"
    ])
  })

  it("R-STK-1: U+FEFF inside the text stays", () => {
    expect(scan("\uFEFF<a>\uFEFFx</a>")).toEqual(["open a {}", "text \"\uFEFFx\"", "close a"])
  })

  it("R-STK-2: a row knows the line where its tag begins", () => {
    const lines: number[] = []
    const scanner: XmlScanner = new XmlScanner({ ...silent, open: () => lines.push(scanner.line) })
    scanner.push(bytesOf("<a>\n  <b\n c='1\n'/>\n<!--\n--><d/></a>"))
    scanner.end()
    expect(lines).toEqual([1, 2, 6])
  })

  it("R-STK-7: known names keep the numbers they were given, new ones follow", () => {
    const names = new XmlNames(["Ид", "Количество"])
    const seen: number[] = []
    const open = (name: number, attributes: XmlAttributes): void => {
      seen.push(name, ...Array.from({ length: attributes.count }, (_, i) => attributes.name(i)))
    }
    const scanner = new XmlScanner({ ...silent, open }, names)
    scanner.push(bytesOf("<Товар Ид='1'><Количество/><Ид/><Иное/><Товар/></Товар>"))
    scanner.end()
    expect(seen).toEqual([2, 0, 1, 0, 3, 2])
    expect(names.text(3)).toBe("Иное")
  })

  it("R-STK-7: the chunk may be overwritten by its owner after push", () => {
    const events: string[] = []
    const open = (): void => void events.push("open")
    const scanner = new XmlScanner({ ...silent, open, text: (_, start, end) => events.push(`${end - start}`) })
    const chunk = bytesOf("<a>123")
    scanner.push(chunk)
    chunk.fill(0x3c)
    scanner.push(bytesOf("45</a>"))
    scanner.end()
    expect(events).toEqual(["open", "5"])
  })

  it("R-STK-7: a text of 1 MiB in pieces of 16 bytes is read once, not once a piece", () => {
    const scanner = new XmlScanner(silent)
    scanner.push(bytesOf("<a>"))
    const piece = bytesOf("0123456789abcdef")
    // Reading all from the start with every piece would look at 34 GB and run into the time limit of the test.
    for (let i = 0; i < 65_000; i++) scanner.push(piece)
    scanner.push(bytesOf("</a>"))
    scanner.end()
    expect(scanner.line).toBe(1)
  })

  it("R-STK-2: an error of the handler comes out unchanged and ends the scan", () => {
    const trouble = new Error("handler")
    const scanner = new XmlScanner({ ...silent, close: () => { throw trouble } })
    expect(() => { scanner.push(bytesOf("<a/>")); scanner.end() }).toThrow(trouble)
    expect(() => scanner.push(bytesOf("<b/>"))).toThrow(trouble)
  })
})
