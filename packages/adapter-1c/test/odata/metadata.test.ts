import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { readMetadata } from "../../src/odata/metadata.ts"
import { missingIn, needsOf } from "../../src/odata/needs.ts"
import { PRESETS } from "../../src/odata/presets.ts"
import { merge } from "../../src/odata/mapping.ts"
import { toldIn } from "../../src/odata/answer.ts"
import { ODATA_ROOT } from "../../src/testing/index.ts"
import { simulate } from "./base-of.ts"

const SAMPLES = "/work/shared/data/1c/odata"
const here = existsSync(SAMPLES)

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const parse = (text: string | Uint8Array, objects: ReadonlyArray<string>, size = 1000) =>
  readMetadata(inPieces(typeof text === "string" ? new TextEncoder().encode(text) : text, size), new Set(objects))
const textFrom = async (fetch: (request: Request) => Promise<Response>, login: string, password: string): Promise<string> => {
  const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString("base64")}`
  return (await fetch(new Request(`http://1c.test${ODATA_ROOT}/$metadata`, { headers: { authorization } }))).text()
}

describe("fact 85: $metadata as it flows", () => {
  test.each([1, 7, 1000, 1_000_000])("the same in pieces of %i bytes", async (size) => {
    const base = simulate()
    const text = await textFrom(base.fetch, base.login, base.password)
    const { mapping } = PRESETS["ut-11.5"]
    const needs = needsOf(mapping)
    const metadata = await parse(text, needs.map(({ path }) => path.split("/")[0]!), size)
    expect(missingIn(metadata, needs)).toEqual([])
    const wrong = merge(mapping, { stock: { minus: ["Резерв"] } })
    expect(missingIn(metadata, needsOf(wrong))).toEqual([expect.stringMatching(/stock.*нет Резерв\./u)])
  })

  test("types that nobody asked for are let go by, however many", async () => {
    const type = (name: string) => `<EntityType Name="${name}"><Property Name="Ref_Key" Type="Edm.Guid"/></EntityType>`
    const noise = Array.from({ length: 20_000 }, (_, i) => type(`Catalog_Шум${i}`)).join("")
    const set = "<EntityContainer><EntitySet Name=\"Catalog_А\" EntityType=\"StandardODATA.Catalog_А\"/></EntityContainer>"
    const metadata = await parse(`<Schema>${noise}${type("Catalog_А")}${type("Catalog_АБ")}${set}</Schema>`, ["Catalog_А"])
    expect(metadata.fields("Catalog_А")).toEqual(new Set(["Ref_Key"]))
    expect(metadata.fields("Catalog_Шум7")).toBeUndefined()
    expect(metadata.fields("Catalog_АБ")).toBeUndefined()
  })

  test("a document that is cut off is an error, not a base without objects", async () => {
    await expect(parse("<Schema><EntityType Name=\"Catalog_А\">", ["Catalog_А"])).rejects.toThrow()
  })
})

describe.runIf(here)("the shapes that the documentation shows", () => {
  const read = (name: string): Uint8Array => readFileSync(join(SAMPLES, "metadata", name))

  test("a catalogue with a table, a slice and a balance", async () => {
    const goods = await parse(read("01-catalog-with-table.xml"), ["Catalog_Номенклатура"])
    expect(goods.fields("Catalog_Номенклатура")).toContain("DeletionMark")
    expect(goods.fields("Catalog_Номенклатура.Артикулы")).toEqual(new Set(["Ref_Key", "LineNumber", "Артикул"]))
    const prices = await parse(read("03-information-register.xml"), ["InformationRegister_ЦеныНоменклатуры"])
    expect(prices.fields("InformationRegister_ЦеныНоменклатуры/SliceLast()")).toEqual(new Set(["Period", "Номенклатура_Key", "Цена"]))
    const stock = await parse(read("04-accumulation-register.xml"), ["AccumulationRegister_ОстаткиТоваров"])
    expect(stock.fields("AccumulationRegister_ОстаткиТоваров/Balance()")).toEqual(new Set(["Номенклатура_Key", "Количество"]))
    expect(stock.fields("AccumulationRegister_ОстаткиТоваров/Turnovers()")).toBeUndefined()
  })

  test("the errors of json-shapes.json", () => {
    const shapes = JSON.parse(readFileSync(join(SAMPLES, "json-shapes.json"), "utf8")) as Record<string, unknown>
    expect(toldIn(JSON.stringify(shapes["error_json"]))).toMatchObject({ code: "9" })
    expect(toldIn(JSON.stringify(shapes["error_business_500"]))).toMatchObject({ code: "-1", said: "Не удалось записать: \"Заказ клиента\"!" })
  })
})
