import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Schema } from "@aptekit/core"
import { expect, test } from "vitest"
import { ODataSales } from "../../src/odata/sales/settings.ts"
import { id, NONE, NORTH, ORDER, RECEIPT, simulate, SOUTH } from "./base-of.ts"
import { keptStorage, openWorld, type World } from "./orders-of.ts"

const SINCE = { since: "2026-11-01" }
const NOW = Date.parse("2026-11-23T06:00:00Z")
const signal = new AbortController().signal

const line = (goods: string, quantity: number, more: object = {}) =>
  ({ LineNumber: "1", Номенклатура_Key: goods, Характеристика_Key: NONE, Количество: quantity, Цена: 490, ...more })

const receipt = (n: number, date: string, lines: ReadonlyArray<object>, more: object = {}) => ({
  Ref_Key: id(3000 + n), DataVersion: "AAAA", DeletionMark: false, Posted: true, Number: `Ч-${n}`, Date: date, Склад_Key: NORTH,
  Товары: lines, ...more
})

const sell = (world: World, ...receipts: ReadonlyArray<object>): void => void world.base.base.rows(RECEIPT).push(...receipts as ReadonlyArray<Record<string, unknown>>)

test("R-STK-3: a receipt is a sale at its branch, once, however often it is read", async () => {
  const world = await openWorld({ sales: SINCE, now: NOW })
  sell(world, receipt(1, "2026-11-23T10:30:00", [line(id(1), 2)]), receipt(2, "2026-11-23T10:31:00", [line(id(2), 1)], { Склад_Key: SOUTH }))
  expect(await world.sales.read(signal)).toEqual({ recorded: 2, known: 0, rejected: 0 })
  expect(await world.sales.read(signal)).toEqual({ recorded: 0, known: 0, rejected: 0 })
  expect([world.units("p1", "north"), world.units("p2", "south"), world.units("p1", "south")]).toEqual([8, 9, 10])
  const { items } = await world.hub.run(world.storage.stock.runs(10, undefined))
  expect(items.filter(({ file }) => file === RECEIPT)).toMatchObject([{ state: "done", counts: { new: 2 } }])
})

test("P6: a hub that lost its notes of what it read records nothing twice", async () => {
  const [base, storage] = [simulate(), await keptStorage()]
  const world = await openWorld({ sales: SINCE, now: NOW, base, storage })
  sell(world, receipt(1, "2026-11-23T10:30:00", [line(id(1), 2)]))
  await world.sales.read(signal)
  const units = world.units("p1", "north")
  await world.close()
  const fresh = await openWorld({ sales: SINCE, now: NOW, base, storage, stated: false })
  expect(await fresh.sales.read(signal)).toEqual({ recorded: 0, known: 1, rejected: 0 })
  expect([units, fresh.units("p1", "north")]).toEqual([8, 8])
})

test("the place is kept over a restart, with an overlap for documents that come late", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-odata-sales-"))
  const base = simulate()
  const first = await openWorld({ sales: { ...SINCE, overlapHours: 24 }, now: NOW, base, folder })
  sell(first, receipt(1, "2026-11-23T10:30:00", [line(id(1), 2)]))
  await first.sales.read(signal)
  sell(first, receipt(2, "2026-11-22T18:00:00", [line(id(1), 1)]), receipt(3, "2026-11-20T18:00:00", [line(id(1), 1)]))
  const again = await openWorld({ sales: { ...SINCE, overlapHours: 24 }, now: NOW, base, folder })
  expect(await again.sales.read(signal)).toEqual({ recorded: 1, known: 0, rejected: 0 })
  expect(base.calls.at(-1)!.path).toContain(encodeURIComponent("2026-11-22T10:30:00"))
  rmSync(folder, { recursive: true, force: true })
})

test("marked, unposted and other documents are no sales; posted later it is one", async () => {
  const world = await openWorld({ sales: { ...SINCE, where: { Number: "Ч-3" } }, now: NOW })
  sell(
    world,
    receipt(1, "2026-11-23T10:30:00", [line(id(1), 1)]),
    receipt(3, "2026-11-23T10:31:00", [line(id(1), 1)], { Posted: false }),
    receipt(3, "2026-11-23T10:32:00", [line(id(1), 1)], { Ref_Key: id(3999), DeletionMark: true })
  )
  expect(await world.sales.read(signal)).toEqual({ recorded: 0, known: 0, rejected: 0 })
  world.base.base.rows(RECEIPT)[1]!["Posted"] = true
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 1 })
  expect(world.units("p1", "north")).toBe(9)
})

test("of a field several values may mean a sale: a receipt that was put by or annulled is posted too, and none", async () => {
  const world = await openWorld({ sales: { ...SINCE, where: { СтатусЧекаККМ: ["Пробитый", "Архивный"] } }, now: NOW })
  const statuses = ["Пробитый", "Архивный", "Отложенный", "Аннулированный"]
  sell(world, ...statuses.map((status, i) => receipt(i, `2026-11-23T10:3${i}:00`, [line(id(1), 1)], { СтатусЧекаККМ: status })))
  expect(await world.sales.read(signal)).toEqual({ recorded: 2, known: 0, rejected: 0 })
})

