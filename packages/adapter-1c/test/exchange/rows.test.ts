import { newProduct, ProductId } from "@aptekit/core"
import { expect, test } from "vitest"
import { documentOf, type ExchangeHub, goodsOf, item, levelOf, offer, offersOf, openExchange, priceAt, priceOf, stockAt } from "./hub.ts"

const MAPPED = { warehouses: { w1: "north", w2: "south" }, prices: { retail1c: "retail" } }

const withGoods = async (config: Parameters<typeof openExchange>[0] = MAPPED): Promise<ExchangeHub> => {
  const exchange = await openExchange(config)
  await exchange.send("import0_1.xml", goodsOf(item("1"), item("2")))
  return exchange
}

test("R-STK-1: stock goes to the mapped branches, prices to the mapped type, in minor units", async () => {
  const exchange = await withGoods()
  expect(await exchange.send("offers0_1.xml", offersOf([
    offer("1", priceAt("retail1c", "1719.5") + stockAt("w1", "5") + stockAt("w2", "2")),
    offer("2", priceAt("retail1c", "80") + stockAt("w1", "0"))
  ]))).toBe("success")
  expect([levelOf(exchange, "1", "north"), levelOf(exchange, "1", "south"), levelOf(exchange, "2", "north")]).toEqual([5, 2, 0])
  expect([priceOf(exchange, "1"), priceOf(exchange, "2")]).toEqual([171_950, 8_000])
  const { counts, rejects } = await exchange.lastRun()
  expect([counts.parked, counts.rejected, rejects]).toEqual([0, 0, []])
})

test("R-STK-1: a price type is found by its name too, and may be the price of one branch", async () => {
  const exchange = await withGoods({ prices: { "Цена склада": { priceType: "retail", branchId: "north" }, Закупочная: "ignore" } })
  const types = ["Цена склада", "Закупочная"].map((name, i) => `<ТипЦены><Ид>t${i}</Ид><Наименование>${name}</Наименование></ТипЦены>`)
  await exchange.send("offers0_1.xml", offersOf([offer("1", priceAt("t0", "10") + priceAt("t1", "5"))], `<ТипыЦен>${types.join("")}</ТипыЦен>`))
  expect([priceOf(exchange, "1"), priceOf(exchange, "1", "north"), priceOf(exchange, "1", "south")]).toEqual([null, 1_000, null])
  expect((await exchange.lastRun()).counts).toMatchObject({ new: 1, parked: 0, rejected: 0 })
})

test("R-STK-1: prices and stock before their goods wait and are applied with them (fact 39)", async () => {
  const exchange = await openExchange(MAPPED)
  await exchange.send("prices.xml", offersOf([offer("1", priceAt("retail1c", "10"))]))
  await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "7")), offer("9", stockAt("w1", "1"))]))
  const { counts, rejects } = await exchange.lastRun()
  expect([counts.parked, counts.rejected, rejects]).toEqual([2, 0, [{ line: 4, reason: expect.stringContaining("Отложено строк: 2.") }]])
  await exchange.send("import0_1.xml", goodsOf(item("1")))
  expect([levelOf(exchange, "1", "north"), priceOf(exchange, "1")]).toEqual([7, 1_000])
  expect((await exchange.lastRun()).counts).toMatchObject({ new: 2, products: 1, parked: 0 })
})

test("R-STK-1: what waits outlives a restart, and a mapping made meanwhile lets it through (complaint 2)", async () => {
  const first = await openExchange({})
  await first.send("import0_1.xml", goodsOf(item("1")))
  const warehouse = "<Склады><Склад><Ид>w1</Ид><Наименование>Главный</Наименование></Склад></Склады>"
  await first.send("offers0_1.xml", offersOf([offer("1", priceAt("retail1c", "10") + stockAt("w1", "4"))], warehouse))
  const { counts, rejects } = await first.lastRun()
  expect(counts.parked).toBe(2)
  expect(rejects.map(({ reason }) => reason)).toEqual([
    expect.stringContaining("Склад «Главный» (w1) не сопоставлен"),
    expect.stringContaining("Тип цены retail1c не сопоставлен")
  ])
  await first.close()

  const second = await openExchange(MAPPED, { folder: first.folder })
  await second.send("import0_1.xml", goodsOf(item("1")))
  expect([levelOf(second, "1", "north"), priceOf(second, "1")]).toEqual([4, 1_000])
})

test("R-STK-1: of rows that wait the latest statement counts, and a later file wins over all of them (D2)", async () => {
  const exchange = await openExchange(MAPPED)
  const rests = (units: string, day: string): string => offersOf([offer("1", stockAt("w1", units))], "", `2026-11-${day}T10:00:00`)
  await exchange.send("rests.xml", rests("5", "12"))
  await exchange.send("rests.xml", rests("3", "11"))
  await exchange.send("import0_1.xml", goodsOf(item("1")))
  expect(levelOf(exchange, "1", "north")).toBe(5)
  await exchange.send("rests.xml", rests("1", "10"))
  expect([levelOf(exchange, "1", "north"), (await exchange.lastRun()).counts.stale]).toEqual([5, 1])
})

