import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { BranchId, type FulfilmentStatus, type SyncRun, type PartFact } from "@aptekit/core"
import { makeOrder, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"
import { readDocuments } from "../../src/documents/read.ts"
import { XmlError } from "../../src/xml/error.ts"
import { below, randomFrom } from "../support/random.ts"
import { newFolder, openSale, type Sale } from "./desk-of.ts"
import { FakeLane, GUIDS } from "./lane.ts"

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const requisites = (pairs: Readonly<Record<string, string>>): string =>
  `<ЗначенияРеквизитов>${Object.entries(pairs).map(([name, value]) =>
    `<ЗначениеРеквизита><Наименование>${name}</Наименование><Значение>${value}</Значение></ЗначениеРеквизита>`).join("")}</ЗначенияРеквизитов>`

const goods = (id: string, quantity: string, more = ""): string =>
  `<Товар><Ид>${id}</Ид><Наименование>Н</Наименование><ЦенаЗаЕдиницу>490.0</ЦенаЗаЕдиницу><Количество>${quantity}</Количество><Сумма/>${more}</Товар>`

const ASPIRIN = goods(GUIDS["aspirin"]!, "1")

interface Draft {
  readonly number?: string | null
  readonly id?: string | null
  readonly pairs?: Readonly<Record<string, string>>
  readonly goods?: string
  readonly operation?: string
}

const documentOf = ({ number = "1001-1", id = "doc-1", pairs = {}, goods = ASPIRIN, operation = "Заказ товара" }: Draft = {}): string =>
  `<Документ>${id === null ? "" : `<Ид>${id}</Ид>`}${number === null ? "" : `<Номер>${number}</Номер>`}` +
  `<ХозОперация>${operation}</ХозОперация><Валюта>KZT</Валюта><Товары>${goods}</Товары>${requisites(pairs)}</Документ>`

const fileOf = (...documents: ReadonlyArray<string>): string =>
  `\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.07">\n${documents.join("\n")}\n</КоммерческаяИнформация>`

const laneOf = (status: FulfilmentStatus = "assigned"): FakeLane => {
  const lane = new FakeLane()
  lane.put(makeOrder({ n: 1, status }))
  return lane
}

const send = (sale: Sale, content: string | Uint8Array): Promise<SyncRun> => {
  const path = join(newFolder(), "orders.xml")
  writeFileSync(path, content)
  const file = { path, name: "orders.xml", sessionStartedAt: TEST_NOW }
  return sale.importer.run(file, { signal: new AbortController().signal, progress: () => undefined })
}

const factOf = async (draft: Draft, config = {}, status: FulfilmentStatus = "assigned"): Promise<PartFact | undefined> => {
  const lane = laneOf(status)
  await send(await openSale(lane, config), fileOf(documentOf(draft)))
  return lane.taken[0]
}

describe("R-ORD-6: the state of a document that comes back", () => {
  const CASES: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, PartFact["state"], object?, FulfilmentStatus?]> = [
    ["УТ, loaded only", { ПометкаУдаления: "false", Проведен: "false" }, "none"],
    ["УТ, posted", { ПометкаУдаления: "false", Проведен: "true" }, "accepted"],
    ["УТ, shipped", { Проведен: "true", "Дата отгрузки по 1С": "2026-11-20T09:00:00" }, "sold"],
    ["УТ, shipped, goods only packed", { Проведен: "true", "Дата отгрузки по 1С": "2026-11-20T09:00:00" }, "assembled", { shipped: "assembled" }],
    ["УТ, an empty date is no date", { Проведен: "true", "Дата отгрузки по 1С": "0001-01-01T00:00:00" }, "accepted"],
    ["УТ, cancelled", { Проведен: "true", Отменен: "true" }, "cancelled"],
    ["УТ, marked for deletion", { ПометкаУдаления: "true", "Дата отгрузки по 1С": "2026-11-20T09:00:00" }, "cancelled"],
    ["УНФ, flags without a status", { Оплачен: "true", Отгружен: "true" }, "sold"],
    ["УНФ, not shipped", { Оплачен: "true", Отгружен: "false" }, "none"],
    ["УНФ, its own status by name", { "Статус заказа": "В работе" }, "accepted", { statuses: { "в работе": "accepted" } }],
    ["УНФ, its own status by id, written without grammar", { "Статуса заказа ИД": "7" }, "assembled", { statuses: { 7: "assembled" } }],
    ["УНФ, id as in newer versions", { "Статус заказа (ИД)": "7" }, "assembled", { statuses: { 7: "assembled" } }],
    ["Битрикс, confirmed", { СтатусЗаказа: "Подтвержден" }, "accepted"],
    ["Битрикс, shipped", { СтатусЗаказа: "Отгружен" }, "sold"],
    ["Битрикс, cancelled, with ё", { СтатусЗаказа: "Отменён" }, "cancelled"],
    ["Битрикс, delivered", { СтатусЗаказа: "Доставлен" }, "sold"],
    ["Битрикс, its status wins over the echo of ours", { "Статус заказа": "Новый", СтатусЗаказа: "Отгружен" }, "sold"],
    ["our own status comes back", { "Статус заказа": "Новый" }, "none"],
    ["an older status of ours comes back", { "Статус заказа": "Новый" }, "none", {}, "assembled"],
    ["our words, but not yet ours", { "Статус заказа": "Отменен" }, "cancelled"],
    ["a mapped status may be without meaning", { СтатусЗаказа: "Черновик" }, "none", { statuses: { Черновик: "ignore" } }],
    ["the furthest counts", { СтатусЗаказа: "Подтвержден", Проведен: "true", "Дата отгрузки по 1С": "2026-11-20T09:00:00" }, "sold"]
  ]
  test.for(CASES)("%s", async ([, pairs, state, config = {}, status = "assigned"]) => {
    expect((await factOf({ pairs }, config, status))?.state).toBe(state)
  })
})

