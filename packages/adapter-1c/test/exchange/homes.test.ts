import { mkdirSync, rmdirSync } from "node:fs"
import { join } from "node:path"
import { Storage, type StorageService } from "@aptekit/core"
import { Effect, Layer } from "effect"
import { expect, test } from "vitest"
import { type ExchangeHub, goodsOf, item, levelOf, offer, offersOf, openExchange, stockAt } from "./hub.ts"

type Warehouses = Readonly<Record<string, string>>

const ONE = { w1: "north" }
const BOTH = { w1: "north", w2: "north" }

const restarted = async (
  old: ExchangeHub,
  warehouses: Warehouses,
  more: Parameters<typeof openExchange>[0] = {},
  storage: StorageService = old.storage
): Promise<ExchangeHub> => {
  await old.close()
  return openExchange({ warehouses, ...more }, { folder: old.folder, storage: Layer.succeed(Storage, storage) })
}

/** What a file of this hour of 20 November says: by product, by warehouse. */
const rests = (hour: number, said: Readonly<Record<string, Readonly<Record<string, number>>>>): string =>
  offersOf(
    Object.entries(said).map(([id, places]) =>
      offer(id, Object.entries(places).map(([warehouse, units]) => stockAt(warehouse, String(units))).join(""))),
    "",
    `2026-11-20T${String(hour).padStart(2, "0")}:00:00`
  )

const state = async (exchange: ExchangeHub, ...file: Parameters<typeof rests>): Promise<void> => {
  expect(await exchange.send("rests.xml", rests(...file))).toBe("success")
}

/** A file that names no stock. */
const nothing = async (exchange: ExchangeHub): Promise<void> => {
  expect(await exchange.send("import0_1.xml", goodsOf(item("1")))).toBe("success")
}

/** Of product 1 at north, in the middle of an hour of Almaty. */
const sell = (exchange: ExchangeHub, hour: number, units: number) =>
  exchange.hub.sales.record({
    source: "till", id: `r-${hour}`, branchId: "north", occurredAt: `2026-11-20T${String(hour - 5).padStart(2, "0")}:30:00Z`,
    lines: [{ productId: "1", quantity: units }]
  })

const levels = (exchange: ExchangeHub, branch: string, ...products: ReadonlyArray<string>): ReadonlyArray<number> =>
  products.map((product) => levelOf(exchange, product, branch))

const told = async (exchange: ExchangeHub): Promise<string> =>
  (await exchange.lastRun()).rejects.map(({ reason }) => reason).join("\n")

const withGoods = async (warehouses: Warehouses): Promise<ExchangeHub> => {
  const exchange = await openExchange({ warehouses })
  await exchange.send("import0_1.xml", goodsOf(item("1"), item("2"), item("3")))
  return exchange
}

test("R-STK-1: a warehouse that joins a branch is added to what the other one said, named by the next file or not", async () => {
  const first = await withGoods(ONE)
  await state(first, 9, { 1: { w1: 10, w2: 2 }, 2: { w1: 7 }, 3: { w2: 4 } })
  expect([levels(first, "north", "1", "2", "3"), (await first.lastRun()).counts.parked]).toEqual([[10, 7, 0], 2])

  const both = await restarted(first, BOTH)
  await nothing(both)
  expect(levels(both, "north", "1", "2", "3")).toEqual([12, 7, 4])
  expect(await told(both)).toContain("пересчитан")
  await state(both, 11, { 1: { w2: 3 }, 2: { w2: 1 } })
  expect(levels(both, "north", "1", "2", "3")).toEqual([13, 8, 4])
  await state(both, 12, { 1: { w1: 1 } })
  expect(levels(both, "north", "1", "2", "3")).toEqual([4, 8, 4])

  const later = await restarted(both, BOTH)
  await state(later, 13, { 2: { w1: 0 }, 3: { w1: 5 } })
  expect(levels(later, "north", "1", "2", "3")).toEqual([4, 1, 9])
})

test("R-STK-1: the first file after a warehouse has joined may name that one only", async () => {
  const first = await withGoods(ONE)
  await state(first, 9, { 1: { w1: 10, w2: 2 }, 2: { w1: 7 } })
  const both = await restarted(first, BOTH)
  await state(both, 10, { 1: { w2: 5 }, 2: { w2: 1 } })
  expect(levels(both, "north", "1", "2")).toEqual([15, 8])
  expect((await both.lastRun()).counts).toMatchObject({ stale: 0, parked: 0 })
})

