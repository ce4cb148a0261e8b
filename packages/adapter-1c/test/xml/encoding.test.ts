import { describe, expect, it } from "vitest"
import { XmlError } from "../../src/xml/error.ts"
import { chunksAt, Recorder, scan, scanChunks } from "../support/events.ts"

const BODY = "<Каталог>\n<Наименование>Ёж «Аспирин» №20 — шт</Наименование>\n</Каталог>"
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const TABLE = new TextDecoder("windows-1251").decode(Uint8Array.from({ length: 256 }, (_, byte) => byte))
const cp1251 = (text: string): Uint8Array => Uint8Array.from(text, (letter) => TABLE.indexOf(letter))

const declared = (encoding: string): string => `<?xml version="1.0" encoding="${encoding}"?>\n`

const refusal = (bytes: Uint8Array): XmlError => {
  try {
    scan(bytes)
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
  return expect.fail("the document was accepted")
}

const EXPECTED = scan(BODY)

describe("fact 66: byte order mark, then validity, then declaration", () => {
  it.each([
    ["UTF-8 with a mark", utf8(`\uFEFF${declared("UTF-8")}${BODY}`), "utf-8"],
    ["UTF-8 without mark or declaration", utf8(BODY), "utf-8"],
    ["UTF-8 with a mark, declared windows-1251", utf8(`\uFEFF${declared("windows-1251")}${BODY}`), "utf-8"],
    ["UTF-8 that is declared windows-1251", utf8(`${declared("windows-1251")}${BODY}`), "utf-8"],
    ["UTF-8 that is declared KOI8-R", utf8(`${declared("KOI8-R")}${BODY}`), "utf-8"],
    ["windows-1251 as declared", cp1251(`${declared("windows-1251")}${BODY}`), "windows-1251"],
    ["windows-1251 that is declared UTF-8", cp1251(`${declared("UTF-8")}${BODY}`), "windows-1251"],
    ["windows-1251 without declaration", cp1251(BODY), "windows-1251"],
    ["windows-1251 behind much ASCII", cp1251(`<!--${"-x".repeat(3000)}-->${BODY}`), "windows-1251"]
  ])("R-STK-1: %s is read", (_, bytes, encoding) => {
    const recorder = new Recorder()
    recorder.scanner.push(bytes)
    recorder.scanner.end()
    expect(recorder.events).toEqual(EXPECTED)
    expect(recorder.scanner.encoding).toBe(encoding)
  })

  it("R-STK-1: windows-1251 cut in two at every byte is read", () => {
    const bytes = cp1251(`${declared("windows-1251")}${BODY}`)
    for (let cut = 1; cut < bytes.length; cut++) expect(scanChunks(chunksAt(bytes, cut))).toEqual(EXPECTED)
  })

  it("R-STK-1: a long windows-1251 document is read over many chunks", () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `<Товар>Номер ${i}</Товар>`)
    const bytes = cp1251(`${declared("windows-1251")}<Товары>${rows.join("")}</Товары>`)
    expect(scanChunks(chunksAt(bytes, 1001, 50_000, 50_001))).toHaveLength(3 * 5000 + 2)
  })

  it.each([
    ["FF FE", Uint8Array.of(0xff, 0xfe, 0x3c, 0, 0x61, 0)],
    ["FE FF", Uint8Array.of(0xfe, 0xff, 0, 0x3c, 0, 0x61)],
    ["no mark, little end first", Uint8Array.of(0x3c, 0, 0x3f, 0)],
    ["no mark, big end first", Uint8Array.of(0, 0x3c, 0, 0x3f)]
  ])("R-STK-2: UTF-16 (%s) is refused by its name", (_, bytes) => {
    expect(refusal(bytes)).toMatchObject({ code: "encoding-unsupported" })
    expect(refusal(bytes).message).toMatch(/UTF-16.*UTF-8 или windows-1251/)
  })

  it("R-STK-2: another declared encoding whose bytes are not UTF-8 is refused, not guessed", () => {
    expect(refusal(cp1251(`${declared("KOI8-R")}${BODY}`))).toMatchObject({ code: "encoding-unsupported" })
    expect(refusal(cp1251(`${declared("KOI8-R")}${BODY}`)).message).toContain("koi8-r")
  })

  it.each([["a mark", "\uFEFF"], ["no mark", ""], ["a lying declaration", declared("windows-1251")]])(
    "R-STK-2: a damaged byte in UTF-8 with %s is an error with its line, not another encoding",
    (_, start) => {
      const bytes = utf8(`${start}${BODY}`)
      const at = bytes.indexOf(0xab)
      bytes[at] = 0x41
      const line = start.includes("\n") ? 3 : 2
      expect(refusal(bytes)).toMatchObject({ code: "invalid-utf8", line, offset: at - 1 })
    }
  )

  it.each(["\uFEFF", ""])("R-STK-2: half a letter behind the root is told (mark: %j)", (mark) => {
    expect(refusal(Uint8Array.of(...utf8(`${mark}<a/>`), 0xd0))).toMatchObject({ code: "truncated" })
  })

  it("R-STK-2: bytes invalid far behind the beginning are refused", () => {
    const bytes = utf8(`<Товары>${"<Товар>Ё</Товар>\n".repeat(9000)}</Товары>`)
    const at = bytes.lastIndexOf(0xd0) + 1
    bytes[at] = 0xd0
    expect(refusal(bytes)).toMatchObject({ code: "invalid-utf8", offset: at - 1, line: 9001 })
  })

  it.each([["over-long", [0xc0, 0xaf]], ["surrogate", [0xed, 0xa0, 0x80]], ["above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["lone continuation", [0x80]]])("R-STK-2: UTF-8 with a mark and a %s sequence is refused", (_, wrong) => {
    const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8("<a>"), ...wrong, ...utf8("</a>"))
    expect(refusal(bytes)).toMatchObject({ code: "invalid-utf8", offset: 6 })
  })

  it("R-STK-2: an error in windows-1251 is told by the byte of the file, not of its UTF-8 form", () => {
    const text = `${declared("windows-1251")}<Товары>\n<Товар>Ёж</Товары>`
    expect(refusal(cp1251(text))).toMatchObject({ code: "mismatched-tag", line: 3, offset: text.indexOf("</Товары>") })
  })
})
