import { Schema } from "@aptekit/core"
import { expect, test } from "vitest"
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
