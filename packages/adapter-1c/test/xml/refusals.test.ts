import { describe, expect, it } from "vitest"
import type { XmlErrorCode } from "../../src/xml/error.ts"
import { XmlError } from "../../src/xml/error.ts"
import { MAX_DEPTH, MAX_TOKEN } from "../../src/xml/scanner.ts"
import { Recorder, scan, scanChunks } from "../support/events.ts"

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const errorOf = (work: () => unknown): XmlError => {
  try {
    work()
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
  return expect.fail("the document was accepted")
}

const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth)

const REFUSED: ReadonlyArray<readonly [document: string, code: XmlErrorCode, offset: number]> = [
  ["", "empty", 0],
  ["\uFEFF", "empty", 3],
  [" \n ", "empty", 3],
  ["<!-- нет корня -->", "empty", 26],
  ["<a>", "truncated", 3],
  ["<a><b></b>", "truncated", 10],
  ["<a", "truncated", 2],
  ["<a></a", "truncated", 6],
  ["<a/><!-- конец", "truncated", 19],
  ["<a>текст", "truncated", 13],
  ["<a></b>", "mismatched-tag", 3],
  ["<a></a b>", "mismatched-tag", 3],
  ["<a></>", "mismatched-tag", 3],
  ["<a></ a>", "mismatched-tag", 3],
  ["<ab></a>", "mismatched-tag", 4],
  ["<a></ab>", "mismatched-tag", 3],
  ["</a>", "unexpected-close", 0],
  ["<a/></a>", "unexpected-close", 4],
  ["<a/><b/>", "two-roots", 4],
  ["текст<a/>", "text-outside-root", 0],
  ["<a/>текст", "text-outside-root", 4],
  ["<a/>&amp;", "text-outside-root", 4],
  ["<![CDATA[x]]><a/>", "text-outside-root", 0],
  ["<a/><![CDATA[x]]>", "text-outside-root", 4],
  ["<a/>\0\0", "control-character", 4],
  ["<>", "malformed-tag", 1],
  ["< a/>", "malformed-tag", 1],
  ["<1/>", "malformed-tag", 1],
  ["<-a/>", "malformed-tag", 1],
  ["<a?/>", "malformed-tag", 2],
  ["<«/>", "malformed-tag", 1],
  ["<a b/>", "malformed-tag", 4],
  ["<a b=1/>", "malformed-tag", 5],
  ["<a b='1'c='2'/>", "malformed-tag", 8],
  ["<a b='<'/>", "malformed-tag", 6],
  ["<a / >", "malformed-tag", 3],
  ["<a =''/>", "malformed-tag", 3],
  ["<a><b</a>", "malformed-tag", 5],
  ["<a b='1' b='2'/>", "duplicate-attribute", 12],
  ["<a>M&M</a>", "bare-ampersand", 4],
  ["<a>a & b</a>", "bare-ampersand", 5],
  ["<a>&;</a>", "bare-ampersand", 3],
  ["<a>&amp</a>", "bare-ampersand", 3],
  ["<a b='x&y'/>", "bare-ampersand", 7],
  ["<a>&nbsp;</a>", "undeclared-entity", 3],
  ["<a b='&nbsp;'/>", "undeclared-entity", 6],
  ["<a>&constructor;</a>", "undeclared-entity", 3],
  ["<a>&AMP;</a>", "undeclared-entity", 3],
  ["<a>&#0;</a>", "bad-character-reference", 3],
  ["<a>&#xD800;</a>", "bad-character-reference", 3],
  ["<a>&#x110000;</a>", "bad-character-reference", 3],
  ["<a>&#12a;</a>", "bad-character-reference", 3],
  ["<a>&#;</a>", "bad-character-reference", 3],
  ["<!DOCTYPE a><a/>", "dtd-refused", 0],
  ["<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "dtd-refused", 0],
  ["<a><!ELEMENT b></a>", "dtd-refused", 3],
  ["<a><!b></a>", "dtd-refused", 3],
  ["<a><!-- а -- б --></a>", "malformed-comment", 11],
  ["<a>]]></a>", "cdata-end-in-text", 5],
  [" <?xml version='1.0'?><a/>", "malformed-instruction", 1],
  ["<a/><?xml version='1.0'?>", "malformed-instruction", 4],
  ["<? x?><a/>", "malformed-instruction", 0],
  ["<a>\u0001</a>", "control-character", 3],
  ["<a> \u0000</a>", "control-character", 4],
  ["<a>x\u0000</a>", "control-character", 4],
  ["<a b='\u0002'/>", "control-character", 6],
  ["<a><![CDATA[\u0003]]></a>", "control-character", 12],
  ["<a><!--\u0003--></a>", "control-character", 7],
  [nested(MAX_DEPTH + 1), "too-deep", 3 * MAX_DEPTH]
]

describe("what the scanner refuses", () => {
  it.each(REFUSED)("R-STK-2: %j is refused as %s at byte %i, whole and byte by byte", (document, code, offset) => {
    const bytes = bytesOf(document)
    expect(errorOf(() => scan(bytes))).toMatchObject({ code, offset, _tag: "XmlError" })
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(errorOf(() => scanChunks(single))).toMatchObject({ code, offset })
  })

  it("R-STK-2: an entity bomb is refused before anything is expanded", () => {
    const entity = `<!ENTITY x '${"y".repeat(1000)}'>`
    const bomb = `<?xml version='1.0'?><!DOCTYPE a [${entity}]><a>${"&x;".repeat(1000)}</a>`
    expect(errorOf(() => scan(bomb)).code).toBe("dtd-refused")
  })

  it("R-STK-2: 100 levels are read", () => {
    expect(scan(nested(MAX_DEPTH))).toHaveLength(2 * MAX_DEPTH)
  })

  it.each([["text", "<a>", "</a>"], ["comment", "<a><!--", "--></a>"], ["CDATA", "<a><![CDATA[", "]]></a>"],
    ["attribute", "<a b='", "'/>"], ["instruction", "<a><?x ", "?></a>"]])(
    "R-STK-2: a %s above 1 MiB is refused, whole and in pieces of 60,000 bytes",
    (_, before, after) => {
      const bytes = bytesOf(before + "x".repeat(MAX_TOKEN + 1) + after)
      expect(errorOf(() => scan(bytes)).code).toBe("token-too-long")
      const pieces = Array.from({ length: Math.ceil(bytes.length / 60_000) }, (_, i) =>
        bytes.subarray(i * 60_000, (i + 1) * 60_000))
      expect(errorOf(() => scanChunks(pieces)).code).toBe("token-too-long")
    }
  )

  it("R-STK-1: a text of exactly 1 MiB is read", () => {
    expect(scan(`<a>${"x".repeat(MAX_TOKEN)}</a>`)[1]).toHaveLength(MAX_TOKEN + "text \"\"".length)
  })

  it("R-STK-2: more than 64 attributes, 1,024 names or 255 bytes of a name are refused", () => {
    const attributes = Array.from({ length: 65 }, (_, i) => ` a${i}=''`).join("")
    expect(errorOf(() => scan(`<a${attributes}/>`)).code).toBe("too-many-attributes")
    const names = Array.from({ length: 1024 }, (_, i) => `<n${i}/>`).join("")
    expect(errorOf(() => scan(`<a>${names}</a>`)).code).toBe("too-many-names")
    expect(errorOf(() => scan(`<${"n".repeat(256)}/>`)).code).toBe("token-too-long")
  })

  it("R-STK-2: the message names line, byte, trouble and remedy in Russian", () => {
    const error = errorOf(() => scan("<Товары>\n<Товар>\n\n  </Товары>"))
    expect(error).toMatchObject({ code: "mismatched-tag", line: 4 })
    expect(error.message).toBe(
      "Строка 4 (байт 31): закрывающий тег не соответствует открытому: не закрыт элемент <Товар>. " +
      "Файл повреждён или передан не полностью: выгрузите его из 1С ещё раз."
    )
  })

  it.each([
    ["text", "<a>\n\n x\n & </a>", 4],
    ["attribute", "<a\nb='1'\nc='\n&'/>", 4],
    ["comment", "<a><!--\n\n--><b></a>", 3],
    ["CDATA", "<a><![CDATA[\n\n]]></b>", 3],
    ["end", "<a>\n<b>\n", 3]
  ])("R-STK-2: the line is counted through %s", (_, document, line) => {
    expect(errorOf(() => scan(document)).line).toBe(line)
  })

  it("R-STK-2: after an error every call throws the same error", () => {
    const { scanner } = new Recorder()
    const broken = bytesOf(`<a></b>${" ".repeat(300)}`)
    const first = errorOf(() => scanner.push(broken))
    expect(errorOf(() => scanner.push(bytesOf("<a/>")))).toBe(first)
    expect(errorOf(() => scanner.end())).toBe(first)
  })
})