test("R-ORD-6: an unknown status is a visible remark with its text; an echo is not", async () => {
  const lane = laneOf()
  const run = await send(await openSale(lane), fileOf(
    documentOf({ pairs: { СтатусЗаказа: "Ждём курьера" } }),
    documentOf({ pairs: { "Статус заказа": "Новый" } })
  ))
  expect(run.rejects.map(({ reason }) => reason)).toEqual([
    "заказ 1001-1: неизвестный статус «Ждём курьера»: укажите в настройках соединения (orders.statuses), что он значит."
  ])
  expect(run.counts).toMatchObject({ changed: 2, rejected: -1 })
})

test("R-ORD-6: what is handed on: number, time in the base's zone, lines by GUID", async () => {
  const fact = await factOf({ pairs: { Проведен: "true", "Дата отгрузки по 1С": "2026-11-20T09:00:00", "Номер по 1С": "СА-1" } })
  expect(fact).toEqual({
    number: "1001-1",
    documentId: null,
    at: Date.parse("2026-11-20T09:00:00+05:00"),
    state: "sold",
    lines: [{ productId: "aspirin", quantity: 1, priceMinor: 49_000 }],
    reason: null
  })
  expect((await factOf({ pairs: { Отменен: "true", "Номер по 1С": "СА-1" } }))?.reason).toBe("cancelled in 1C, document СА-1")
})

