import { Storage } from "@aptekit/core"
import { Layer } from "effect"
import { expect, test } from "vitest"
import { documentOf, type ExchangeHub, item, levelOf, offer, offersOf, openExchange, stockAt } from "./hub.ts"

const CONFIG = { warehouses: { w1: "north" }, guard: { minimum: 20 } }
const PERSON = { kind: "operator", id: "boss" } as const
const THIRTY = Array.from({ length: 30 }, (_, i) => String(i))
const BEHIND = /Файл «import0_1\.xml» не выпущен, ничего не изменено: после него загружен более новый файл/u

/** `marked` of the goods bear the deletion mark. */
const goods = (title: string, marked = 0, ids = THIRTY): string =>
  documentOf(`<Каталог><Ид>1</Ид><Товары>${ids.map((id, i) =>
    item(id, `<Наименование>${title} ${id}</Наименование>${i < marked ? "<ПометкаУдаления>true</ПометкаУдаления>" : ""}`)
  ).join("")}</Товары></Каталог>`)

const group = (name: string): string =>
  documentOf(`<Классификатор><Ид>1</Ид><Наименование>К</Наименование><Группы><Группа><Ид>g</Ид><Наименование>${name}</Наименование></Группа></Группы></Классификатор>`)

const stock = (quantity: number, hour: string, ids = THIRTY): string =>
  offersOf(ids.map((id) => offer(id, stockAt("w1", String(quantity)))), "", `2026-11-20T${hour}:00:00`)

const named = async ({ hub }: ExchangeHub, title: string): Promise<number> =>
  (await hub.catalogue.search(title, 100)).items.filter(({ stopped }) => !stopped).length

/** Sends a file that is held. Gives its run. */
const hold = async (exchange: ExchangeHub, name: string, content: string): Promise<string> => {
  expect(await exchange.send(name, content)).toMatch(/^failure\n.*остановлен/u)
  return (await exchange.lastRun()).id
}
const releaseOf = async (exchange: ExchangeHub, name: string, content: string): Promise<void> =>
  void await exchange.hub.runs.release(await hold(exchange, name, content), PERSON)

const stateOf = async ({ runs }: ExchangeHub, run: string): Promise<string | undefined> =>
  (await runs()).find(({ id }) => id === run)?.state

test("R-STK-2: a held file is not released behind a newer one of its name: names and marks would go back; it stays held", async () => {
  const exchange = await openExchange(CONFIG)
  await exchange.send("import0_1.xml", goods("Старое"))
  const held = await hold(exchange, "import0_1.xml", goods("Старое", 25))
  expect(await exchange.send("import0_1.xml", goods("Новое"))).toBe("success")
  await expect(exchange.hub.runs.release(held, PERSON)).rejects.toThrow(BEHIND)
  await expect(exchange.hub.runs.release(held, PERSON)).rejects.toThrow(/товаров: 30, групп: 0.*A newer file/u)
  expect([await named(exchange, "Новое"), await named(exchange, "Старое")]).toEqual([30, 0])
  expect(await stateOf(exchange, held)).toBe("held")
  await exchange.hub.runs.discard(held, PERSON)
  expect(await exchange.send("import0_1.xml", goods("Новейшее"))).toBe("success")
  expect(await named(exchange, "Новейшее")).toBe(30)
})

test("R-STK-2: nor after a restart, nor where only groups would go back", async () => {
  const first = await openExchange({ ...CONFIG, review: true })
  await releaseOf(first, "import0_1.xml", group("Первая"))
  const held = await hold(first, "import0_1.xml", group("Вторая"))
  await releaseOf(first, "import0_1.xml", group("Третья"))
  await first.close()
  const after = await openExchange(CONFIG, { folder: first.folder, storage: Layer.succeed(Storage, first.storage) })
  await expect(after.hub.runs.release(held, PERSON)).rejects.toThrow(/товаров: 0, групп: 1/u)
  expect((await after.hub.run(after.storage.catalogue.groups)).map(({ name }) => name.ru)).toEqual(["Третья"])
})

test("R-STK-2: what a held file says of stock alone goes behind a newer one: its rows have their time", async () => {
  const exchange = await openExchange(CONFIG)
  await exchange.send("import0_1.xml", goods("Товар"))
  await exchange.send("offers0_1.xml", stock(5, "09"))
  const held = await hold(exchange, "offers0_1.xml", stock(0, "10"))
  expect(await exchange.send("offers0_1.xml", stock(7, "11", ["0"]))).toBe("success")
  await exchange.hub.runs.release(held, PERSON)
  expect([levelOf(exchange, "0", "north"), levelOf(exchange, "29", "north")]).toEqual([7, 0])
})

test("R-STK-2: of two held files the older one is not released behind the newer one; in their order both are", async () => {
  for (const inOrder of [false, true]) {
    const exchange = await openExchange(CONFIG)
    await exchange.send("import0_1.xml", goods("Товар"))
    const older = await hold(exchange, "import0_1.xml", goods("Товар", 25))
    const newer = await hold(exchange, "import0_1.xml", goods("Товар", 27))
    if (inOrder) await exchange.hub.runs.release(older, PERSON)
    await exchange.hub.runs.release(newer, PERSON)
    if (!inOrder) await expect(exchange.hub.runs.release(older, PERSON)).rejects.toThrow(BEHIND)
    expect(await named(exchange, "Товар")).toBe(3)
  }
})

test("R-STK-2: what was released before another released file is looked at again", async () => {
  const exchange = await openExchange({ ...CONFIG, guard: { share: 0.4, minimum: 10 } })
  await exchange.send("import0_1.xml", goods("Товар"))
  const older = goods("Товар", 15)
  await releaseOf(exchange, "import0_1.xml", older)
  await releaseOf(exchange, "import0_1.xml", goods("Товар", 15, THIRTY.toReversed()))
  await hold(exchange, "import0_1.xml", older)
})

test("R-STK-2: held content that 1C sends again behind a newer file is compared anew, and may then be released", async () => {
  const exchange = await openExchange(CONFIG)
  await exchange.send("import0_1.xml", goods("Старое"))
  const before = await hold(exchange, "import0_1.xml", goods("Старое", 25))
  await exchange.send("import0_1.xml", goods("Новое"))
  const again = await hold(exchange, "import0_1.xml", goods("Старое", 25))
  expect(again).not.toBe(before)
  await exchange.hub.runs.release(again, PERSON)
  expect([await named(exchange, "Новое"), await named(exchange, "Старое")]).toEqual([0, 5])
  await expect(exchange.hub.runs.release(before, PERSON)).rejects.toThrow(/not kept any more/u)
})

test("R-STK-2: Битрикс names each file anew: its names without their UUID are told apart", async () => {
  const exchange = await openExchange(CONFIG)
  const nameOf = (n: number, part = 1): string => `goods_${part}_b0a1f3c2-000${n}-11ee-8a01-00155d010101.xml`
  await exchange.send(nameOf(1), goods("Старое"))
  const held = await hold(exchange, nameOf(2), goods("Старое", 25))
  const text = await exchange.send(nameOf(3), goods("Старое", 25))
  expect(text).toContain(held)
  expect(await exchange.send(nameOf(4, 2), goods("Другое", 0, ["other"]))).toBe("success")
  expect(await exchange.send(nameOf(5), goods("Новое"))).toBe("success")
  await expect(exchange.hub.runs.release(held, PERSON)).rejects.toThrow(/более новый файл/u)
  expect(await named(exchange, "Новое")).toBe(30)
})
