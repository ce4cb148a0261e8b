import { describe, expect, it } from "vitest"
import { ByteMap } from "../../src/cml/byte-map.ts"
import { TOTAL } from "../../src/cml/offer.ts"
import { CommerceMlReader } from "../../src/cml/reader.ts"
import { bytesOf, fixture, hotRows, offersOf, read } from "../support/records.ts"

describe("rows whose ids the hub knows", () => {
  it("R-STK-7: come as numbers, with the same content as the records", () => {
    const rows = hotRows(["t1#h1"], ["w2", "w1"], ["o", "r"])
    const { stocks, prices, offers, summary } = read(fixture("2.08-offers-by-warehouse.xml"), { rows })
    expect(stocks).toEqual([])
    expect(prices).toEqual([])
    expect(rows.stocks).toEqual([[0, TOTAL, 7000, 35], [0, 1, 5000, 36], [0, 0, 2000, 37]])
    expect(rows.prices).toEqual([[0, 1, 171_950, 0, 25], [0, 0, 150_000, -1, 33]])
    expect(offers).toMatchObject([{ id: "t1#h1", name: "Парацетамол (красная упаковка)" }])
    expect(summary?.counts).toMatchObject({ offer: 1, stock: 2, total: 1, price: 2 })
  })

  it("R-STK-7: find an offer by the characteristic that stands apart", () => {
    const rows = hotRows(["bd72d8f9-55bc-11d9-848a-00112f43529a#90c55447-d3a8-11e4-9423-e0cb4ed5eed4"],
      ["b6112590-41ba-11dd-ac9d-0015e9b8c48e"], ["bb14a3a4-6b17-11e0-9819-e0cb4ed5eed4"])
    const { stocks } = read(fixture("2.07-offer-changes.xml"), { rows })
    expect(rows.stocks).toEqual([[0, TOTAL, 7000, 19], [0, 0, 2000, 21]])
    expect(rows.prices).toEqual([[0, 0, 171_950, 0, 11]])
    expect(stocks.map(({ warehouseId, thousandths }) => [warehouseId, thousandths])).toEqual([
      ["b6112590-41ba-11dd-ac9d-0015e9b8c48d", 5000],
      [null, 0]
    ])
  })

  it("R-STK-2: rows with an unknown offer, warehouse or price type come as records and are not lost", () => {
    const inside = "<Склад ИдСклада='w1' КоличествоНаСкладе='1'/><Склад ИдСклада='новый' КоличествоНаСкладе='2'/>" +
      "<Цены><Цена><ИдТипаЦены>новый</ИдТипаЦены><ЦенаЗаЕдиницу>3</ЦенаЗаЕдиницу></Цена></Цены>"
    const offer = (id: string): string => `<Предложение><Ид>${id}</Ид>${inside}</Предложение>`
    const rows = hotRows(["t1"], ["w1"], ["r"])
    const { stocks, prices, offers } = read(offersOf(offer("t1") + offer("t2")), { rows })
    expect(rows.stocks).toEqual([[0, 0, 1000, 1]])
    expect(stocks.map(({ offerId, warehouseId }) => [offerId, warehouseId])).toEqual([
      ["t1", "новый"],
      ["t2", "w1"],
      ["t2", "новый"]
    ])
    expect(prices.map(({ offerId }) => offerId)).toEqual(["t1", "t2"])
    expect(offers).toEqual([{ id: "t2", deleted: false, line: 1 }])
  })

  it("R-STK-2: prices for another unit or a larger amount are never taken for the price of one", () => {
    const rows = hotRows(["t1"], [], ["r", "u"])
    const { prices } = read(fixture("3.1-prices.xml"), { rows })
    expect(rows.prices).toEqual([[0, 0, 1_424_000, 0, 9]])
    expect(prices.map(({ line }) => line)).toEqual([11, 12])
  })

  it("R-STK-1: a deletion of a known offer is told", () => {
    const rows = hotRows(["t1"], [], [])
    const document = offersOf("<Предложение><Ид>t1</Ид><ПометкаУдаления>true</ПометкаУдаления></Предложение>")
    expect(read(document, { rows }).offers).toEqual([{ id: "t1", deleted: true, line: 1 }])
  })

  it("R-STK-1: ids added while reading are known from then on", () => {
    const rows = hotRows([], ["w1"], [])
    const one = "<Предложение><Ид>t1</Ид><Склад ИдСклада='w1' КоличествоНаСкладе='1'/></Предложение>"
    const reader = new CommerceMlReader({ offer: ({ id }) => rows.offers.set(id, 7) }, { rows })
    reader.push(bytesOf(offersOf(one)))
    reader.end()
    expect(rows.stocks).toEqual([[7, 0, 1000, 1]])
  })

  it("R-STK-7: a currency is told by its index, by name on demand", () => {
    const rows = hotRows(["t1"], [], ["r"])
    const reader = new CommerceMlReader({}, { rows })
    const row = (currency: string): string =>
      `<Цена><ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>1</ЦенаЗаЕдиницу><Валюта>${currency}</Валюта></Цена>`
    const prices = row("KZT") + row("руб") + row("KZT")
    reader.push(bytesOf(offersOf(`<Предложение><Ид>t1</Ид><Цены>${prices}</Цены></Предложение>`)))
    reader.end()
    expect(rows.prices.map(([, , , currency]) => reader.currency(currency))).toEqual(["KZT", "руб", "KZT"])
    expect(reader.currency(-1)).toBe(undefined)
  })
})

describe("ByteMap", () => {
  const ids = Array.from({ length: 5000 }, (_, i) => `${i.toString(16).padStart(8, "0")}-7dde-11e8-80cb-70106fc831cf`)

  it("R-STK-7: finds every key as string and as slice, and nothing else", () => {
    const map = ByteMap.of(ids.map((id, index) => [id, index]))
    const joined = bytesOf(ids.join(","))
    expect(map.size).toBe(ids.length)
    for (const [index, id] of ids.entries()) {
      if (map.find(id) !== index || map.get(joined, index * 37, index * 37 + 36) !== index) expect.fail(id)
      if (map.find(`${id}0`) !== -1 || map.find(id.slice(1)) !== -1) expect.fail(`look-alike of ${id}`)
    }
  })

  it("R-STK-7: takes any bytes as key, the empty one too, and a later value for a key", () => {
    const map = ByteMap.of([["", 1], ["я", 2], ["a", 3], ["a\0", 4], ["x".repeat(5000), 5]])
    map.set("a", 2_147_483_647)
    expect(["", "я", "a", "a\0", "x".repeat(5000), "\0"].map((key) => map.find(key)))
      .toEqual([1, 2, 2_147_483_647, 4, 5, -1])
    expect(map.size).toBe(5)
  })

  it.each([["c2aa4a54d4c5", "95dcf53e61de"], ["9ab87c7f2953", "3f5d288efc2c"]])(
    "R-STK-2: %s and %s, whose hashes are equal, stay two keys",
    (one, other) => {
      const map = ByteMap.of([[one, 1]])
      expect(map.find(other)).toBe(-1)
      map.set(other, 2)
      expect([map.find(one), map.find(other)]).toEqual([1, 2])
    }
  )

  it.each([-1, 1.5, 2_147_483_648, Number.NaN])("R-STK-7: refuses the value %s", (value) => {
    expect(() => new ByteMap().set("a", value)).toThrow(RangeError)
  })
})