describe("R-ORD-6: lines", () => {
  const linesOf = async (goods: string) => (await factOf({ goods }))?.lines?.map(({ productId, quantity }) => [productId, quantity])

  test("removed and cut ones are there to be compared", async () => {
    expect(await linesOf("")).toEqual([])
    expect(await linesOf(goods(GUIDS["aspirin"]!, "0"))).toEqual([["aspirin", 0]])
  })
  test("goods that someone added in 1C are found by their id, delivery is none", async () => {
    const more = goods("ORDER_DELIVERY", "1") + goods("s", "1", requisites({ ТипНоменклатуры: "Услуга" }))
    expect(await linesOf(ASPIRIN + goods(GUIDS["ibuprofen"]!, "2") + more)).toEqual([["aspirin", 1], ["ibuprofen", 2]])
  })
  test("a numeric id, words as tax and an empty sum are put up with (fact 64)", async () => {
    const tax = "<Артикул>А-1</Артикул><СтавкиНалогов><СтавкаНалога><Ставка>Без налога</Ставка></СтавкаНалога></СтавкиНалогов>"
    expect(await linesOf(goods("4711", "3.000", tax))).toEqual([["aspirin", 3]])
  })
  test("the same goods twice are one line", async () => {
    expect(await linesOf(ASPIRIN + ASPIRIN)).toEqual([["aspirin", 2]])
  })
  test("D6: a line in packs is converted by its factor, price and quantity; a fraction of a unit is cut and told", async () => {
    const lane = laneOf()
    const inPacks = goods(GUIDS["aspirin"]!, "1.5", "<Единица>778</Единица><Коэффициент>10</Коэффициент>")
    const inParts = goods(GUIDS["ibuprofen"]!, "7", "<Единица>таб</Единица><Коэффициент>0.5</Коэффициент>")
    const run = await send(await openSale(lane), fileOf(documentOf({ goods: inPacks + inParts })))
    expect(lane.taken[0]?.lines).toEqual([
      { productId: "aspirin", quantity: 15, priceMinor: 4_900 }, { productId: "ibuprofen", quantity: 3, priceMinor: 98_000 }
    ])
    expect(run.rejects.map(({ reason }) => reason)).toEqual([
      "заказ 1001-1: строка заказа «Н»: дробное количество 3.5: учтено целых единиц 3."
    ])
  })
  test("D6: a factor that is none: nothing is compared, and it is said; an empty one is one", async () => {
    const lane = laneOf()
    const run = await send(await openSale(lane), fileOf(documentOf({ goods: goods(GUIDS["aspirin"]!, "1", "<Коэффициент>0</Коэффициент>") })))
    expect(lane.taken[0]?.lines).toBeNull()
    expect(run.rejects.map(({ reason }) => reason)).toEqual([expect.stringContaining("коэффициент единицы не прочитан")])
    expect(await linesOf(goods(GUIDS["aspirin"]!, "2", "<Коэффициент/>"))).toEqual([["aspirin", 2]])
  })
  test("goods that nobody knows: nothing is compared, and it is said", async () => {
    const lane = laneOf()
    const run = await send(await openSale(lane), fileOf(documentOf({ goods: goods("4711", "1") })))
    expect(lane.taken[0]?.lines).toBeNull()
    expect(run.rejects.map(({ reason }) => reason)).toEqual(["заказ 1001-1: строка заказа «Н»: Ид не связан с товаром хаба."])
  })
})

describe("R-ORD-6: matching", () => {
  test("by the number, without an id too", async () => {
    expect((await factOf({ id: null, pairs: { Проведен: "true" } }))?.number).toBe("1001-1")
  })
  test("by our id, or the one 1C gave before, where the number is not ours", async () => {
    const lane = laneOf()
    const sale = await openSale(lane)
    await sale.documents("s1")
    const ours = [...lane.orders.values()][0]!.fulfilments[0]!.id
    await send(sale, fileOf(documentOf({ number: null, id: ours })))
    await send(sale, fileOf(documentOf({ id: "doc-9" })))
    await send(sale, fileOf(documentOf({ number: "СА-000101", id: "doc-9" })))
    expect(lane.taken.map(({ number }) => number)).toEqual(["1001-1", "1001-1", "1001-1"])
  })
  test("an order that is not ours is said and left", async () => {
    const lane = laneOf()
    const run = await send(await openSale(lane), fileOf(documentOf({ number: "77", pairs: { Проведен: "true" } })))
    expect(lane.taken).toEqual([])
    expect(run.rejects[0]?.reason).toBe("заказ 77: у хаба нет такого заказа в филиалах этого соединения.")
  })
  test("payments and shipments of the exchange are no orders", async () => {
    const lane = laneOf()
    const run = await send(await openSale(lane), fileOf(documentOf({ operation: "Отпуск товара" })))
    expect([lane.taken, run.rejects]).toEqual([[], []])
  })
})

