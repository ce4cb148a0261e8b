import { describe, expect, it } from "vitest"
import { CommerceMlError } from "../../src/cml/error.ts"
import { fixture, offersOf, read } from "../support/records.ts"

const price = (inside: string): string =>
  offersOf(`<Предложение><Ид>t1</Ид><Цены>\n<Цена>${inside}</Цена>\n</Цены></Предложение>`)

const PLAIN = { currency: null, unit: null, factorThousandths: 1000, minQuantityThousandths: 0 }

describe("a package of offers", () => {
  it("R-STK-1: price types, warehouses and offers with their characteristics, CRLF and no-break spaces", () => {
    const collected = read(fixture("2.08-offers-by-warehouse.xml"))
    expect(collected.priceTypes.map(({ id, name, currency }) => [id, name, currency])).toEqual([
      ["r", "Розничная", "KZT"],
      ["o", "Оптовая", "KZT"]
    ])
    expect(collected.warehouses).toEqual([
      {
        id: "w1", name: "Аптека №1", address: "Алматы, ул. Абая, 1",
        contacts: [{ type: "КоординатыНаКарте", value: "43.238,76.889" }], deleted: false, line: 11
      },
      { id: "w2", name: "Аптека №2", address: null, contacts: [], deleted: false, line: 17 }
    ])
    expect(collected.offers).toEqual([{
      id: "t1#h1", deleted: false, line: 20, name: "Парацетамол (красная упаковка)",
      characteristics: [{ name: "Цвет", value: "красный" }]
    }])
    expect(collected.prices).toEqual([
      {
        offerId: "t1#h1", priceTypeId: "r", minorUnits: 171_950, currency: "KZT", unit: "упак",
        factorThousandths: 1000, minQuantityThousandths: 0, line: 25
      },
      { offerId: "t1#h1", priceTypeId: "o", minorUnits: 150_000, ...PLAIN, line: 33 }
    ])
    expect(collected.sections).toMatchObject([{ kind: "offers", id: "c1#", catalogueId: null, onlyChanges: false }])
  })

  it("R-STK-7: prices are integers; a third decimal is rejected, other units and larger amounts are told apart", () => {
    const { prices, rejections, offers } = read(fixture("3.1-prices.xml"))
    expect(offers).toEqual([{ id: "t1", deleted: false, line: 6 }])
    expect(prices).toEqual([
      { offerId: "t1", priceTypeId: "r", minorUnits: 1_424_000, ...PLAIN, currency: "тнг", line: 9 },
      {
        offerId: "t1", priceTypeId: "u", minorUnits: 10_010, ...PLAIN,
        unit: "кор", factorThousandths: 10_000, line: 11
      },
      { offerId: "t1", priceTypeId: "r", minorUnits: 1_300_000, ...PLAIN, minQuantityThousandths: 5000, line: 12 }
    ])
    expect(rejections).toEqual([
      { kind: "price", line: 10, reason: "Цена: ЦенаЗаЕдиницу «160.316»: слишком много знаков после запятой" }
    ])
  })

  it("R-STK-1: nothing depends on the order of elements or sections", () => {
    const { offers, prices, stocks, warehouses, sections, documents } = read(fixture("offers-out-of-order.xml"))
    expect(documents).toMatchObject([{ schemaVersion: null }])
    expect(offers).toEqual([{ id: "t1#h1", deleted: false, line: 4 }])
    expect(stocks).toEqual([{ offerId: "t1#h1", warehouseId: "w1", thousandths: 4000, line: 5 }])
    expect(prices).toEqual([
      { offerId: "t1#h1", priceTypeId: "r", minorUnits: 9990, ...PLAIN, currency: "KZT", line: 6 }
    ])
    expect(warehouses).toMatchObject([{ id: "w1", name: "Аптека №1", address: "Алматы" }])
    expect(sections.map(({ kind }) => kind)).toEqual(["offers", "classifier"])
  })

  it.each([
    ["<ЦенаЗаЕдиницу>1</ЦенаЗаЕдиницу>", "не указан ИдТипаЦены"],
    ["<ИдТипаЦены>r</ИдТипаЦены>", "не указана ЦенаЗаЕдиницу"],
    ["<ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу/>", "ЦенаЗаЕдиницу: значение пусто"],
    ["<ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>-1</ЦенаЗаЕдиницу>", "ЦенаЗаЕдиницу «-1»: отрицательное число"],
    ["<ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>21474836.48</ЦенаЗаЕдиницу>",
      "ЦенаЗаЕдиницу «21474836.48»: слишком большое число"],
    ["<ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>1</ЦенаЗаЕдиницу><Коэффициент>ящик</Коэффициент>",
      "Коэффициент «ящик» — не число"],
    ["<ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>1</ЦенаЗаЕдиницу><Коэффициент>0</Коэффициент>",
      "Коэффициент равен нулю"],
    [`<ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>1</ЦенаЗаЕдиницу><Валюта>${"Ы".repeat(17)}</Валюта>`,
      "непонятная Валюта"]
  ])("R-STK-2: the price %s is rejected", (inside, reason) => {
    const { prices, rejections } = read(price(inside))
    expect(prices).toEqual([])
    expect(rejections).toEqual([{ kind: "price", line: 2, reason: `Цена: ${reason}` }])
  })

  it("R-STK-7: the largest price that fits is read", () => {
    const largest = "<ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>21474836.47</ЦенаЗаЕдиницу>"
    expect(read(price(largest)).prices).toMatchObject([{ minorUnits: 2_147_483_647 }])
  })

  it("R-STK-1: a rejected price leaves no trace in the next", () => {
    const rows = "<Цена><ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>x</ЦенаЗаЕдиницу><Коэффициент>5</Коэффициент></Цена>" +
      "<Цена><ИдТипаЦены>r</ИдТипаЦены><ЦенаЗаЕдиницу>2</ЦенаЗаЕдиницу></Цена>"
    expect(read(offersOf(`<Предложение><Ид>t1</Ид><Цены>${rows}</Цены></Предложение>`)).prices)
      .toEqual([{ offerId: "t1", priceTypeId: "r", minorUnits: 200, ...PLAIN, line: 1 }])
  })
})

