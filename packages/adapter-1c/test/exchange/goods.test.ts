import { newProduct, type Product, ProductId } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { fixture } from "../support/records.ts"
import { documentOf, type ExchangeHub, goodsOf, item, levelOf, offer, offersOf, openExchange, stockAt } from "./hub.ts"

const productOf = async ({ hub, storage }: ExchangeHub, id: string): Promise<Product | undefined> =>
  (await hub.run(storage.catalogue.byIds([ProductId.make(id)])))[0]

const named = (name: string, more = ""): string => `<Наименование>${name}</Наименование>${more}`

test("R-STK-1: a product has name, article, barcodes, maker and weight of 1C, under 1C's id", async () => {
  const exchange = await openExchange()
  const content = named(
    "Аспирин",
    "<Артикул>A-1</Артикул><Штрихкод>4600000000015</Штрихкод><Вес>0,12</Вес><Изготовитель><Ид>m</Ид><Наименование>Завод</Наименование></Изготовитель>"
  )
  expect(await exchange.send("import0_1.xml", goodsOf(item("g-1", content)))).toBe("success")
  expect(await productOf(exchange, "g-1")).toEqual({
    ...newProduct(ProductId.make("g-1"), "Аспирин"),
    sku: "A-1",
    barcodes: ["4600000000015"],
    maker: "Завод",
    weightGrams: 120
  })
  expect((await exchange.lastRun()).counts.products).toBe(1)
})

test("R-STK-1: `hidden` products wait for a person", async () => {
  const exchange = await openExchange({ newProducts: "hidden" })
  await exchange.send("import0_1.xml", goodsOf(item("1")))
  expect(await productOf(exchange, "1")).toMatchObject({ shown: false, confirmed: false })
})

test("R-STK-1: what a person entered stays, what 1C owns is replaced, other barcodes are kept (complaint 12, fact 34)", async () => {
  const exchange = await openExchange({ keep: ["sku"] })
  await exchange.send("import0_1.xml", goodsOf(item("1", named("Было", "<Артикул>A</Артикул><Штрихкод>11111111</Штрихкод>"))))
  const entered = { ...(await productOf(exchange, "1"))!, inn: "Кислота", prescription: true, barcodes: ["11111111", "99999999"] }
  await exchange.hub.catalogue.upsert([{ ...entered, name: { ru: "Было", kk: "Болды", en: null } }])
  await exchange.send("import0_1.xml", goodsOf(item("1", named("Стало", "<Артикул>B</Артикул><Штрихкод>22222222</Штрихкод>"))))
  expect(await productOf(exchange, "1")).toMatchObject({
    name: { ru: "Стало", kk: "Болды" },
    inn: "Кислота",
    prescription: true,
    sku: "A",
    barcodes: ["11111111", "99999999", "22222222"]
  })
})

test("R-STK-1: an id that another product has is left to it", async () => {
  const exchange = await openExchange({ warehouses: { w: "north" } })
  await exchange.hub.catalogue.upsert([newProduct(ProductId.make("42"), "Чужой")])
  await exchange.send("import0_1.xml", goodsOf(item("42", named("Наш"))))
  await exchange.send("offers0_1.xml", offersOf([offer("42", stockAt("w", "3"))]))
  expect((await productOf(exchange, "42"))?.name.ru).toBe("Чужой")
  expect((await productOf(exchange, "1c:42"))?.name.ru).toBe("Наш")
  expect([levelOf(exchange, "42", "north"), levelOf(exchange, "1c:42", "north")]).toEqual([0, 3])
})

const MARKS = {
  attribute: `<Товар Статус="Удален"><Ид>1</Ид><Наименование>Т</Наименование></Товар>`,
  element: item("1", named("Т", "<Статус>Удален</Статус>")),
  flag: item("1", named("Т", "<ПометкаУдаления>true</ПометкаУдаления>"))
}
test("R-STK-1: each of three deletion marks takes a product off sale; without it the product is back; stock stays (fact 36)", async () => {
  for (const [form, deleted] of Object.entries(MARKS)) {
    const exchange = await openExchange({ warehouses: { w: "north" } })
    await exchange.send("import0_1.xml", goodsOf(item("1", named("Т"))))
    await exchange.send("offers0_1.xml", offersOf([offer("1", stockAt("w", "3"))]))
    await exchange.send("import0_1.xml", goodsOf(deleted))
    expect([form, await productOf(exchange, "1")]).toMatchObject([form, { shown: false, stopped: true }])
    expect(levelOf(exchange, "1", "north")).toBe(3)
    await exchange.send("import0_1.xml", goodsOf(item("1", named("Т"))))
    expect([form, await productOf(exchange, "1")]).toMatchObject([form, { shown: true, stopped: false }])
  }
})