test.each([[8, 9], [9, 8]])("R-STK-1: a warehouse joins whichever spoke last: w1 at %i, w2 at %i (D2)", async (one, other) => {
  const first = await withGoods(ONE)
  await state(first, one, { 1: { w1: 10 } })
  await state(first, other, { 1: { w2: 2 } })
  const both = await restarted(first, BOTH)
  await nothing(both)
  expect(levels(both, "north", "1")).toEqual([12])
})

test("R-STK-1: a warehouse of which nothing is known joins, and the administrator is asked for all stock", async () => {
  const first = await withGoods({ ...ONE, w2: "ignore" })
  await state(first, 9, { 1: { w1: 10, w2: 2 } })
  const both = await restarted(first, BOTH)
  await nothing(both)
  expect(levels(both, "north", "1")).toEqual([10])
  expect(await told(both)).toMatch(/w2.*полную выгрузку остатков/u)
  await state(both, 11, { 1: { w2: 3 }, 3: { w2: 1 } })
  expect(levels(both, "north", "1", "3")).toEqual([13, 1])
  expect(await told(both)).toBe("")
})

test.each([["w1", 2, [2, 0, 4]], ["w2", 10, [10, 7, 0]]])(
  "R-STK-1: %s leaves a branch and comes back: what the other one said is right all the time",
  async (gone, left, alone) => {
    const first = await withGoods(BOTH)
    const stays = gone === "w1" ? "w2" : "w1"
    await state(first, 9, { 1: { w1: 10, w2: 2 }, 2: { w1: 7 }, 3: { w2: 4 } })
    expect(levels(first, "north", "1", "2", "3")).toEqual([12, 7, 4])
    const one = await restarted(first, { [stays]: "north" })
    await nothing(one)
    expect(levels(one, "north", "1", "2", "3")).toEqual(alone)

    const back = await restarted(one, BOTH)
    await nothing(back)
    expect(levels(back, "north", "1", "2", "3")).toEqual([12, 7, 4])
    const again = await restarted(back, { [stays]: "north" })
    await state(again, 11, { 1: { [stays]: left + 5 } })
    expect(levels(again, "north", "1")).toEqual([left + 5])
    const last = await restarted(again, BOTH)
    await nothing(last)
    expect(levels(last, "north", "1", "2", "3")).toEqual([17, 7, 4])
    await state(last, 12, { 1: { [gone]: 1 } })
    expect(levels(last, "north", "1")).toEqual([left + 6])
  }
)

test("R-STK-1: what a warehouse says while it has left its branch counts when it is back", async () => {
  const first = await withGoods(BOTH)
  await state(first, 9, { 1: { w1: 10, w2: 2 } })
  const one = await restarted(first, ONE)
  await state(one, 10, { 1: { w1: 6, w2: 1 } })
  expect(levels(one, "north", "1")).toEqual([6])
  const back = await restarted(one, BOTH)
  await nothing(back)
  expect(levels(back, "north", "1")).toEqual([7])
})

test("R-STK-1: a warehouse that is not taken any more is taken out of its branch, and not kept", async () => {
  const first = await withGoods(BOTH)
  await state(first, 9, { 1: { w1: 10, w2: 2 } })
  const one = await restarted(first, { ...ONE, w2: "ignore" })
  await nothing(one)
  expect(levels(one, "north", "1")).toEqual([10])
  const back = await restarted(one, BOTH)
  await nothing(back)
  expect(levels(back, "north", "1")).toEqual([10])
  expect(await told(back)).toMatch(/w2.*полную выгрузку остатков/u)
})

test("R-STK-4: a warehouse that moves to another branch takes its stock with it: nothing is there twice", async () => {
  const first = await withGoods({ ...BOTH, w3: "south" })
  await state(first, 9, { 1: { w1: 10, w2: 2, w3: 5 }, 2: { w2: 3 }, 3: { w3: 1 } })
  const moved = await restarted(first, { w1: "north", w2: "south", w3: "south" })
  await nothing(moved)
  expect([levels(moved, "north", "1", "2", "3"), levels(moved, "south", "1", "2", "3")]).toEqual([[10, 0, 0], [7, 3, 1]])
  await state(moved, 10, { 1: { w3: 6 } })
  expect(levels(moved, "south", "1")).toEqual([8])

  const all = await restarted(moved, { w1: "south", w2: "south", w3: "south" })
  await nothing(all)
  expect([levels(all, "north", "1", "2", "3"), levels(all, "south", "1", "2", "3")]).toEqual([[0, 0, 0], [18, 3, 1]])
  const swapped = await restarted(all, { w1: "south", w2: "north", w3: "north" })
  await state(swapped, 11, { 2: { w1: 9 } })
  expect([levels(swapped, "north", "1", "2", "3"), levels(swapped, "south", "1", "2", "3")]).toEqual([[8, 3, 1], [10, 9, 0]])
})

