import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { Collected } from "../support/records.ts"
import { read } from "../support/records.ts"

const DATA = new URL("../../../../../shared/data/", import.meta.url)
const isThere = existsSync(DATA)

/** File, the words of the README about it, and the same as figures. Figures not named must be 0. */
const SAMPLES: ReadonlyArray<readonly [file: string, words: string, figures: Record<string, number>]> = [
  ["2.03-order-to-1c-bitrix-sample/orders.xml", "1 document, 2 lines", { document: 1 }],
  ["2.03-order-to-1c-with-status/order.xml", "1 document, 2 lines", { document: 1 }],
  ["2.05-empty-query-answer/orders.xml", "0 documents", {}],
  ["2.07-characteristics/import.xml", "2 products, 22 groups, 10 properties", { product: 2, group: 22, property: 10 }],
  ["2.07-characteristics/import_wo_classifier.xml", "2 products", { product: 2 }],
  ["2.07-characteristics/classifier.xml", "22 groups, 10 properties", { group: 22, property: 10 }],
  ["2.07-characteristics/offers.xml", "5 offers, 5 prices of 1 type, 5 stock rows (5 warehouses declared, 1 used)",
    { offer: 5, price: 5, priceType: 1, stock: 5, total: 5, warehouse: 5, warehousesUsed: 1 }],
  ["2.07-three-warehouses/import0_1.xml", "36 products, 22 with a barcode, 1 group",
    { product: 36, withBarcode: 22, group: 1, property: 12, deleted: 1 }],
  ["2.07-three-warehouses/offers0_1.xml", "44 offers, 44 prices, 132 stock rows in 3 warehouses, sum 2 815",
    { offer: 44, price: 44, priceType: 1, stock: 132, total: 44, warehouse: 3, warehousesUsed: 3, sum: 2815 }],
  ["2.07-nested-groups-large/import0_1.xml", "283 products, 242 with a barcode, 13 groups, 138 descriptions",
    { product: 283, withBarcode: 242, group: 13, descriptions: 138, property: 20 }],
  ["2.07-offer-changes-ut11/offers0_1.xml", "2 offers, 1 price, 2 stock rows",
    { offer: 2, price: 1, stock: 2, total: 2, warehousesUsed: 2 }],
  ["2.07-orders-back-ut11/orders.xml", "4 documents, 5 lines, sum 3 031", { document: 4 }],
  ["2.08-three-price-types/import.xml", "2 products, 5 groups, 2 categories, 3 properties",
    { product: 2, group: 5, category: 2, property: 3, unit: 1 }],
  ["2.08-three-price-types/classifier.xml", "5 groups, 3 properties", { group: 5, property: 3, category: 2, unit: 1 }],
  ["2.08-three-price-types/offers.xml", "2 offers, 6 prices, quantity 7",
    { offer: 2, price: 6, priceType: 3, total: 2, totalSum: 7, property: 1 }],
  ["3.1-split-files/import___57c55968-51d1-46f0-b5d7-927f420b8fd4.xml", "1 group, 1 price type, 1 unit",
    { group: 1, priceType: 1, unit: 1 }],
  ["3.1-split-files/import___5335d080-66b0-4355-887c-d54bba6f1f08.xml", "1 product", { product: 1 }],
  ["3.1-split-files/offers___13955e2c-c7d0-4189-8db7-9bc863cde645.xml", "2 offers", { offer: 2 }],
  ["3.1-split-files/prices___478f43af-4dba-47c9-b3fa-d9737c14a30f.xml", "2 prices", { price: 2, offer: 2 }],
  ["3.1-split-files/rests___9ebdccc5-f70a-43db-8c03-0103301aad32.xml", "2 stock rows, quantity 2",
    { total: 2, totalSum: 2, offer: 2 }],
  ["3.1-orders-to-1c-containers/orders.xml", "2 documents, 2 lines", { document: 2 }]
]

/** Figures that are compared only where the README speaks of them. */
const beside = (collected: Collected): Record<string, number> => {
  const byWarehouse = collected.stocks.filter(({ warehouseId }) => warehouseId !== null)
  const totals = collected.stocks.filter(({ warehouseId }) => warehouseId === null)
  const sum = (rows: typeof totals): number => rows.reduce((all, { thousandths }) => all + thousandths, 0) / 1000
  return {
    withBarcode: collected.products.filter(({ barcodes }) => barcodes !== undefined && barcodes.length > 0).length,
    descriptions: collected.products.filter(({ description }) => description != null).length,
    deleted: collected.products.filter(({ deleted }) => deleted).length,
    warehousesUsed: new Set(byWarehouse.map(({ warehouseId }) => warehouseId)).size,
    sum: sum(byWarehouse),
    totalSum: sum(totals)
  }
}

if (!isThere) {
  const notice = `[adapter-1c] SKIPPED: the sample files of ${DATA.pathname} are absent, 21 real files were NOT read`
  console.warn(`\n${"!".repeat(notice.length)}\n${notice}\n${"!".repeat(notice.length)}\n`)
}

it.runIf(process.env["CI"] === "true")("R-STK-1: in CI the sample files are there", () => {
  expect(isThere, `${DATA.pathname} is missing`).toBe(true)
})

describe.skipIf(!isThere)("real files give the counts that their README states", () => {
  const readme = isThere ? readFileSync(new URL("README.md", DATA), "utf8").split("\n") : []

  it.each(SAMPLES)("R-STK-1: %s: %s", (file, words, figures) => {
    const start = file.replace(/___([0-9a-f]{4})?.*/, "___").split("/")
    expect(readme.filter((line) => line.includes(start.join("/")) && line.includes(words))).not.toEqual([])

    const collected = read(readFileSync(new URL(`1c/commerceml/${file}`, DATA)))
    expect(collected.rejections).toEqual([])
    const { counts } = collected.summary!
    const only = (wanted: (key: string) => boolean): Record<string, number> =>
      Object.fromEntries(Object.entries(figures).filter(([key]) => wanted(key)))
    const counted = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
    expect(counted).toEqual(only((key) => key in counts))
    expect(beside(collected)).toMatchObject(only((key) => !(key in counts)))
  })

  it("R-STK-1: every sample of CommerceML but the schema is in the list", () => {
    const listed = readme.filter((line) => /^\| `\d\.\d+-[^`]+\.xml`/.test(line))
    expect(listed).toHaveLength(SAMPLES.length)
  })
})
