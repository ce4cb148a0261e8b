import { setTimeout as sleep } from "node:timers/promises"
import { oneCODataPort } from "../../src/index.ts"
import { describe, expect, test } from "vitest"
import { balance, GOODS, id, NONE, NORTH, PRICES, price, simulate, SOUTH, STOCK, USD } from "./base-of.ts"
import { newFolder, type ODataHub, openHub } from "./hub-of.ts"
import { keptStorage } from "./orders-of.ts"

const AT = Date.parse("2026-11-23T06:00:00Z")
const product = async ({ hub, storage }: ODataHub, id: string) => (await hub.run(storage.catalogue.byIds([id as never])))[0]
const seriesOf = ({ hub, storage }: ODataHub, productId: string, branchId: string) =>
  hub.run(storage.stock.series([productId as never], [branchId as never]))

describe("R-STK-2: goods, stock and prices of a base come in", () => {
  test("all three kinds, each as a run of its own", async () => {
    const world = await openHub()
    expect(await world.sync("catalogue")).toMatchObject({ state: "done", counts: { products: 3 }, file: "OData: номенклатура" })
    expect(await world.sync("stock")).toMatchObject({ state: "done", error: null })
    expect(await world.sync("prices")).toMatchObject({ state: "done", error: null })
    expect(await product(world, id(1))).toMatchObject({
      name: { ru: "Товар 1" }, sku: "A-1", barcodes: ["4601234567893", "4870000000011"], shown: true
    })
    expect([world.stockOf(id(1), "north"), world.stockOf(id(1), "south"), world.stockOf(id(2), "north")]).toEqual([10, 3, 5])
    expect([world.priceOf(id(1)), world.priceOf(id(2))]).toEqual([49_000, 171_950])
  })

  test("the same again writes nothing anew", async () => {
    const world = await openHub()
    await world.sync("catalogue", "stock", "prices")
    expect(await world.sync("catalogue")).toMatchObject({ counts: { products: 0 } })
    expect(await world.sync("stock")).toMatchObject({ counts: { changed: 0, new: 0, gone: 0 } })
  })

  test("a change in the base is a change here; what people keep stays", async () => {
    const world = await openHub({ keep: ["name"] })
    await world.sync("catalogue")
    Object.assign(world.base.base.rows(GOODS)[0]!, { Description: "Другое имя", Артикул: "Б-1" })
    await world.sync("catalogue")
    expect(await product(world, id(1))).toMatchObject({ name: { ru: "Товар 1" }, sku: "Б-1" })
  })

  test("a deletion mark takes goods off sale, also after a restart they come back when it is gone (R5)", async () => {
    const [storage, folder, base] = [await keptStorage(), newFolder(), simulate()]
    const first = await openHub({}, { storage, folder, base })
    base.base.rows(GOODS)[0]!["DeletionMark"] = true
    await first.sync("catalogue")
    expect(await product(first, id(1))).toMatchObject({ shown: false, stopped: true })
    await first.close()
    const second = await openHub({}, { folder, base, storage })
    base.base.rows(GOODS)[0]!["DeletionMark"] = false
    await second.sync("catalogue")
    expect(await product(second, id(1))).toMatchObject({ shown: true, stopped: false })
  })

  test("a characteristic that the stock names is a product of its own; its goods are no longer offered (D6)", async () => {
    const world = await openHub()
    world.base.base.rows(STOCK).push(balance(3, NORTH, 7, { Характеристика_Key: id(101) }))
    await world.sync("catalogue", "stock")
    const variant = `${id(3)}#${id(101)}`
    expect(await product(world, variant)).toMatchObject({ name: { ru: "Товар 3 (красный)" }, family: id(3), shown: true })
    expect(await product(world, id(3))).toMatchObject({ shown: false })
    expect(world.stockOf(variant, "north")).toBe(7)
  })

  test("products of the CommerceML connection of the same base are taken, not doubled", async () => {
    const world = await openHub({ sameBaseAs: "1c" }, { withCml: true })
    await world.hub.run(world.storage.catalogue.putLinks([{ connection: "1c", kind: "product", externalId: id(1), id: "ours" }]))
    await world.hub.run(world.storage.catalogue.upsert([{ ...(await product(world, id(1)) ?? made("ours")) } as never]))
    await world.sync("catalogue", "stock")
    expect(world.stockOf("ours", "north")).toBe(10)
    expect(await product(world, id(1))).toBeUndefined()
  })
})