describe("other documents", () => {
  it("R-ORD-6: an order file is recognised, bare and in containers; its goods are no products", () => {
    const { sections, summary, products } = read(fixture("2.03-order-1251.xml"))
    expect(sections).toMatchObject([{ kind: "orders" }])
    expect(summary).toMatchObject({ kind: "orders", counts: { document: 2, product: 0 } })
    expect(products).toEqual([])
  })

  it("R-ORD-6: a root without sections is an empty document", () => {
    expect(read("<КоммерческаяИнформация ВерсияСхемы='2.05'/>").summary?.kind).toBe("empty")
  })

  it("R-STK-1: `СодержитТолькоИзменения` is read as attribute and as element, unclear values are no statement", () => {
    const section = (attribute: string, element: string): unknown =>
      read(`<Каталог${attribute}>${element}<Товары/></Каталог>`).sections[0]?.onlyChanges
    expect(section(" СодержитТолькоИзменения='true'", "")).toBe(true)
    expect(section(" СодержитТолькоИзменения='0'", "")).toBe(false)
    expect(section("", "<СодержитТолькоИзменения>false</СодержитТолькоИзменения>")).toBe(false)
    expect(section(" СодержитТолькоИзменения='кто знает'", "")).toBe(null)
    expect(section("", "")).toBe(null)
  })

  it.each([["<html><body/></html>", "html"], ["<yml_catalog/>", "yml_catalog"], ["<x:Каталог/>", undefined]])(
    "R-STK-2: %s is refused as no CommerceML, unless only the prefix is unusual",
    (document, root) => {
      if (root === undefined) return expect(read(document).summary?.kind).toBe("catalogue")
      expect(() => read(`\n${document}`)).toThrow(CommerceMlError)
      expect(() => read(`\n${document}`)).toThrow(`Строка 2: файл начинается с элемента <${root}>`)
    }
  )
})
