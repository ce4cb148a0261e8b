import { Schema } from "@aptekit/core"
import { describe, expect, test } from "vitest"
import { OneCODataConfig } from "../../src/odata/settings.ts"

const MINIMAL = { url: "https://1c.test/ut/odata/standard.odata", login: "Хаб", password: "секрет-1С", zone: "Asia/Almaty" }
const decode = (more: object) => Schema.decodeUnknownSync(OneCODataConfig)({ ...MINIMAL, ...more })

test.each([
  "https://hub:geheim77@1c.test/ut/odata/standard.odata", "https://1c.test/ut?geheim77=/odata/standard.odata",
  "https://1c.test/#geheim77/odata/standard.odata"
])("R-OPS-3: an address that holds a password or parameters is refused, and not repeated: %s", (url) => {
  const refusal = (() => {
    try {
      return String(decode({ url }).url)
    } catch (error) {
      return String(error)
    }
  })()
  expect(refusal).toContain("http(s)://host/publication/odata/standard.odata")
  expect(refusal).not.toContain("geheim77")
})

test.each([
  { every: { stock: 40_000 } }, { every: { sales: 100_000 } }, { versions: { everyMinutes: 40_000 } }
])("an interval that no timer holds (it would run all the time) is refused: %j", (more) => {
  expect(() => decode(more)).toThrow(/at \["(?:every|versions)"\]/u)
  expect(decode({ every: { stock: 35_000 }, versions: { everyMinutes: 35_000 } }).every.stock * 60_000).toBeLessThan(2 ** 31)
})

const [RECEIPTS, RETURNS] = [{ document: "Document_ЧекККМ" }, { document: "Document_ЧекККМВозврат", returns: "all" }]
const [REPORTS, REPORTED_RETURNS] = [{ document: "Document_ОтчетОРозничныхПродажах" }, { document: "Document_ОтчетОРозничныхВозвратах", returns: "all" }]
const OTHER = { document: "Document_ПродажаАптеки" }
const warehouses = { "b6112590-41ba-11dd-ac9d-0015e9b8c48d": "b01", "b6112591-41ba-11dd-ac9d-0015e9b8c48d": "b02", "b6112592-41ba-11dd-ac9d-0015e9b8c48d": "ignore" }
const sales = (...entries: ReadonlyArray<object>) => () => decode({ warehouses, sales: entries })
const [AT_B01, AT_B02] = [{ branches: ["b01"] }, { branches: ["b02"] }]

describe("R-STK-3: what is sold counts once", () => {
  test.each([
    [RECEIPTS, REPORTS], [REPORTS, {}], [RETURNS, REPORTED_RETURNS], [RECEIPTS, RETURNS, REPORTS],
    [RECEIPTS, { document: "Document_ОтчётОРозничныхПродажах" }], [{ ...RECEIPTS, ...AT_B01 }, REPORTS],
    [{ ...RECEIPTS, branches: ["b01", "b02"] }, { ...REPORTS, ...AT_B02 }], [RECEIPTS, { ...OTHER, each: "shift" }]
  ])("receipts and the reports that 1C makes of them are refused, with the reason and what to write: %j", (...entries) => {
    expect(sales(...entries)).toThrow(/tell of the same sales of (?:every branch|b0[12])[\s\S]*Keep one of them[\s\S]*at \["sales"\]/u)
  })

  test.each([
    [RECEIPTS, RETURNS], [REPORTS, REPORTED_RETURNS], [{ ...OTHER, each: "shift" }], [{ ...RECEIPTS, ...AT_B01 }, { ...REPORTS, ...AT_B02 }],
    [{ ...RECEIPTS, ...AT_B01 }, { ...RETURNS, ...AT_B01 }, { ...REPORTS, ...AT_B02 }], [RECEIPTS, { ...OTHER, each: "receipt" }],
    [{ ...RECEIPTS, ...AT_B01 }, { ...OTHER, ...AT_B02, each: "shift" }]
  ])("documents of which none is made of the others are taken, so are those of branches apart: %j", (...entries) => {
    expect(sales(...entries)().sales).toHaveLength(entries.length)
  })

  test.each([[OTHER], [RECEIPTS, OTHER], [{ ...RECEIPTS, ...AT_B01 }, { ...OTHER, ...AT_B02 }]])(
    "documents that the hub does not know are refused until somebody says what they are: %j",
    (...entries) => expect(sales(...entries)).toThrow(/What is Document_ПродажаАптеки\? Say each: "receipt"/u)
  )

  test("what the hub knows nobody can rename", () => {
    expect(sales({ ...REPORTS, each: "receipt" })).toThrow(/is a "shift" in 1C/u)
  })

  test("reports of shifts are refused where the base's stock is not read: what they sold would be taken off twice", () => {
    const of = (entry: object) => () => decode({ warehouses, mapping: { stock: null }, sales: [entry] })
    expect(of(REPORTS)).toThrow(/without a reading of stock after it, it would be taken off twice/u)
    expect(of(RECEIPTS)().sales).toHaveLength(1)
  })

  test("a document that is named twice is refused: it is read once", () => {
    expect(sales({ ...RECEIPTS, ...AT_B01 }, { ...RECEIPTS, ...AT_B02 })).toThrow(/named twice[\s\S]*into one entry/u)
  })

  test.each(["b03", "ignore"])("sales of a branch that no warehouse is would never come: refused (%s)", (branch) => {
    expect(sales({ ...RECEIPTS, branches: [branch] })).toThrow(new RegExp(`no warehouse is the branch ${branch}`, "u"))
  })
})