const made = (productId: string) => ({
  id: productId, sku: null, barcodes: [], name: { ru: "Наш", kk: null, en: null }, inn: null, atc: null, form: null,
  strength: null, maker: null, storage: "ambient", prescription: false, weightGrams: null, family: null, shown: true,
  confirmed: true, stockControl: true, stopped: false
})

describe("D3: absence is zero only in a table that was read whole", () => {
  test("a row that is gone becomes 0", async () => {
    const world = await openHub()
    await world.sync("catalogue", "stock")
    world.base.base.rows(STOCK).splice(1, 1)
    expect(await world.sync("stock")).toMatchObject({ state: "done", counts: { gone: 1 } })
    expect([world.stockOf(id(1), "south"), world.stockOf(id(1), "north")]).toEqual([0, 10])
  })

  test("a table that changes at every attempt changes nothing here, and the run says why", async () => {
    const world = await openHub({ page: 1 })
    await world.sync("catalogue", "stock")
    world.base.base.rows(STOCK).splice(0, 1)
    world.base.faults.shift = Number.POSITIVE_INFINITY
    expect(await world.sync("stock")).toMatchObject({ state: "failed", error: expect.stringContaining("менялась") })
    expect(world.stockOf(id(1), "north")).toBe(10)
  })

  test("a table that changes once is read again", async () => {
    const world = await openHub({ page: 1 })
    await world.sync("catalogue")
    world.base.faults.shift = 1
    expect(await world.sync("stock")).toMatchObject({ state: "done" })
    expect(world.stockOf(id(2), "north")).toBe(5)
  })

  test("a base that falls silent in the middle changes nothing", async () => {
    const world = await openHub({ page: 1 })
    await world.sync("catalogue", "stock")
    world.base.base.rows(STOCK).splice(0, 1)
    world.base.fault("down")
    expect(await world.sync("stock")).toMatchObject({ state: "failed", error: expect.stringContaining("Нет связи с 1С") })
    expect(world.stockOf(id(1), "north")).toBe(10)
  })

  test("an empty table would empty the network: the guard holds it until a person lets it through", async () => {
    const world = await openHub({ guard: { share: 0.5, minimum: 2 } })
    await world.sync("catalogue", "stock")
    world.base.base.rows(STOCK).length = 0
    const held = await world.sync("stock")
    expect(held).toMatchObject({ state: "held" })
    expect(world.stockOf(id(1), "north")).toBe(10)
    await world.hub.runs.release(held.id, { kind: "operator", id: "o" } as never)
    expect(world.stockOf(id(1), "north")).toBe(0)
  })
})

