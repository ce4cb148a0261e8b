import { type Description, type Product, ProductId } from "@aptekit/core"
import { expect, test } from "vitest"
import { documentOf, type ExchangeHub, goodsOf, item, levelOf, offer, offersOf, openExchange, priceAt, priceOf, stockAt } from "./hub.ts"

const productOf = async ({ hub, storage }: ExchangeHub, id: string): Promise<Product> =>
  (await hub.run(storage.catalogue.byIds([ProductId.make(id)])))[0]!
const textOf = async ({ hub, storage }: ExchangeHub, id: string): Promise<Description | undefined> =>
  (await hub.run(storage.catalogue.descriptions([ProductId.make(id)]))).get(ProductId.make(id))
const send = async (exchange: ExchangeHub, content: string, name = "import0_1.xml"): Promise<void> =>
  expect(await exchange.send(name, content)).toBe("success")
const told = async (exchange: ExchangeHub) => (await exchange.lastRun()).rejects

const goods = (id: string, more: string): string => item(id, `<Наименование>Товар ${id}</Наименование>${more}`)
const taxed = (...rates: ReadonlyArray<readonly [string, string]>): string =>
  `<СтавкиНалогов>${rates.map(([name, rate]) => `<СтавкаНалога><Наименование>${name}</Наименование><Ставка>${rate}</Ставка></СтавкаНалога>`).join("")}</СтавкиНалогов>`
const conversion = (unit: string, factor: string): string =>
  `<Пересчет><Единица>${unit}</Единица><Коэффициент>${factor}</Коэффициент></Пересчет>`
const unit = (code: string, name: string, conversions = ""): string =>
  `<БазоваяЕдиница Код="${code}" НаименованиеПолное="${name}">${conversions}</БазоваяЕдиница>`
const described = (text: string): string => `<Описание>${text}</Описание>`

test("R-STK-1: VAT of 1C is a percent or exempt; what is not understood is told once and changes nothing", async () => {
  const exchange = await openExchange()
  const rates = [
    ["20", 20], ["НДС12", 12], ["5%", 5], ["16.00", 16], ["0", 0], ["Без налога", "exempt"], ["БезНДС", "exempt"], ["", null]
  ] as const
  await send(exchange, goodsOf(
    ...rates.map(([rate], i) => goods(`r${i}`, taxed(["НДС", rate]))),
    goods("two", taxed(["Акциз", "7"], ["НДС", "10"])), goods("none", "")
  ))
  for (const [i, [, vat]] of rates.entries()) expect([i, (await productOf(exchange, `r${i}`)).vat]).toEqual([i, vat])
  expect([(await productOf(exchange, "two")).vat, (await productOf(exchange, "none")).vat]).toEqual([10, null])
  expect(await told(exchange)).toEqual([])
  await send(exchange, goodsOf(goods("two", taxed(["НДС", "20/120"])), goods("r0", taxed(["НДС", "101"]))))
  expect([(await productOf(exchange, "two")).vat, (await productOf(exchange, "r0")).vat]).toEqual([10, 20])
  const { counts, rejects } = await exchange.lastRun()
  expect([counts.products, counts.rejected, rejects]).toEqual([0, 0, [{ line: 4, reason: "Ставка НДС не понята и не учтена. Товаров: 2." }]])
})

test("R-STK-1: unit and pack: the smallest whole factor above 1; other factors are told, a list without one takes the pack away", async () => {
  const exchange = await openExchange()
  await send(exchange, goodsOf(
    goods("1", unit("796 ", "Штука", conversion("796", "1") + conversion("812", "100") + conversion("778", "10"))),
    goods("2", unit("166", "Килограмм", conversion("мешок", "2,5"))),
    goods("3", "<БазоваяЕдиница>778</БазоваяЕдиница>"),
    goods("4", '<БазоваяЕдиница Код="796">шт</БазоваяЕдиница>')
  ))
  expect(await productOf(exchange, "1")).toMatchObject({ unit: { code: "796", name: "Штука" }, pack: { code: "778", name: "упак", units: 10 } })
  expect(await productOf(exchange, "2")).toMatchObject({ unit: { code: "166", name: "Килограмм" }, pack: null })
  expect((await productOf(exchange, "3")).unit).toEqual({ code: "778", name: "упак" })
  expect((await productOf(exchange, "4")).unit).toEqual({ code: "796", name: "шт" })
  expect(await told(exchange)).toEqual([{ line: 5, reason: expect.stringContaining("не из целых чисел от 2 не учтена. Товаров: 1.") }])
  await send(exchange, goodsOf(goods("1", unit("796", "Штука"))))
  expect((await productOf(exchange, "1")).pack).toMatchObject({ units: 10 })
  await send(exchange, goodsOf(goods("1", unit("796", "Штука", conversion("796", "1")))))
  expect((await productOf(exchange, "1")).pack).toBeNull()
})