test("R-STK-1: two branches that changed their warehouses by mistake are put right", async () => {
  const first = await withGoods({ w1: "south", w2: "north" })
  await state(first, 9, { 1: { w1: 10, w2: 2 }, 2: { w1: 7 } })
  const right = await restarted(first, { w1: "north", w2: "south" })
  await nothing(right)
  expect([levels(right, "north", "1", "2"), levels(right, "south", "1", "2")]).toEqual([[10, 7], [2, 0]])
})

test("R-STK-1: a branch that loses its last warehouse keeps its stock until that one is elsewhere", async () => {
  const first = await withGoods(BOTH)
  await state(first, 9, { 1: { w1: 10, w2: 2 } })
  const none = await restarted(first, {})
  await state(none, 10, { 1: { w1: 4 } })
  expect(levels(none, "north", "1")).toEqual([12])
  const elsewhere = await restarted(none, { w1: "south" })
  await nothing(elsewhere)
  expect([levels(elsewhere, "north", "1"), levels(elsewhere, "south", "1")]).toEqual([[2], [4]])
})

test("R-STK-1: of two warehouses that led nowhere for a time one comes back, with what it said meanwhile", async () => {
  const first = await withGoods(BOTH)
  await state(first, 9, { 1: { w1: 10, w2: 2 }, 2: { w1: 7 } })
  const none = await restarted(first, {})
  await state(none, 10, { 1: { w1: 4, w2: 1 } })
  const back = await restarted(none, ONE)
  await state(back, 11, { 3: { w1: 1 } })
  expect(levels(back, "north", "1", "2", "3")).toEqual([4, 7, 1])
  const both = await restarted(back, BOTH)
  await nothing(both)
  expect(levels(both, "north", "1", "2", "3")).toEqual([5, 7, 1])
})

test("R-STK-1: a file from before a warehouse's last word says nothing of it in its new branch either (D2)", async () => {
  const first = await withGoods(ONE)
  await state(first, 11, { 1: { w1: 4 } })
  const moved = await restarted(first, { w1: "south" })
  await state(moved, 10, { 1: { w1: 9 } })
  expect([levels(moved, "north", "1"), levels(moved, "south", "1")]).toEqual([[0], [4]])
})

test("R-STK-4: what was sold since the branch's last statement stays sold when a warehouse joins or leaves", async () => {
  const first = await withGoods(ONE)
  await state(first, 9, { 1: { w1: 10, w2: 2 }, 2: { w1: 5, w2: 1 } })
  await sell(first, 9, 3)
  expect(levels(first, "north", "1", "2")).toEqual([7, 5])
  const both = await restarted(first, BOTH)
  await state(both, 10, { 3: { w1: 1 } })
  expect(levels(both, "north", "1", "2")).toEqual([9, 6])
  const one = await restarted(both, ONE)
  await state(one, 11, { 3: { w1: 2 } })
  expect(levels(one, "north", "1", "2")).toEqual([7, 5])
})

test("R-STK-1: of a shared branch a late file counts for the warehouse that it is news of, and for no other (D2)", async () => {
  const exchange = await withGoods(BOTH)
  await state(exchange, 8, { 1: { w1: 1, w2: 2 } })
  await state(exchange, 11, { 1: { w1: 10 } })
  await state(exchange, 9, { 1: { w1: 3, w2: 5 } })
  expect(levels(exchange, "north", "1")).toEqual([15])
  await state(exchange, 8, { 1: { w2: 9 } })
  expect([levels(exchange, "north", "1"), (await exchange.lastRun()).counts.stale]).toEqual([[15], 1])
  await state(exchange, 10, { 1: { w2: 0 } })
  expect(levels(exchange, "north", "1")).toEqual([10])
})