describe("D3: a base that marks most of its goods for deletion waits for a person", () => {
  const mark = (world: ODataHub, ...at: ReadonlyArray<number>): void => {
    for (const i of at) world.base.base.rows(GOODS)[i]!["DeletionMark"] = true
  }
  const shown = async (world: ODataHub) =>
    [(await product(world, id(1)))?.shown, (await product(world, id(2)))?.shown]

  test("nothing of the reading is written until it is released; then the marks work and are counted no more", async () => {
    const world = await openHub({ guard: { share: 0.5, minimum: 2 } })
    await world.sync("catalogue")
    mark(world, 0, 1)
    world.base.base.rows(GOODS)[2]!["Description"] = "Другое имя"
    const held = await world.sync("catalogue")
    expect(held).toMatchObject({
      state: "held", error: expect.stringContaining("2 из 3"), counts: { products: 2 }, finishedAt: null
    })
    expect(await shown(world)).toEqual([true, true])
    expect(await product(world, id(3))).toMatchObject({ name: { ru: "Товар 3" } })
    await world.hub.runs.release(held.id, { kind: "operator", id: "o" } as never)
    expect(await shown(world)).toEqual([false, false])
    expect(await world.sync("catalogue")).toMatchObject({ state: "done" })
  })

  test("fewer than `minimum` are believed, and so are marks of goods that nobody here knows", async () => {
    const world = await openHub({ guard: { share: 0.5, minimum: 3 } })
    mark(world, 2)
    expect(await world.sync("catalogue")).toMatchObject({ state: "done" })
    mark(world, 0, 1)
    expect(await world.sync("catalogue")).toMatchObject({ state: "done" })
    expect(await shown(world)).toEqual([false, false])
  })

  test("a share of 1 holds nothing", async () => {
    const world = await openHub({ guard: { share: 1, minimum: 1 } })
    await world.sync("catalogue")
    mark(world, 0, 1, 2)
    expect(await world.sync("catalogue")).toMatchObject({ state: "done" })
  })
})

describe("D2, D6: what rows say", () => {
  test("the statement is of the time at which it was asked for: an earlier one is stale", async () => {
    let now = AT
    const world = await openHub({}, { now: () => now })
    await world.sync("catalogue", "stock")
    world.base.base.rows(STOCK)[0]!["ВНаличииBalance"] = 50
    now = AT - 1000
    expect(await world.sync("stock")).toMatchObject({ counts: { stale: 6 } })
    expect(world.stockOf(id(1), "north")).toBe(10)
    now = AT + 1000
    await world.sync("stock")
    expect(world.stockOf(id(1), "north")).toBe(48)
  })

  test("several warehouses of one branch are added up; unknown ones wait and are named once", async () => {
    const world = await openHub({ warehouses: { [NORTH]: "north", [SOUTH]: "north" } })
    world.base.base.rows(STOCK).push(balance(2, id(8003), 9), balance(1, id(8003), 9))
    await world.sync("catalogue")
    const run = await world.sync("stock")
    expect(world.stockOf(id(1), "north")).toBe(13)
    expect(run.counts).toMatchObject({ parked: 2, rejected: 0 })
    expect(run.rejects.map(({ reason }) => reason)).toEqual([expect.stringContaining(`Склад ${id(8003)} не сопоставлен`)])
  })

  test("fractions are floored, debts are zero, and both are told", async () => {
    const world = await openHub()
    Object.assign(world.base.base.rows(STOCK)[0]!, { ВНаличииBalance: 12.3, КОтгрузкеBalance: 2.1 })
    Object.assign(world.base.base.rows(STOCK)[1]!, { ВНаличииBalance: -4 })
    await world.sync("catalogue")
    const run = await world.sync("stock")
    expect([world.stockOf(id(1), "north"), world.stockOf(id(1), "south")]).toEqual([10, 0])
    expect(run.rejects.map(({ reason }) => reason).join()).toMatch(/Дробный.*Отрицательный|Отрицательный.*Дробный/u)
  })

  test("D3: a quantity that cannot be read is no zero: the product's stock and series there stay as they were", async () => {
    const world = await openHub()
    Object.assign(world.base.base.rows(STOCK)[0]!, { Серия_Key: id(501) })
    await world.sync("catalogue", "stock")
    const before = await seriesOf(world, id(1), "north")
    expect(before).toHaveLength(1)
    Object.assign(world.base.base.rows(STOCK)[0]!, { ВНаличииBalance: "двенадцать" })
    Object.assign(world.base.base.rows(STOCK)[1]!, { ВНаличииBalance: 4 })
    const run = await world.sync("stock")
    expect(run).toMatchObject({ state: "done", counts: { rejected: 1, gone: 0 } })
    await sleep(2)
    expect([world.stockOf(id(1), "north"), world.stockOf(id(1), "south")]).toEqual([10, 4])
    expect(await seriesOf(world, id(1), "north")).toEqual(before)
    Object.assign(world.base.base.rows(STOCK)[0]!, { ВНаличииBalance: 3, Серия_Key: NONE })
    await world.sync("stock")
    expect(world.stockOf(id(1), "north")).toBe(1)
    expect(await seriesOf(world, id(1), "north")).toEqual([])
  })

  test("numbers as text are numbers", async () => {
    const world = await openHub()
    Object.assign(world.base.base.rows(STOCK)[0]!, { ВНаличииBalance: "12" })
    await world.sync("catalogue", "stock")
    expect(world.stockOf(id(1), "north")).toBe(10)
  })

  test("a price in another currency, for a pack or of another type is not taken; 0 is none", async () => {
    const world = await openHub()
    await world.sync("catalogue", "prices")
    world.base.base.rows(PRICES).splice(
      0, 3, price(1, 9, { Валюта_Key: USD }), price(2, 9, { Упаковка_Key: id(5001) }), price(3, 0), price(1, 9, { ВидЦены_Key: id(7002) })
    )
    const run = await world.sync("prices")
    expect([world.priceOf(id(1)), world.priceOf(id(2)), world.priceOf(id(3))]).toEqual([49_000, 171_950, null])
    expect(run.counts).toMatchObject({ rejected: 2, parked: 1 })
  })
})