test("R-STK-1: a unit of 3.1 has the name of its classifier", async () => {
  const exchange = await openExchange()
  const units = "<ЕдиницыИзмерения><ЕдиницаИзмерения><Ид>9</Ид><НаименованиеКраткое>блист</НаименованиеКраткое></ЕдиницаИзмерения></ЕдиницыИзмерения>"
  await send(exchange, documentOf(`<Классификатор><Ид>1</Ид>${units}</Классификатор><Каталог><Ид>1</Ид><Товары>${
    goods("1", "<БазоваяЕдиница>9</БазоваяЕдиница>")}</Товары></Каталог>`))
  expect((await productOf(exchange, "1")).unit).toEqual({ code: "9", name: "блист" })
})

const PACKED = goods("1", unit("796", "Штука", conversion("778", "10")))

test("D6: what an offer counts in packs is converted by the factor, price and stock; a fraction of a unit is cut and told", async () => {
  const exchange = await openExchange({ warehouses: { w1: "north", w2: "south" }, prices: { t: "retail" } })
  await send(exchange, goodsOf(PACKED))
  const inPacks = offer("1", unit("778", "Упаковка") + priceAt("t", "120.50") + stockAt("w1", "2.5") + stockAt("w2", "1.234"))
  await send(exchange, offersOf([inPacks]), "offers0_1.xml")
  expect([levelOf(exchange, "1", "north"), levelOf(exchange, "1", "south"), priceOf(exchange, "1")]).toEqual([25, 12, 1_205])
  expect(await told(exchange)).toEqual([{ line: 4, reason: "Дробный остаток 12.34: учтено целых единиц 12." }])
  // The next file counts in pieces again.
  await send(exchange, offersOf([offer("1", priceAt("t", "12") + stockAt("w1", "7"))], "", "2026-11-20T09:16:00"), "offers0_1.xml")
  expect([levelOf(exchange, "1", "north"), priceOf(exchange, "1")]).toEqual([7, 1_200])
})

test("D6: the factor outlives a restart; a unit without a factor is told, its quantity counts as it is", async () => {
  const first = await openExchange()
  await send(first, goodsOf(PACKED))
  await first.close()
  const exchange = await openExchange({ warehouses: { w1: "north" } }, { folder: first.folder })
  await send(exchange, goodsOf(item("1"), item("1#x"), item("2")))
  await send(exchange, offersOf([
    offer("1", unit("812", "Ящик") + stockAt("w1", "3")), offer("1#x", unit("778", "Упаковка") + stockAt("w1", "4"))
  ]), "offers0_1.xml")
  expect([levelOf(exchange, "1", "north"), levelOf(exchange, "1#x", "north")]).toEqual([3, 40])
  expect(await told(exchange)).toEqual([{ line: 4, reason: expect.stringContaining("пересчёта нет: количество учтено как есть. Предложений: 1.") }])
})