describe("R-ORD-6: an order that we cancelled (R8)", () => {
  const cancelled = async (pairs: Readonly<Record<string, string>>): Promise<FakeLane> => {
    const lane = laneOf("cancelled")
    await send(await openSale(lane), fileOf(documentOf({ pairs })))
    return lane
  }
  test("and 1C approved: a person must cancel it there", async () => {
    const lane = await cancelled({ Проведен: "true", "Номер по 1С": "СА-1" })
    expect(lane.cases).toEqual([[expect.any(String), "needsErpAction", expect.stringMatching(/согласован.+СА-1/u)]])
    expect(lane.taken).toEqual([])
  })
  test("and 1C has not approved: nothing, it is on its way", async () => {
    const lane = await cancelled({ Проведен: "false" })
    expect([lane.cases, lane.taken]).toEqual([[], []])
  })
  test("and 1C cancelled: what was asked of a person is done", async () => {
    expect((await cancelled({ Отменен: "true" })).resolvedCases).toEqual([[expect.any(String), "needsErpAction"]])
  })
  test("and 1C sold: that is a fact", async () => {
    expect((await cancelled({ Отгружен: "true" })).taken.map(({ state }) => state)).toEqual(["sold"])
  })
  test("the same for a part that went elsewhere", async () => {
    const lane = laneOf("accepted")
    const order = [...lane.orders.values()][0]!
    lane.left.set(order.id, [{ ...order.fulfilments[0]!, branchId: BranchId.make("elsewhere") }])
    await send(await openSale(lane), fileOf(documentOf({ pairs: { Проведен: "true" } })))
    expect(lane.cases).toHaveLength(1)
  })
})

test("R-ORD-6: approval that a document told stops the cancellation from being enough", async () => {
  const lane = laneOf()
  const sale = await openSale(lane)
  await sale.documents("s1")
  await sale.desk.success("s1")
  await send(sale, fileOf(documentOf({ pairs: { Проведен: "true" } })))
  const order = [...lane.orders.values()][0]!
  lane.put({ ...order, fulfilments: [{ ...order.fulfilments[0]!, status: "cancelled" }] })
  await sale.documents("s2")
  expect(lane.cases.map(([, reason]) => reason)).toEqual(["needsErpAction"])
})

describe("R-ORD-6: a part that 1C ends", () => {
  const told = async (lane: FakeLane): Promise<Sale> => {
    const sale = await openSale(lane)
    await sale.documents("s1")
    await sale.desk.success("s1")
    return sale
  }
  const ended = (sale: Sale): ReadonlyArray<number | null> => [...sale.ledger.parts.values()].map(({ ended }) => ended)
  test.for([["closed", { Отгружен: "true" }], ["cancelled", { Отменен: "true" }]] as const)(
    "is remembered for a while only, as the hub tells it no news of what it said itself: %s",
    async ([status, pairs]) => {
      const lane = laneOf()
      const sale = await told(lane)
      expect(ended(sale)).toEqual([null])
      lane.onFact = (order) => ({ ...order, fulfilments: order.fulfilments.map((part) => ({ ...part, status })) })
      await send(sale, fileOf(documentOf({ pairs })))
      expect(ended(sale)).toEqual([TEST_NOW])
      // Without our number, as 1C may send it once more.
      await send(sale, fileOf(documentOf({ number: "СА-000101", pairs: { ...pairs, Проведен: "true" } })))
      expect(lane.taken.at(-1)?.number ?? null).toBe("1001-1")
    }
  )
  test("is not over while only some of it is sold, or it is on its way", async () => {
    const lane = laneOf()
    const sale = await told(lane)
    lane.onFact = (order) => ({ ...order, fulfilments: order.fulfilments.map((part) => ({ ...part, status: "delivering" })) })
    await send(sale, fileOf(documentOf({ pairs: { Отгружен: "true" } })))
    expect(ended(sale)).toEqual([null])
  })
})