describe("R9: series and expiry dates per branch", () => {
  test("series of the balance with their dates; gone ones are none left; goods without series are not named", async () => {
    const world = await openHub()
    const rows = world.base.base.rows(STOCK)
    rows[0]!["Серия_Key"] = id(501)
    rows.push(balance(1, NORTH, 4, { Серия_Key: id(502) }))
    await world.sync("catalogue", "stock")
    expect(world.stockOf(id(1), "north")).toBe(14)
    expect((await seriesOf(world, id(1), "north")).map(({ series, expiresAt, units }) => [series, expiresAt, units])).toEqual([
      ["A17", "2027-03-31", 10], ["B18", null, 4]
    ])
    expect(await seriesOf(world, id(2), "north")).toEqual([])
    await sleep(2)
    rows.splice(0, 1)
    rows.splice(rows.findIndex((row) => row["Серия_Key"] === id(502)), 1)
    await world.sync("stock")
    expect(await seriesOf(world, id(1), "north")).toEqual([])
  })

  test("which series were stated outlives a restart: what is sold out meanwhile is none left", async () => {
    const [storage, folder, base] = [await keptStorage(), newFolder(), simulate()]
    const rows = base.base.rows(STOCK)
    rows[0]!["Серия_Key"] = id(501)
    const first = await openHub({}, { storage, folder, base })
    await first.sync("catalogue", "stock")
    expect(await seriesOf(first, id(1), "north")).toHaveLength(1)
    await first.close()
    rows.splice(0, 1)
    await sleep(2)
    const second = await openHub({}, { storage, folder, base })
    await second.sync("stock")
    expect(await seriesOf(second, id(1), "north")).toEqual([])
  })
})

