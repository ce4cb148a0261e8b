import { describe, expect, test } from "vitest"
import { RowScanner } from "../../src/odata/row-scanner.ts"
import type { Row } from "../../src/odata/values.ts"

const ROWS = Array.from({ length: 40 }, (_, i) => ({
  Номенклатура_Key: `b0a1f3c2-${i}`, Имя: "кавычка \" и \\ и ]}", Товары: [{ a: 1 }, { b: "},{" }], пусто: [], n: null, t: true, f: -1.5e3
}))
const ANSWER = { "odata.metadata": "$metadata#\"value\":[", "odata.count": "40", value: ROWS, ещё: { value: [1, { a: 2 }] } }

const scan = (bytes: Uint8Array, size: number): { readonly rows: ReadonlyArray<Row>; readonly head: Row } => {
  const scanner = new RowScanner()
  const rows: Array<Row> = []
  for (let at = 0; at < bytes.length; at += size) rows.push(...scanner.push(bytes.subarray(at, at + size)))
  return { rows, head: scanner.end() }
}

describe("R10: rows of an answer as its bytes come", () => {
  test.for([1, 2, 3, 64, 1000, 1_000_000])("in pieces of %i bytes they are the same rows", (size) => {
    const bytes = Buffer.from(`\uFEFF${JSON.stringify(ANSWER, null, size % 2)}`, "utf8")
    expect(scan(bytes, size)).toEqual({ rows: ROWS, head: { ...ANSWER, value: [] } })
  })

  test("a row comes as soon as its last byte is there", () => {
    const scanner = new RowScanner()
    const counts = ["{\"value\":[{\"a\":1", "},{\"a\":", "2},{\"a\":3}", "]}"].map((text) => scanner.push(Buffer.from(text)).length)
    expect([counts, scanner.end()]).toEqual([[0, 1, 2, 0], { value: [] }])
  })

  test("an answer without a list of rows keeps what it has", () => {
    for (const answer of [{ value: {} }, { Ref_Key: "a", Товары: [{ a: 1 }] }, { value: [] }]) {
      expect(scan(Buffer.from(JSON.stringify(answer)), 5)).toEqual({ rows: [], head: answer })
    }
  })

  test.for([
    "", "[]", "<html>[{}]</html>", "{\"value\":[1]}", "{\"value\":[\"a\"]}", "{\"value\":[[{}]]}", "{\"value\":[{}", "{\"value\":[{\"a\":1}]",
    "{\"value\":[{\"a\":}]}", "{\"value\":[{}]} x", "{\"value\":[{\"a\":\"б", "{\"value\":[{}]}]}"
  ])("%s is none", (text) => {
    expect(() => scan(Buffer.from(text), 4)).toThrow()
  })

  test("every place at which an answer may be cut off is seen", () => {
    const bytes = Buffer.from(JSON.stringify({ "odata.count": "2", value: [{ a: "б\"" }, { a: [1] }] }))
    for (let length = 0; length < bytes.length; length++) expect(() => scan(bytes.subarray(0, length), 7), `${length}`).toThrow()
  })

  test("bytes that are no UTF-8 are no rows", () => {
    expect(() => scan(Buffer.from([...Buffer.from("{\"value\":[{\"a\":\""), 0xff, 0xfe, ...Buffer.from("\"}]}")]), 100)).toThrow()
  })
})