describe("R-ORD-6: one broken document does not lose the file (fact 61)", () => {
  const two = documentOf({ id: "a" })
  const damaged: ReadonlyArray<readonly [string, string, number]> = [
    ["an unescaped ampersand", documentOf({ pairs: { Комментарий: "A & B" } }), 2],
    ["a tag that does not fit", documentOf().replace("</Товары>", "</Товар>"), 2],
    ["a control character", documentOf({ pairs: { Комментарий: "\u0001" } }), 2],
    ["no end tag", documentOf().replace("</Документ>", ""), 2],
    ["cut in the middle", documentOf().slice(0, 90), 2]
  ]
  test.for(damaged)("%s", ([, bad, good]) => {
    const { documents, broken } = readDocuments(bytesOf(fileOf(two, bad, two)))
    expect([documents.map(({ id }) => id), broken.length]).toEqual([Array.from({ length: good }, () => "a"), 1])
    expect(broken[0]?.reason).toMatch(/^Документ в строках с 4-й испорчен, строка [45]: ./u)
  })
  test("bytes that are no UTF-8", () => {
    const text = fileOf(two, documentOf({ pairs: { Комментарий: "Ж" } }), two)
    const bytes = Uint8Array.from(Buffer.from(text, "utf8"))
    bytes[Buffer.from(text.slice(0, text.indexOf("<Значение>Ж") + 11), "utf8").length - 1] = 0xff
    const { documents, broken } = readDocuments(bytes)
    expect([documents.length, broken.length]).toEqual([2, 1])
  })
  test("a file that ends too early keeps what is whole", () => {
    const { documents, broken } = readDocuments(bytesOf(fileOf(two, two).slice(0, -30)))
    expect([documents.length, broken.length]).toEqual([1, 1])
  })
  test("what is broken around the documents is said", () => {
    const { documents, broken } = readDocuments(bytesOf(`${fileOf(two)}<oops`))
    expect([documents.length, broken.length]).toEqual([1, 1])
  })
  test("in windows-1251", () => {
    const table = new Map(Array.from({ length: 256 }, (_, i) => [new TextDecoder("windows-1251").decode(Uint8Array.of(i)), i]))
    const text = fileOf(two, documentOf({ pairs: { Комментарий: "A & B" } })).slice(1).replace("UTF-8", "windows-1251")
    const { documents, broken } = readDocuments(Uint8Array.from(Array.from(text), (letter) => table.get(letter)!))
    expect([documents.map(({ number }) => number), broken.length]).toEqual([["1001-1"], 1])
  })
  test("reaches the run: applied ones count, the broken one is named with its line", async () => {
    const lane = laneOf()
    const run = await send(await openSale(lane), fileOf(documentOf({ pairs: { Проведен: "true" } }), documentOf({ pairs: { К: "&" } })))
    expect([run.state, run.counts.changed, run.rejects.map(({ line }) => line), run.counts.rejected]).toEqual(["done", 1, [4], -0])
  })
  test("a file without a single document that is whole is refused, and nothing changes", async () => {
    const sale = await openSale(laneOf())
    await expect(send(sale, "<КоммерческаяИнформация><Документ>")).rejects.toMatchObject({ code: "file-bad" })
    expect(sale.runs.ended[0]).toMatchObject({ state: "failed", error: expect.stringMatching(/^Файл «orders\.xml» не загружен/u) })
  })
  test("containers of 3.1 hold documents too", () => {
    expect(readDocuments(bytesOf(fileOf(`<Контейнер>${two}</Контейнер>`, `<Контейнер>${two}</Контейнер>`))).documents).toHaveLength(2)
  })
})

