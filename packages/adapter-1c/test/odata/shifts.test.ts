import { expect, test } from "vitest"
import { oneCODataPort } from "../../src/index.ts"
import { id, NONE, NORTH, RECEIPT, simulate, STOCK, tables } from "./base-of.ts"
import { type ODataHub, openHub } from "./hub-of.ts"

const REPORT = "Document_ОтчетОРозничныхПродажах"
const MINUTE = 60_000
/** 11:00 of the base's clock. */
const AT = Date.parse("2026-11-23T06:00:00Z")

/** A hub that reads reports of shifts, at a clock that the test moves. */
const openAt = async (clock: { now: number }): Promise<ODataHub> => {
  const all = tables()
  const base = simulate({ tables: { ...all, [REPORT]: all[RECEIPT]! } })
  const world = await openHub({ sales: [{ document: REPORT, since: "2026-11-01" }] }, { base, now: () => clock.now })
  await world.sync("catalogue", "stock", "prices")
  return world
}

const close = (world: ODataHub, n: number, date: string, quantity: number): void =>
  void world.base.base.rows(REPORT).push({
    Ref_Key: id(3000 + n), DataVersion: "A", DeletionMark: false, Posted: true, Number: `О-${n}`, Date: date, Склад_Key: NORTH,
    Товары: [{ LineNumber: "1", Номенклатура_Key: id(1), Характеристика_Key: NONE, Количество: quantity, Цена: 490 }]
  })

const read = ({ hub }: ODataHub) => hub.port(oneCODataPort).readSales({})

test("D1, D7: what a shift sold the balance has lost already: its report takes nothing off once more, and no reservation is let go", async () => {
  const clock = { now: AT }
  const world = await openAt(clock)
  const { order } = await world.hub.orders.place({
    channel: "shop", externalId: "E-1", customer: { name: "Айгерім", phone: "+77010000001" },
    delivery: { type: "pickup", branchId: "north" }, lines: [{ productId: id(1), quantity: 2 }], payment: { method: "cash" }
  })
  // Receipts have sold seven of ten, and the shift is closed behind the last statement of stock.
  world.base.base.rows(STOCK)[0]!["ВНаличииBalance"] = 5
  await world.sync("stock")
  close(world, 1, "2026-11-23T11:05:00", 7)
  clock.now += 10 * MINUTE
  expect(await read(world)).toEqual({ recorded: 0, known: 0, rejected: 0 })
  expect(await read(world)).toEqual({ recorded: 0, known: 0, rejected: 0 })
  clock.now += MINUTE
  await world.sync("stock")
  expect(await read(world)).toEqual({ recorded: 1, known: 0, rejected: 0 })
  expect(world.stockOf(id(1), "north")).toBe(1)
  expect((await world.hub.orders.get(order.id))!.cases).toEqual([])
})

test("STK-2: a report that waits for a statement of stock is not passed by, however long it takes, and others behind it are not lost", async () => {
  const clock = { now: AT }
  const world = await openAt(clock)
  close(world, 1, "2026-11-23T11:05:00", 1)
  clock.now += 10 * MINUTE
  await read(world)
  clock.now += 5 * 24 * 60 * MINUTE
  close(world, 2, "2026-11-28T11:05:00", 1)
  await read(world)
  clock.now += MINUTE
  await world.sync("stock")
  expect(await read(world)).toEqual({ recorded: 2, known: 0, rejected: 0 })
  expect(await read(world)).toEqual({ recorded: 0, known: 0, rejected: 0 })
})

test("a register whose clock runs ahead: its report is not later than the statement that holds what it sold", async () => {
  const clock = { now: AT }
  const world = await openAt(clock)
  close(world, 1, "2026-11-23T19:00:00", 3)
  await read(world)
  clock.now += MINUTE
  await world.sync("stock")
  expect(await read(world)).toMatchObject({ recorded: 1 })
  expect(world.stockOf(id(1), "north")).toBe(10)
})