test("R-STK-3: where other documents speak for a branch, these do not: its sales are passed over without a word", async () => {
  const world = await openWorld({ sales: { ...SINCE, branches: ["south"] }, now: NOW })
  sell(world, receipt(1, "2026-11-23T10:30:00", [line(id(1), 2)]), receipt(2, "2026-11-23T10:31:00", [line(id(1), 1)], { Склад_Key: SOUTH }))
  expect(await world.sales.read(signal)).toEqual({ recorded: 1, known: 0, rejected: 0 })
  expect([world.units("p1", "north"), world.units("p1", "south")]).toEqual([10, 9])
})

test("documents that are no sales move the window of what is read again: it does not grow until a sale comes", async () => {
  const world = await openWorld({ sales: { ...SINCE, overlapHours: 1, where: { Number: "Ч-99" } }, now: NOW })
  sell(world, receipt(1, "2026-11-23T10:30:00", [line(id(1), 2)]))
  await world.sales.read(signal)
  await world.sales.read(signal)
  expect(world.base.calls.at(-1)!.path).toContain(encodeURIComponent("2026-11-23T09:30:00"))
})

test("without a beginning only what is sold from now on counts", async () => {
  const world = await openWorld({ now: NOW })
  sell(world, receipt(1, "2026-11-23T10:59:59", [line(id(1), 1)]))
  await world.sales.read(signal)
  sell(world, receipt(2, "2026-11-23T11:00:01", [line(id(1), 3)]))
  world.clock.ahead = 60_000
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 1 })
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 0 })
  expect(world.units("p1", "north")).toBe(7)
})

test("R10: pages go on from the last date while registers go on selling; many in one second are not lost", async () => {
  const world = await openWorld({ sales: SINCE, now: NOW, pageSize: 2 })
  const all = Array.from({ length: 9 }, (_, i) => receipt(i + 1, i < 5 ? "2026-11-23T10:30:00" : `2026-11-23T10:3${i}:00`, [line(id(1), 1)]))
  sell(world, ...all)
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 9 })
  expect(world.units("p1", "north")).toBe(1)
})

test("ORD-6: a receipt that names the order's document closes its part", async () => {
  const world = await openWorld({ sales: { ...SINCE, number: null, order: "ЗаказКлиента_Key" }, now: Date.now() })
  const order = await world.place("E-1")
  await world.lane.round()
  const document = world.base.base.rows(ORDER)[0]!
  sell(world, receipt(1, "2026-11-23T10:30:00", [line(id(1), 2), line(id(2), 1)], { ЗаказКлиента_Key: document["Ref_Key"] }))
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 1 })
  expect((await world.part(order)).status).toBe("closed")
})

test("STK-2: lines that the hub cannot know are told once; the rest of the receipt is a sale", async () => {
  const world = await openWorld({ sales: SINCE, now: NOW })
  sell(
    world,
    receipt(1, "2026-11-23T10:30:00", [line(id(1), 1), line(id(4444), 1), line(id(2), 0.5)]),
    receipt(2, "2026-11-23T10:31:00", [line(id(1), 1)], { Склад_Key: id(8888) })
  )
  expect(await world.sales.read(signal)).toEqual({ recorded: 1, known: 0, rejected: 3 })
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 0, rejected: 1 })
  const { items } = await world.hub.run(world.storage.stock.runs(10, undefined))
  const runs = items.filter(({ file }) => file === RECEIPT)
  expect(runs).toHaveLength(1)
  expect(runs[0]!.rejects.map(({ reason }) => reason).join("\n")).toMatch(/не известна хабу[\s\S]*0.5 не целое[\s\S]*не сопоставлен/u)
})

test("a report of a shift with more lines than one sale takes is several sales, each once", async () => {
  const world = await openWorld({ sales: SINCE, now: NOW })
  sell(world, receipt(1, "2026-11-23T10:30:00", Array.from({ length: 501 }, () => line(id(3), 1))))
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 2 })
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 0, known: 0 })
})

test("D7: a return brings goods back to its branch, once; of one document by its fields, or every one of another", async () => {
  const world = await openWorld({ sales: { ...SINCE, where: { Number: "Ч-1" }, returns: { Number: "Ч-2" } }, now: NOW })
  sell(
    world,
    receipt(1, "2026-11-23T10:30:00", [line(id(1), 3)]),
    receipt(2, "2026-11-23T10:31:00", [line(id(1), 2)]),
    receipt(3, "2026-11-23T10:32:00", [line(id(1), 1)]),
    receipt(2, "2026-11-23T10:33:00", [line(id(1), 1)], { Ref_Key: id(3998), Posted: false })
  )
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 2, rejected: 0 })
  expect(await world.sales.read(signal)).toMatchObject({ recorded: 0, known: 0 })
  expect(world.units("p1", "north")).toBe(9)

  const all = await openWorld({ sales: { ...SINCE, returns: "all" }, now: NOW })
  sell(all, receipt(1, "2026-11-23T10:30:00", [line(id(2), 3)]))
  expect(await all.sales.read(signal)).toMatchObject({ recorded: 1 })
  expect(all.units("p2", "north")).toBe(13)
})

test("returns by no field at all would make a return of every sale: refused", () => {
  expect(() => Schema.decodeUnknownSync(ODataSales)({ returns: {} })).toThrow(/at least one field/u)
})
