import { readdirSync } from "node:fs"
import { join } from "node:path"
import { memoryStorage } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { documentOf, type ExchangeHub, goodsOf, item, levelOf, offer, offersOf, openExchange, priceAt, priceOf, stockAt } from "./hub.ts"

const MAPPED = { warehouses: { w1: "north", w2: "south" }, prices: { retail1c: "retail" } }
const PERSON = { kind: "operator", id: "boss" } as const
const SIXTY = Array.from({ length: 60 }, (_, i) => String(i))

const goods = (deleted: number, formedAt = "2026-11-20T09:15:00"): string =>
  documentOf(`<Каталог><Ид>1</Ид><Товары>${SIXTY.map((id, i) =>
    item(id, `<Наименование>Товар ${id}</Наименование>${i < deleted ? "<ПометкаУдаления>true</ПометкаУдаления>" : ""}`)
  ).join("")}</Товары></Каталог>`, formedAt)

const stock = (zeros: number, formedAt?: string): string =>
  offersOf(SIXTY.map((id, i) => offer(id, stockAt("w1", i < zeros ? "0" : "5"))), "", formedAt)

const onSale = async ({ hub }: ExchangeHub): Promise<number> =>
  (await hub.catalogue.search("Товар", 100)).items.filter(({ stopped }) => !stopped).length

const kept = ({ folder }: ExchangeHub): ReadonlyArray<string> => readdirSync(join(folder, "held"))

test("R-STK-2: a file that marks more than the set share as deleted is held, whole; a person lets it through", async () => {
  const exchange = await openExchange(MAPPED)
  await exchange.send("import0_1.xml", goods(0))
  expect(await exchange.send("import0_1.xml", goods(29))).toBe("success")
  expect(await onSale(exchange)).toBe(31)
  await exchange.send("import0_1.xml", goods(0))

  const few = await openExchange({ ...MAPPED, guard: { share: 0.5, minimum: 10 } })
  await few.send("import0_1.xml", goods(0))
  const answer = await few.send("import0_1.xml", goods(31))
  expect(answer).toMatch(/^failure\nФайл «import0_1\.xml» остановлен и не применён.*31 из 60.*sync-runs/u)
  expect(await onSale(few)).toBe(60)
  const held = await few.lastRun()
  expect(held).toMatchObject({ state: "held", counts: { products: 31 } })

  expect(await few.send("offers0_1.xml", stock(0))).toBe("success")
  expect(levelOf(few, "0", "north")).toBe(5)

  await few.hub.runs.release(held.id, PERSON)
  expect(await onSale(few)).toBe(29)
  expect(await few.send("import0_1.xml", goods(31))).toBe("success")
  expect((await few.runs()).find(({ id }) => id === held.id)).toMatchObject({ state: "done", decidedBy: "boss" })
})

test("R-STK-2: the same content sent again joins the held run, formed anew or not, also after a restart", async () => {
  const storage = memoryStorage()
  const first = await openExchange({ ...MAPPED, guard: { minimum: 10 } }, { storage })
  await first.send("import0_1.xml", goods(0))
  const answers = [await first.send("import0_1.xml", goods(40)), await first.send("import0_1.xml", goods(40, "2026-11-20T10:00:00"))]
  expect(answers[0]).toMatch(/^failure\n/u)
  expect(answers[1]).toBe(answers[0])
  expect((await first.runs()).filter(({ state }) => state === "held")).toHaveLength(1)
  expect(kept(first)).toHaveLength(1)
  expect(await first.send("import0_1.xml", goods(45))).not.toBe(answers[0])
  expect(kept(first)).toHaveLength(2)
  await first.close()
  const second = await openExchange({ ...MAPPED, guard: { minimum: 10 } }, { folder: first.folder })
  expect(await second.send("import0_1.xml", goods(40))).toBe(answers[0])
})