test("R-STK-1: fractions are cut and negative balances are 0, both reported with their line (D6)", async () => {
  const exchange = await withGoods()
  await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "2.999") + stockAt("w2", "-3")), offer("2", stockAt("w1", "1.0"))]))
  expect([levelOf(exchange, "1", "north"), levelOf(exchange, "1", "south"), levelOf(exchange, "2", "north")]).toEqual([2, 0, 1])
  const { counts, rejects } = await exchange.lastRun()
  expect(counts).toMatchObject({ new: 2, unchanged: 1, rejected: 0 })
  expect(rejects).toEqual([
    { line: 4, reason: "Дробный остаток 2.999: учтено целых единиц 2." },
    { line: 4, reason: "Остаток меньше нуля: учтён как 0." }
  ])
})

test("R-STK-1: the total beside warehouses does not count; alone it goes where `total` says (D30)", async () => {
  const both = offer("1", `<Количество>7</Количество>${stockAt("w1", "5")}`)
  const alone = offer("2", "<Количество>4</Количество>")
  const ignoring = await withGoods()
  await ignoring.send("offers0_1.xml", offersOf([both, alone]))
  expect([levelOf(ignoring, "1", "north"), levelOf(ignoring, "2", "north")]).toEqual([5, 0])
  expect((await ignoring.lastRun()).rejects).toEqual([{ line: 5, reason: expect.stringContaining("Остатки без склада не приняты: 1") }])

  const taking = await withGoods({ ...MAPPED, total: "south" })
  await taking.send("offers0_1.xml", offersOf([both, alone]))
  expect([levelOf(taking, "1", "south"), levelOf(taking, "2", "south")]).toEqual([0, 4])
  expect((await taking.lastRun()).rejects).toEqual([])
})

test("R-STK-1: several warehouses of one branch are added up", async () => {
  const exchange = await withGoods({ warehouses: { w1: "north", w2: "north", w3: "south" } })
  await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "5") + stockAt("w2", "2") + stockAt("w3", "1"))]))
  expect([levelOf(exchange, "1", "north"), levelOf(exchange, "1", "south")]).toEqual([7, 1])
})

test("R-STK-1: a file that names one of several warehouses of a branch changes only that one, also after a restart", async () => {
  const both = { warehouses: { w1: "north", w2: "north" } }
  const exchange = await withGoods(both)
  const send = (hub: ExchangeHub, content: string, hour: string): Promise<string> =>
    hub.send("offers0_1.xml", offersOf([offer("1", content)], "", `2026-11-20T${hour}:00:00`))
  await send(exchange, stockAt("w1", "5") + stockAt("w2", "3"), "09")
  expect(levelOf(exchange, "1", "north")).toBe(8)
  await send(exchange, stockAt("w2", "1"), "10")
  expect(levelOf(exchange, "1", "north")).toBe(6)
  await send(exchange, stockAt("w1", "0"), "11")
  expect(levelOf(exchange, "1", "north")).toBe(1)
  await exchange.close()
  const restarted = await openExchange(both, { folder: exchange.folder })
  await restarted.send("import0_1.xml", goodsOf(item("1")))
  await send(restarted, stockAt("w1", "4"), "12")
  expect(levelOf(restarted, "1", "north")).toBe(5)
})

test("R-STK-1: a product whose link a killed import left behind is made before its rows, in one file with them", async () => {
  const exchange = await openExchange(MAPPED)
  await exchange.hub.run(exchange.storage.catalogue.putLinks([
    { connection: "1c", kind: "product", externalId: "1", id: ProductId.make("1") }
  ]))
  const goods = `<Каталог><Ид>1</Ид><Товары>${item("1")}</Товары></Каталог>`
  const offers = `<ПакетПредложений><Предложения>${offer("1", stockAt("w1", "7"))}</Предложения></ПакетПредложений>`
  expect(await exchange.send("import0_1.xml", documentOf(goods + offers))).toBe("success")
  expect(levelOf(exchange, "1", "north")).toBe(7)
  expect((await exchange.lastRun()).counts).toMatchObject({ products: 1, parked: 0 })
})

test("R-STK-1: stock that a file does not name stays; an explicit 0 takes it away (D3)", async () => {
  const exchange = await withGoods()
  await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "5") + stockAt("w2", "2"))], "", "2026-11-20T10:00:00"))
  await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "0"))], "", "2026-11-20T11:00:00"))
  expect([levelOf(exchange, "1", "north"), levelOf(exchange, "1", "south")]).toEqual([0, 2])
  expect((await exchange.lastRun()).counts).toMatchObject({ gone: 1, changed: 0 })
})

const priced = (type: string, content: string): string =>
  `<Цены><Цена><ИдТипаЦены>${type}</ИдТипаЦены>${content}</Цена></Цены>`