describe("fact 85, 89: the mapping is checked before anything is read", () => {
  test("everything that is missing is named, with where to mend it", async () => {
    const world = await openHub({ mapping: { products: { sku: "Артикл" }, stock: { plus: ["КоличествоBalance"] } } })
    world.base.base.unpublish("Catalog_СерииНоменклатуры")
    const run = await world.sync("stock")
    expect(run).toMatchObject({ state: "failed" })
    for (const word of ["products", "Артикл", "КоличествоBalance", "Catalog_СерииНоменклатуры", "Настройка стандартного интерфейса"]) {
      expect(run.error).toContain(word)
    }
    expect(world.base.calls.map(({ path }) => path).filter((path) => path.includes("Balance()"))).toEqual([])
  })

  test("sections that are switched off are neither needed nor read", async () => {
    const world = await openHub({ mapping: { series: null, variants: null, stock: { series: null } } })
    world.base.base.unpublish("Catalog_СерииНоменклатуры")
    world.base.base.unpublish("Catalog_ХарактеристикиНоменклатуры")
    await world.sync("catalogue")
    expect(await world.sync("stock")).toMatchObject({ state: "done" })
  })

  test("a probable preset that does not fit says so", async () => {
    const world = await openHub({ preset: "unf" })
    expect((await world.sync("stock")).error).toContain("AccumulationRegister_ЗапасыНаСкладах")
  })
})

describe("fact 89: dimensions that nobody has named", () => {
  /** A base sorts rows that are equal in what it was asked to sort by as it likes, another way each time. */
  const restless = (world: ODataHub): void => {
    const { fetch } = world.base
    Object.assign(world.base, { fetch: (request: Request) => {
      world.base.base.rows(STOCK).reverse()
      return fetch(request)
    } })
  }

  test.each([1, 2, 3])("rows that the mapping cannot tell apart shift between pages of %i: nothing is believed, and the setting is named", async (size) => {
    const world = await openHub({ page: size, mapping: { stock: { series: null, more: ["Назначение_Key", "Помещение_Key"] } } })
    await world.sync("catalogue")
    const rows = world.base.base.rows(STOCK)
    rows.length = 0
    for (let n = 1; n <= 6; n++) rows.push(balance(1, NORTH, n, { Серия_Key: id(500 + n) }))
    restless(world)
    const run = await world.sync("stock")
    expect(run).toMatchObject({ state: "failed", error: expect.stringMatching(/не различаются[\s\S]*stock\.more/u) as string })
    expect(world.stockOf(id(1), "north")).toBe(0)
  })

  test("in one answer they are only added up", async () => {
    const world = await openHub({ page: 2, virtualTables: "whole", mapping: { stock: { series: null } } })
    await world.sync("catalogue")
    const rows = world.base.base.rows(STOCK)
    rows.length = 0
    for (let n = 1; n <= 6; n++) rows.push(balance(1, NORTH, n, { Серия_Key: id(500 + n) }))
    expect(await world.sync("stock")).toMatchObject({ state: "done" })
    expect(world.stockOf(id(1), "north")).toBe(21)
  })

  test("a barcode that two goods bear is no reason to stop", async () => {
    const world = await openHub({ page: 1 })
    const rows = world.base.base.rows("InformationRegister_ШтрихкодыНоменклатуры")
    rows.push({ ...rows[0]!, Номенклатура_Key: id(2) })
    expect(await world.sync("catalogue")).toMatchObject({ state: "done" })
    expect(await product(world, id(2))).toMatchObject({ barcodes: ["4601234567893"] })
  })
})

test("R-STK-2: readings begin by themselves and are repeated", async () => {
  const world = await openHub({ every: { catalogue: 1, stock: 0, prices: 0 } })
  for (let i = 0; i < 200 && await product(world, id(1)) === undefined; i++) await sleep(5)
  expect(await product(world, id(1))).toMatchObject({ name: { ru: "Товар 1" } })
})

test("fact 84: each reading and the hub's end free the session's licence", async () => {
  const world = await openHub({ sales: [{ since: "2020-01-01" }] })
  const sessions = () => world.base.ledger.flatMap((entry) => entry.kind === "session" ? [entry.action] : [])
  await world.sync("catalogue")
  expect(sessions()).toEqual(["start", "finish"])
  await world.hub.port(oneCODataPort).readSales({})
  await world.close()
  expect(sessions().filter((action) => action === "start")).toHaveLength(sessions().filter((action) => action === "finish").length)
})