test("R-STK-1: goods that come after their stock in two warehouses of a branch have the sum, whichever spoke last", async () => {
  const exchange = await openExchange({ warehouses: BOTH })
  await state(exchange, 10, { 1: { w1: 5 }, 2: { w2: 4 } })
  await state(exchange, 9, { 1: { w2: 3 }, 2: { w1: 2 } })
  await exchange.send("import0_1.xml", goodsOf(item("1"), item("2")))
  expect(levels(exchange, "north", "1", "2")).toEqual([8, 6])
})

test("R-STK-2: an import that is cut off behind its run is done again, and no warehouse is added twice", async () => {
  const first = await withGoods(ONE)
  await state(first, 9, { 1: { w1: 10, w2: 2 }, 2: { w1: 7 } })
  const { storage } = first
  let cuts = 1
  const openRun: StorageService["stock"]["openRun"] = (source, options) =>
    Effect.map(storage.stock.openRun(source, options), (run) => ({
      ...run,
      finish: (extra) => Effect.tap(run.finish(extra), () => cuts-- > 0 ? Effect.die(new Error("cut off")) : Effect.void)
    }))
  const cut = await restarted(first, BOTH, {}, { ...storage, stock: { ...storage.stock, openRun } })
  const file = rests(10, { 2: { w2: 4 } })
  expect(await cut.send("rests.xml", file)).toMatch(/^failure\n/u)
  expect(levels(cut, "north", "1", "2")).toEqual([12, 11])
  expect(await cut.send("rests.xml", file)).toBe("success")
  expect(levels(cut, "north", "1", "2")).toEqual([12, 11])
  await state(cut, 11, { 1: { w1: 1 } })
  expect(levels(cut, "north", "1", "2")).toEqual([3, 11])
})

test("R-STK-2: what is kept of warehouses cannot be written: nothing is changed, and the next try does all of it", async () => {
  const first = await withGoods(ONE)
  await state(first, 9, { 1: { w1: 10, w2: 2, elsewhere: 1 } })
  for (const file of ["shares.bin", "moved.bin", "parked-stock.bin"]) {
    mkdirSync(join(first.folder, `${file}.new`))
    const both = await restarted(first, BOTH)
    expect(await both.send("rests.xml", rests(10, { 1: { w2: 3 } }))).toMatch(/^failure\n/u)
    expect(levels(both, "north", "1")).toEqual([10])
    await both.close()
    rmdirSync(join(first.folder, `${file}.new`))
  }
  const both = await restarted(first, BOTH)
  await nothing(both)
  expect(levels(both, "north", "1")).toEqual([12])
})

test("R-STK-2: held or given up, a file leaves warehouses where a later one finds them, also when they move back", async () => {
  const first = await withGoods({ w1: "north", w2: "south" })
  await state(first, 9, { 1: { w1: 10, w2: 2 }, 2: { w1: 7 } })
  const held = await restarted(first, { w1: "south", w2: "south" }, { review: true })
  expect(await held.send("rests.xml", rests(10, { 3: { w1: 1 } }))).toContain("остановлен")
  expect([levels(held, "north", "1", "2"), levels(held, "south", "1", "2")]).toEqual([[10, 7], [2, 0]])

  const back = await restarted(held, { w1: "north", w2: "south" }, { review: true })
  expect(await back.send("rests.xml", rests(11, { 3: { w1: 1 } }))).toContain("остановлен")
  const same = await restarted(back, { w1: "north", w2: "south" })
  await nothing(same)
  expect([levels(same, "north", "1", "2"), levels(same, "south", "1", "2")]).toEqual([[10, 7], [2, 0]])

  const moved = await restarted(same, { w1: "south", w2: "south" })
  await nothing(moved)
  expect([levels(moved, "north", "1", "2"), levels(moved, "south", "1", "2")]).toEqual([[0, 0], [12, 7]])
})

test("R-STK-4: what is sold while a file is held stays sold, also when its warehouses move back", async () => {
  const first = await withGoods({ w1: "north", w2: "south" })
  await state(first, 9, { 1: { w1: 10, w2: 2 } })
  const held = await restarted(first, { w1: "south", w2: "south" }, { review: true })
  expect(await held.send("rests.xml", rests(10, { 3: { w1: 1 } }))).toContain("остановлен")
  await sell(held, 10, 3)
  const back = await restarted(held, { w1: "north", w2: "south" })
  await state(back, 11, { 3: { w1: 2 } })
  expect([levels(back, "north", "1"), levels(back, "south", "1")]).toEqual([[7], [2]])
})