test("R-STK-1: prices: a pack is divided, larger amounts do not count, 0 is no price, other currencies are rejected", async () => {
  const exchange = await withGoods()
  await exchange.send("prices.xml", offersOf([
    offer("1", priced("retail1c", "<ЦенаЗаЕдиницу>100</ЦенаЗаЕдиницу><Валюта>тнг</Валюта><Коэффициент>10</Коэффициент>")),
    offer("2", priced("retail1c", "<ЦенаЗаЕдиницу>70</ЦенаЗаЕдиницу><Валюта>KZT</Валюта><МинКоличество>5</МинКоличество>"))
  ]))
  expect([priceOf(exchange, "1"), priceOf(exchange, "2")]).toEqual([1_000, null])
  await exchange.send("prices.xml", offersOf([offer("1", priceAt("retail1c", "0")), offer("2", priceAt("retail1c", "5", "руб"))], "", "2026-11-20T11:00:00"))
  expect([priceOf(exchange, "1"), priceOf(exchange, "2")]).toEqual([null, null])
  const { counts, rejects } = await exchange.lastRun()
  expect([counts.rejected, rejects]).toEqual([1, [{ line: 5, reason: "Цена в валюте RUB, а цены хаба в KZT: строка не принята." }]])
})

test("R-STK-1: `ДатаФормирования` is the base's wall clock; a future one or none is the session's start (D2)", async () => {
  const exchange = await withGoods()
  const statedAt = (): number => {
    const { image } = exchange.storage.stock
    return image.statedAt(image.productSlot("1" as never)!, image.branchSlot("north" as never)!)
  }
  await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "1"))], "", "2026-01-15T10:00:00"))
  // Almaty is five hours ahead of UTC.
  expect(new Date(statedAt()).toISOString()).toBe("2026-01-15T05:00:00.000Z")
  await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "2"))], "", "2026-01-15T10:00:00+03:00"))
  expect(new Date(statedAt()).toISOString()).toBe("2026-01-15T07:00:00.000Z")
  for (const formedAt of ["2099-01-01T00:00:00", "вчера", "2026-02-31T00:00:00", ""]) {
    const before = Math.floor(Date.now() / 1000) * 1000
    await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "3"))], "", formedAt))
    expect(statedAt()).toBeGreaterThanOrEqual(before)
    expect(statedAt()).toBeLessThanOrEqual(Date.now())
  }
})

test("R-STK-1: with `autoCreate` warehouses become branches by name and the first price type is `retail`, for good", async () => {
  const exchange = await openExchange({ autoCreate: true })
  const head = "<ТипыЦен><ТипЦены><Ид>a</Ид><Наименование>Розничная</Наименование></ТипЦены><ТипЦены><Ид>b</Ид><Наименование>Опт</Наименование></ТипЦены></ТипыЦен>" +
    "<Склады><Склад><Ид>w1</Ид><Наименование>Аптека на Абая</Наименование></Склад></Склады>"
  await exchange.send("import0_1.xml", goodsOf(item("1")))
  await exchange.send("offers0_1.xml", offersOf([offer("1", priceAt("b", "5") + priceAt("a", "10") + stockAt("w1", "3") + stockAt("w2", "4"))], head))
  expect([levelOf(exchange, "1", "w1"), levelOf(exchange, "1", "w2"), priceOf(exchange, "1")]).toEqual([3, 4, 1_000])
  expect(exchange.hub.network.branches().map(({ name }) => name)).toEqual(expect.arrayContaining(["Аптека на Абая", "Склад 1С w2"]))
  await exchange.send("offers0_1.xml", offersOf([offer("1", priceAt("b", "6"))], "", "2026-11-20T11:00:00"))
  expect([priceOf(exchange, "1"), (await exchange.lastRun()).counts.parked]).toEqual([1_000, 1])
})

test("R-STK-1: a mapping to a branch that does not exist keeps the rows", async () => {
  const exchange = await withGoods({ warehouses: { w1: "nowhere" } })
  await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "1"))]))
  expect((await exchange.lastRun()).counts).toMatchObject({ new: 0, parked: 1 })
})

test("R-STK-1: other products, and an empty document, are left alone", async () => {
  const exchange = await withGoods()
  await exchange.hub.catalogue.upsert([newProduct(ProductId.make("other"), "Другой")])
  expect(await exchange.send("offers0_1.xml", documentOf(""))).toBe("success")
  expect((await exchange.lastRun()).counts).toMatchObject({ new: 0, products: 0, parked: 0, rejected: 0 })
})

test("R-ORD-6: with `autoCreate` the branches of a base that takes orders sell in 1C, others at their register (D9)", async () => {
  const sourceWith = async (config: Parameters<typeof openExchange>[0]) => {
    const exchange = await openExchange({ autoCreate: true, ...config })
    await exchange.send("rests.xml", offersOf([offer("1", stockAt("w1", "1"))]))
    return exchange.hub.network.branches().find((branch) => branch.id === "w1")?.saleSource
  }
  expect([await sourceWith({}), await sourceWith({ orders: {} })]).toEqual(["register", "erp"])
})