test("R-ORD-6: a large file is read document by document, and other work goes on meanwhile", async () => {
  const lane = laneOf()
  const sale = await openSale(lane)
  const filler = `<Комментарий>${"текст ".repeat(100)}</Комментарий>`
  const bad = documentOf({ pairs: { К: "&" } })
  const many = Array.from({ length: 2_000 }, (_, i) => (i === 1_000 ? bad : documentOf().replace("<Товары>", `${filler}<Товары>`)))
  let turns = 0
  const ticking = setInterval(() => void turns++, 1)
  const run = await send(sale, fileOf(...many))
  clearInterval(ticking)
  expect([lane.taken.length, run.state, run.rejects.map(({ line }) => line)]).toEqual([1_999, "done", [1_003]])
  expect(turns).toBeGreaterThan(10)
})

test("R-ORD-6: a large file without a document is refused", async () => {
  const sale = await openSale(laneOf())
  await expect(send(sale, fileOf("<a>" + "x".repeat(600_000) + "</a>"))).rejects.toMatchObject({ code: "file-bad" })
})

test("R-ORD-6: whatever becomes of the bytes, documents are read or the file is refused with a line", () => {
  const whole = bytesOf(fileOf(documentOf({ id: "a", pairs: { Проведен: "true" } }), documentOf({ id: "b" })))
  const random = randomFrom(5)
  for (let round = 0; round < 600; round++) {
    const bytes = whole.slice(0, random() < 0.3 ? below(random, whole.length) : whole.length)
    for (let flips = below(random, 4); flips > 0; flips--) bytes[below(random, bytes.length)] = below(random, 256)
    try {
      const { documents, broken } = readDocuments(bytes)
      expect(documents.length + broken.length).toBeGreaterThanOrEqual(documents.length === 2 ? 2 : 1)
    } catch (error) {
      expect(error).toBeInstanceOf(XmlError)
      expect((error as XmlError).message).toMatch(/^Строка \d+/u)
    }
  }
})

const UT11 = "/work/shared/data/1c/commerceml/2.07-orders-back-ut11/orders.xml"

test.skipIf(!existsSync(UT11))("R-ORD-6: the sample of УТ 11: unchanged, cut, shipped, cancelled", () => {
  const { documents } = readDocuments(readFileSync(UT11))
  expect(documents.map(({ number, lines }) => [number, lines.map(({ quantity }) => quantity)])).toEqual([
    ["11", ["2", "1"]], ["12", ["1"]], ["13", ["2"]], ["14", ["1"]]
  ])
  expect(documents[2]!.requisites.get("дата отгрузки по 1с")).toBe("2026-11-20T09:00:00")
})

test("R-ORD-6: the same file again says the same", async () => {
  const lane = laneOf()
  const sale = await openSale(lane)
  await send(sale, fileOf(documentOf({ pairs: { Проведен: "true" } })))
  lane.outcome = "known"
  const run = await send(sale, fileOf(documentOf({ pairs: { Проведен: "true" } })))
  expect(run.counts).toMatchObject({ changed: 0, unchanged: 1, parked: 0 })
  expect(lane.taken[1]).toEqual(lane.taken[0])
})

test.for([
  ["the date of the order in 1C is not when it was sold", { Отгружен: "true", "Дата по 1С": "2025-11-01T18:31:00" }, null],
  ["a date without a time is the end of that day", { "Дата отгрузки по 1С": "2025-11-01" }, "2025-11-01T23:59:59+05:00"],
  ["so is a midnight", { "Дата отгрузки по 1С": "2025-11-01T00:00:00" }, "2025-11-01T23:59:59+05:00"],
  ["but it is never later than the exchange", { "Дата отгрузки по 1С": "2099-11-01" }, TEST_NOW]
] as const)("R-ORD-6, D1: %s: a sale that is dated too early would leave sold goods on the shelf", async ([, pairs, at]) => {
  const fact = await factOf({ pairs: { Проведен: "true", ...pairs } })
  expect(fact).toMatchObject({ state: "sold", at: typeof at === "string" ? Date.parse(at) : at })
})