test("R-STK-2: a file in which most of the stock drops to zero is held; known products and stock stay as they were", async () => {
  const exchange = await openExchange({ ...MAPPED, guard: { minimum: 20 } })
  await exchange.send("import0_1.xml", goods(0))
  await exchange.send("offers0_1.xml", stock(0, "2026-11-20T09:00:00"))
  const answer = await exchange.send("offers0_1.xml", stock(40, "2026-11-20T10:00:00"))
  expect(answer).toMatch(/^failure\nФайл «offers0_1\.xml» остановлен.*обнулилось бы/u)
  expect(levelOf(exchange, "0", "north")).toBe(5)
  const held = await exchange.lastRun()
  expect(held).toMatchObject({ state: "held", counts: { gone: 40 } })
  await exchange.hub.runs.release(held.id, PERSON)
  expect([levelOf(exchange, "0", "north"), levelOf(exchange, "59", "north")]).toEqual([0, 5])
})

test("R-STK-2: with `review` each file is only shown until it is released; discarded, it is let go", async () => {
  const exchange = await openExchange({ ...MAPPED, review: true })
  expect(await exchange.send("import0_1.xml", goodsOf(item("1")))).toMatch(/^failure\n.*review/u)
  expect((await exchange.hub.catalogue.search("Товар")).items).toEqual([])
  await exchange.hub.runs.release((await exchange.lastRun()).id, PERSON)
  expect(await exchange.send("import0_1.xml", goodsOf(item("1")))).toBe("success")

  const prices = offersOf([offer("1", priceAt("retail1c", "10") + stockAt("w1", "3") + stockAt("unknown", "9"))])
  await exchange.send("offers0_1.xml", prices)
  const shown = await exchange.lastRun()
  expect(shown).toMatchObject({ state: "held", counts: { new: 2, parked: 1 } })
  await exchange.hub.runs.discard(shown.id, PERSON)
  expect([levelOf(exchange, "1", "north"), priceOf(exchange, "1")]).toEqual([0, null])
  expect(readdirSync(exchange.folder).filter((name) => name.startsWith("parked"))).toEqual([])
  expect(kept(exchange)).toHaveLength(1)
})

test("R-STK-2: files behind a held one are applied", async () => {
  const exchange = await openExchange({ ...MAPPED, guard: { minimum: 10 } })
  await exchange.send("import0_1.xml", goods(0))
  await exchange.send("offers0_1.xml", stock(0))
  expect(await exchange.send("import0_1.xml", goods(60))).toMatch(/^failure\n/u)
  expect(await exchange.send("offers0_1.xml", stock(1, "2026-11-20T11:00:00"))).toBe("success")
  expect(levelOf(exchange, "0", "north")).toBe(0)
})

test("R-STK-2: what a person let through once is applied when it comes anew later, and is looked at again once another file came", async () => {
  const exchange = await openExchange({ ...MAPPED, guard: { minimum: 20 } })
  await exchange.send("import0_1.xml", goods(0))
  await exchange.send("offers0_1.xml", stock(0, "2026-11-20T09:00:00"))
  await exchange.send("offers0_1.xml", stock(40, "2026-11-20T10:00:00"))
  await exchange.hub.runs.release((await exchange.lastRun()).id, PERSON)
  expect(levelOf(exchange, "0", "north")).toBe(0)
  await exchange.hub.stock.state([{ productId: "0", branchId: "north", quantity: 7 }] as never, { asOf: Date.parse("2026-11-20T10:30:00+05:00") })
  expect(await exchange.send("offers0_1.xml", stock(40, "2026-11-20T11:00:00"))).toBe("success")
  expect(levelOf(exchange, "0", "north")).toBe(0)

  expect(await exchange.send("offers0_1.xml", stock(0, "2026-11-20T12:00:00"))).toBe("success")
  expect(levelOf(exchange, "0", "north")).toBe(5)
  expect(await exchange.send("offers0_1.xml", stock(40, "2026-11-20T13:00:00"))).toMatch(/^failure\n.*остановлен/u)
  expect(levelOf(exchange, "0", "north")).toBe(5)
})