test("R-STK-1: a stop that a person set is not undone by 1C", async () => {
  const exchange = await openExchange()
  await exchange.send("import0_1.xml", goodsOf(item("1")))
  await exchange.hub.catalogue.upsert([{ ...(await productOf(exchange, "1"))!, stopped: true, shown: false }])
  await exchange.send("import0_1.xml", goodsOf(item("1", named("Другое"))))
  expect(await productOf(exchange, "1")).toMatchObject({ stopped: true, shown: false, name: { ru: "Другое" } })
})

test("R-STK-1: goods that a file does not name stay, whatever it says of itself (R5, fact 25)", async () => {
  const exchange = await openExchange()
  await exchange.send("import0_1.xml", goodsOf(item("1"), item("2")))
  const full = documentOf(`<Каталог СодержитТолькоИзменения="false"><Ид>1</Ид><Товары>${item("2")}</Товары></Каталог>`)
  await exchange.send("import0_1.xml", full)
  expect(await productOf(exchange, "1")).toMatchObject({ shown: true, stopped: false })
})

const traits = `<ХарактеристикиТовара><ХарактеристикаТовара><Наименование>Цвет</Наименование><Значение>красный</Значение></ХарактеристикаТовара></ХарактеристикиТовара>`

test("R-STK-1: each characteristic is a product with a family, and its goods are no longer shown themselves (D6)", async () => {
  const exchange = await openExchange()
  await exchange.send("import0_1.xml", goodsOf(item("g", named("Тапки"))))
  expect(await productOf(exchange, "g")).toMatchObject({ shown: true })
  await exchange.send("offers0_1.xml", offersOf([offer("g#1", traits), offer("g#2", named("Тапки (синие)")), offer("g", named("Тапки!"))]))
  expect(await productOf(exchange, "g#1")).toMatchObject({ name: { ru: "Тапки (красный)" }, family: "g", shown: true })
  expect(await productOf(exchange, "g#2")).toMatchObject({ name: { ru: "Тапки (синие)" }, family: "g" })
  // Hidden as a family; an offer of plain goods does not rename them.
  expect(await productOf(exchange, "g")).toMatchObject({ shown: false, name: { ru: "Тапки" }, family: null })
  // A person may show it all the same.
  await exchange.hub.catalogue.upsert([{ ...(await productOf(exchange, "g"))!, shown: true }])
  await exchange.send("offers0_1.xml", offersOf([offer("g#1", traits)]))
  expect(await productOf(exchange, "g")).toMatchObject({ shown: true })
})

test("R-STK-1: goods that come after their characteristics are hidden from the start (fact 39)", async () => {
  const exchange = await openExchange()
  await exchange.send("offers0_1.xml", offersOf([offer("g#2", named("Тапки (синие)"))]))
  await exchange.send("import0_1.xml", goodsOf(item("g", named("Тапки"))))
  expect(await productOf(exchange, "g")).toMatchObject({ shown: false })
})

test("R-STK-1: goods without a name or with an endless id are rejected with their line, the others go on", async () => {
  const exchange = await openExchange()
  await exchange.send("import0_1.xml", goodsOf(item("1", ""), item("2"), item("x".repeat(101))))
  const { counts, rejects } = await exchange.lastRun()
  expect([counts.products, counts.rejected]).toEqual([1, 2])
  expect(rejects).toEqual([
    { line: 4, reason: expect.stringContaining("без наименования") },
    { line: 6, reason: expect.stringContaining("длиннее 100") }
  ])
})

test("R-STK-1: the fixtures of all dialects and encodings arrive", async () => {
  const exchange = await openExchange({ autoCreate: true, total: "all", currency: "any" })
  const catalogues = ["2.07-catalogue.xml", "2.07-classifier-alone.xml", "3.1-catalogue.xml"]
  const offers = [
    "2.05-offers-warehouse-list-1251.xml", "2.08-offers-by-warehouse.xml", "2.09-rests-by-warehouse.xml", "3.1-prices.xml",
    "3.1-rests-without-warehouse.xml", "2.07-offer-changes.xml", "offers-out-of-order.xml"
  ]
  for (const name of [...catalogues, ...offers]) expect([name, await exchange.send(name, fixture(name))]).toEqual([name, "success"])
  expect((await exchange.runs()).map(({ state }) => state)).toEqual([...catalogues, ...offers].map(() => "done"))
})

test("R-STK-1: the memory of deletion marks outlives a restart", async () => {
  const storage = memoryStorage()
  const first = await openExchange({}, { storage })
  await first.send("import0_1.xml", goodsOf(MARKS.flag))
  await first.close()
  const second = await openExchange({}, { folder: first.folder })
  await second.send("import0_1.xml", goodsOf(item("1", named("Т"))))
  expect(await productOf(second, "1")).toMatchObject({ shown: true, stopped: false })
})