test("R-STK-1: a description is taken; empty or left out it stays; hand-made Kazakh and English texts stay", async () => {
  const exchange = await openExchange()
  await send(exchange, goodsOf(goods("1", described("От боли &amp; жара.\nДва слова")), goods("2", "")))
  expect(await textOf(exchange, "1")).toEqual({ ru: "От боли & жара.\nДва слова", kk: null, en: null })
  expect(await textOf(exchange, "2")).toBeUndefined()
  const entered = { ru: "От боли & жара.\nДва слова", kk: "Ауырсынудан", en: "For pain" }
  await exchange.hub.catalogue.upsert([{ ...(await productOf(exchange, "1")), description: entered }])
  await send(exchange, goodsOf(goods("1", described("Новое")), goods("2", described("Второе"))))
  expect(await textOf(exchange, "1")).toEqual({ ...entered, ru: "Новое" })
  expect((await textOf(exchange, "2"))?.ru).toBe("Второе")
  expect((await exchange.lastRun()).counts.products).toBe(2)
  await send(exchange, goodsOf(goods("1", "<Описание/>"), goods("2", described("Второе"))))
  expect((await textOf(exchange, "1"))?.ru).toBe("Новое")
  expect((await exchange.lastRun()).counts.products).toBe(0)
})

test("R-STK-1: a description that is too long is rejected with its line, its product is taken", async () => {
  const exchange = await openExchange()
  await send(exchange, goodsOf(goods("1", described("я".repeat(20_001)) + taxed(["НДС", "5"]))))
  expect((await productOf(exchange, "1")).vat).toBe(5)
  expect(await textOf(exchange, "1")).toBeUndefined()
  expect(await told(exchange)).toEqual([{ line: 4, reason: expect.stringContaining("Описание длиннее 20000 знаков") }])
})

test("R-STK-1: what `keep` names, 1C sets once (complaint 12)", async () => {
  const exchange = await openExchange({ keep: ["vat", "unit", "group", "description", "groups"] })
  const all = (rate: string, code: string, factor: string, group: string, text: string): string => goodsOf(goods("1",
    taxed(["НДС", rate]) + unit(code, "Ед", conversion("778", factor)) + `<Группы><Ид>${group}</Ид></Группы>` + described(text)))
  await send(exchange, all("20", "796", "10", "g1", "Первое"))
  const first = await productOf(exchange, "1")
  expect(first).toMatchObject({ vat: 20, unit: { code: "796" }, pack: { units: 10 }, group: "g1" })
  await send(exchange, all("5", "166", "20", "g2", "Второе"))
  expect([await productOf(exchange, "1"), (await textOf(exchange, "1"))?.ru]).toEqual([first, "Первое"])
})

test("R-STK-1: a file that waits for a person counts a new description and changes none until it is released", async () => {
  const exchange = await openExchange({ review: true })
  const release = async () => exchange.hub.runs.release((await exchange.lastRun()).id, { kind: "operator", id: "x" })
  const name = "import0_1.xml"
  await exchange.send(name, goodsOf(goods("1", described("Первое"))))
  await release()
  expect(await exchange.send(name, goodsOf(goods("1", described("Второе"))))).toContain("остановлен")
  expect([(await textOf(exchange, "1"))?.ru, (await exchange.lastRun()).counts.products]).toEqual(["Первое", 1])
  await release()
  expect((await textOf(exchange, "1"))?.ru).toBe("Второе")
})

test("R-STK-1: characteristics have VAT, group and units of their goods, and follow them", async () => {
  const exchange = await openExchange()
  const card = taxed(["НДС", "10"]) + unit("796", "Штука", conversion("778", "6")) + "<Группы><Ид>g</Ид></Группы>"
  await send(exchange, goodsOf(goods("s", card)))
  await send(exchange, offersOf([offer("s#1", "<Наименование>S 1</Наименование>")]), "offers0_1.xml")
  expect(await productOf(exchange, "s#1")).toMatchObject({ vat: 10, group: "g", unit: { code: "796" }, pack: { units: 6 } })
  await exchange.hub.catalogue.upsert([{ ...(await productOf(exchange, "s#1")), vat: 5 }])
  // Their goods' move is theirs; what they have otherwise stays.
  await send(exchange, goodsOf(goods("s", card.replace("<Ид>g</Ид>", "<Ид>h</Ид>").replace("10<", "12<"))))
  expect(await productOf(exchange, "s#1")).toMatchObject({ vat: 5, group: "h" })
  expect((await exchange.lastRun()).counts.products).toBe(2)
})
