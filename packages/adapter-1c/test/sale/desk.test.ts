import { BranchId, type FulfilmentStatus, type Order } from "@aptekit/core"
import { makeFulfilment, makeOrder, withPart } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { newFolder, openSale, requisite } from "./desk-of.ts"
import { FakeLane } from "./lane.ts"

const laneOf = (...ns: ReadonlyArray<number>): FakeLane => {
  const lane = new FakeLane()
  for (const n of ns) lane.put(makeOrder({ n }))
  return lane
}

/** An order in its lane, as it is now. */
const change = (lane: FakeLane, n: number, over: Partial<Order["fulfilments"][number]>): void => {
  const order = [...lane.orders.values()].find(({ number }) => number === String(1000 + n))!
  lane.put(withPart(order, over))
}

test("R-ORD-6: the same query gives the same documents until success; then they are gone", async () => {
  const lane = laneOf(1, 2)
  const { desk, documents, numbers } = await openSale(lane)
  const first = await documents("s1")
  expect(await documents("s1")).toEqual(first)
  expect(await documents("s2")).toEqual(first)
  await desk.success("s2")
  expect(await numbers("s3")).toEqual([])
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: an order of two parts is two documents, confirmed together", async () => {
  const lane = new FakeLane()
  const order = makeOrder({ n: 1 })
  lane.put({ ...order, fulfilments: [...order.fulfilments, makeFulfilment({ n: 1, branch: "north" }, 2)] })
  const { desk, numbers } = await openSale(lane)
  expect(await numbers("s1")).toEqual(["1001-1", "1001-2"])
  await desk.success("s1")
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: success confirms what the query offered, not what came since", async () => {
  const lane = laneOf(1)
  const { desk, numbers } = await openSale(lane)
  await numbers("s1")
  change(lane, 1, { status: "accepted" })
  lane.put(makeOrder({ n: 2 }))
  await desk.success("s1")
  expect(lane.numbers).toEqual(["1001", "1002"])
})

test("R-ORD-6: a restart between query and success loses nothing", async () => {
  const lane = laneOf(1, 2)
  const folder = newFolder()
  await (await openSale(lane, {}, { folder })).numbers("s1")
  await (await openSale(lane, {}, { folder })).desk.success("s1")
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: success without its session (no cookies) confirms the last offer; without an offer it is harmless", async () => {
  const lane = laneOf(1)
  const { desk, numbers } = await openSale(lane)
  await desk.success("s0")
  expect(lane.numbers).toEqual(["1001"])
  await numbers("s1")
  await desk.success("lost")
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: each session confirms its own offer", async () => {
  const lane = laneOf(1)
  const { desk, numbers } = await openSale(lane)
  await numbers("s1")
  lane.put(makeOrder({ n: 2 }))
  await numbers("s2")
  await desk.success("s1")
  expect(lane.numbers).toEqual(["1002"])
  await desk.success("s2")
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: with `repeat` a query in a later session confirms the former, if its answer left us whole (fact 50)", async () => {
  const lane = laneOf(1)
  const { desk } = await openSale(lane, { confirm: "repeat" })
  await desk.query("s1", "bitrix")
  await desk.query("s2", "bitrix")
  expect(lane.numbers).toEqual(["1001"])
  await (await desk.query("s3", "bitrix")).delivered()
  await desk.query("s3", "bitrix")
  expect(lane.numbers).toEqual(["1001"])
  await (await desk.query("s3", "bitrix")).delivered()
  await desk.query("s4", "bitrix")
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: with `success` a repetition confirms nothing", async () => {
  const lane = laneOf(1)
  const { desk, numbers } = await openSale(lane)
  for (const turn of ["s1", "s2", "s3"]) await (await desk.query(turn, "ut")).delivered()
  expect(await numbers("s4")).toEqual(["1001-1"])
})

test("R-ORD-6: batches are as small as set", async () => {
  const { desk, numbers } = await openSale(laneOf(1, 2, 3, 4, 5), { batch: 2 })
  const seen: Array<ReadonlyArray<string>> = []
  for (let i = 0; i < 4; i++) {
    seen.push(await numbers(`s${i}`))
    await desk.success(`s${i}`)
  }
  expect(seen).toEqual([["1001-1", "1002-1"], ["1003-1", "1004-1"], ["1005-1"], []])
})

/** 1C that stumbles over these: such a batch is not confirmed (fact 51). */
const exchanges = async (lane: FakeLane, poison: ReadonlyArray<string>, most: number, config = {}): Promise<number> => {
  const { desk, numbers } = await openSale(lane, config)
  for (let i = 1; i <= most; i++) {
    const offered = await numbers(`s${i}`)
    if (offered.length === 0 && lane.numbers.length === 0) return i
    if (offered.length > 0 && !offered.some((number) => poison.includes(number))) await desk.success(`s${i}`)
  }
  return most + 1
}

test("R-ORD-6: a poison order is found by halves and put aside; all the others arrive", async () => {
  const lane = laneOf(...Array.from({ length: 50 }, (_, i) => i + 1))
  const used = await exchanges(lane, ["1023-1"], 40, { tries: 5, aloneTries: 3 })
  expect([...lane.dead.keys()]).toEqual([[...lane.orders.values()][22]!.id])
  expect([...lane.dead.values()][0]).toMatch(/^1С не подтвердила заказ 1023-1 и после 3 попыток по одному/u)
  expect(lane.numbers).toEqual([])
  expect(used).toBeLessThanOrEqual(25)
})

test("R-ORD-6: several poison orders are each found", async () => {
  const lane = laneOf(...Array.from({ length: 20 }, (_, i) => i + 1))
  await exchanges(lane, ["1001-1", "1002-1", "1017-1"], 100, { batch: 10 })
  expect([...lane.dead.keys()].map((id) => lane.orders.get(id)!.number)).toEqual(["1001", "1002", "1017"])
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: a base that confirms nothing costs one order, not all, and is told once as a failed run", async () => {
  const lane = laneOf(1, 2, 3, 4)
  const { numbers, runs, desk } = await openSale(lane, { tries: 2, aloneTries: 2 })
  for (let i = 0; i < 40; i++) await numbers(`s${i}`)
  expect(lane.dead.size).toBe(1)
  expect(runs.ended.map(({ state, error }) => [state, error])).toEqual([["failed", expect.stringMatching(/orders\.confirm/u)]])
  // It works again: the rest goes, one after another.
  for (let i = 40; i < 50; i++) {
    await numbers(`s${i}`)
    await desk.success(`s${i}`)
  }
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: an order whose goods 1C does not know is put aside with a case, the next ones go", async () => {
  const lane = new FakeLane()
  lane.put(makeOrder({ n: 1, lines: [{ product: "ibuprofen", quantity: 1 }] }))
  lane.put(makeOrder({ n: 2 }))
  lane.unknownProducts.add("ibuprofen")
  const { numbers } = await openSale(lane)
  expect(await numbers("s1")).toEqual(["1002-1"])
  expect(lane.cases).toEqual([[expect.any(String), "needsErpAction", expect.stringMatching(/^Товар «Ибупрофен/u)]])
  expect(lane.dead.size).toBe(1)
})

test.for([
  ["placed", "assigned", false], ["operator", "assigned", false], ["assigned", "assigned", true],
  ["assigned", "accepted", false], ["accepted", "accepted", true], ["closed", "assigned", true],
  ["cancelled", "assigned", false], ["expired", "assigned", false]
] as ReadonlyArray<readonly [FulfilmentStatus, "assigned" | "accepted", boolean]>)(
  "R-ORD-6: a part that 1C never had, in %s with sendFrom %s: told = %s, else confirmed without a word",
  async ([status, sendFrom, told]) => {
    const lane = new FakeLane()
    lane.put(makeOrder({ n: 1, status }))
    const { numbers } = await openSale(lane, { sendFrom })
    expect(await numbers("s1")).toEqual(told ? ["1001-1"] : [])
    expect(lane.numbers).toEqual(told ? ["1001"] : [])
  }
)

test("R-ORD-6: pages of news that concern nobody do not hide an order", async () => {
  const lane = new FakeLane()
  for (let n = 1; n <= 7; n++) lane.put(makeOrder({ n, status: "placed" }))
  lane.put(makeOrder({ n: 8 }))
  const { numbers } = await openSale(lane, { batch: 2 })
  expect(await numbers("s1")).toEqual(["1008-1"])
})

test("R-ORD-6: a cancellation of what was offered is told, confirmed or not: 1C may have loaded it (fact 51)", async () => {
  const lane = laneOf(1)
  const { documents, desk } = await openSale(lane)
  await documents("s1")
  change(lane, 1, { status: "cancelled" })
  const [document] = await documents("s2")
  expect([requisite(document!, "Отменен"), requisite(document!, "Статус заказа")]).toEqual(["true", "Отменен"])
  await desk.success("s2")
  expect(lane.cases).toEqual([])
  change(lane, 1, { note: "later" })
  expect(await documents("s3")).toEqual([])
})

test("R-ORD-6: a part that went to another base's branch is cancelled in this one", async () => {
  const lane = laneOf(1)
  const { documents, desk } = await openSale(lane)
  await documents("s1")
  await desk.success("s1")
  change(lane, 1, { branchId: BranchId.make("elsewhere") })
  const order = [...lane.orders.values()][0]!
  lane.left.set(order.id, order.fulfilments)
  const [document] = await documents("s2")
  expect(requisite(document!, "Отменен")).toBe("true")
})

test.for([["ut", 1], ["unf", 0]] as const)(
  "R-ORD-6: %s: cancelling what 1C has approved opens %s case 'needs action in 1C' (fact 53)",
  async ([dialect, cases]) => {
    const lane = laneOf(1)
    const { documents, desk, ledger } = await openSale(lane, {}, { dialect })
    await documents("s1")
    await desk.success("s1")
    ledger.remember("1001-1", { fulfilmentId: [...lane.orders.values()][0]!.fulfilments[0]!.id, at: 0, approved: true, documentId: "СА-1" })
    change(lane, 1, { status: "cancelled" })
    expect(await documents("s2")).toHaveLength(1)
    expect(lane.cases).toHaveLength(cases)
    if (cases === 1) expect(lane.cases[0]![2]).toMatch(/^Заказ 1001-1 у нас отменён, а в 1С уже согласован.+СА-1/u)
  }
)

test("R-ORD-6: after approval УТ is not bothered with changes that it would skip", async () => {
  const lane = laneOf(1)
  const { documents, desk, ledger } = await openSale(lane)
  await documents("s1")
  await desk.success("s1")
  ledger.remember("1001-1", { fulfilmentId: [...lane.orders.values()][0]!.fulfilments[0]!.id, at: 0, approved: true })
  change(lane, 1, { status: "assembled" })
  expect(await documents("s2")).toEqual([])
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: a damaged ledger offers again, under the same numbers", async () => {
  const { writeFileSync } = await import("node:fs")
  const lane = laneOf(1)
  const folder = newFolder()
  await (await openSale(lane, {}, { folder })).numbers("s1")
  writeFileSync(`${folder}/orders.json`, "{")
  expect(await (await openSale(lane, {}, { folder })).numbers("s1")).toEqual(["1001-1"])
})

test("R-ORD-6: an order that was put aside is not confirmed by the success of an exchange that offered nothing", async () => {
  const lane = laneOf(1)
  const { desk, numbers } = await openSale(lane)
  expect(await numbers("s1")).toEqual(["1001-1"])
  lane.unknownProducts.add("aspirin").add("ibuprofen")
  expect(await numbers("s2")).toEqual([])
  expect([...lane.dead.values()]).toHaveLength(1)
  await desk.success("s2")
  lane.dead.clear()
  expect(lane.numbers).toEqual(["1001"])
})

test("R-ORD-6: two bases: a part that is new to this one keeps the case that the other one has opened", async () => {
  const lane = laneOf(1)
  const { id } = [...lane.orders.values()][0]!.fulfilments[0]!
  await lane.needsAction(id, "needsErpAction", "Отмените его в другой базе вручную.")
  const { numbers, desk } = await openSale(lane)
  expect(await numbers("s1")).toEqual(["1001-1"])
  await desk.success("s1")
  expect(lane.openCase(id)).toBe("Отмените его в другой базе вручную.")
})

test.for([false, true])("R-ORD-6: goods that came after an order was put aside close its case; 1C had it before: %s", async (known) => {
  const lane = laneOf(1)
  const folder = newFolder()
  const { numbers, desk } = await openSale(lane, {}, { folder })
  if (known) {
    await numbers("s1")
    await desk.success("s1")
    change(lane, 1, { status: "accepted" })
  }
  lane.unknownProducts.add("aspirin")
  expect(await numbers("s2")).toEqual([])
  const { id } = [...lane.orders.values()][0]!.fulfilments[0]!
  expect(lane.openCase(id)).toMatch(/^Товар «Аспирин/u)
  lane.unknownProducts.clear()
  lane.dead.clear()
  expect(await (await openSale(lane, {}, { folder })).numbers("s3")).toEqual(["1001-1"])
  expect(lane.openCase(id)).toBeUndefined()
})

test("R-ORD-6: killed while it puts a poison order aside, the hub offers it once more when it is replayed", async () => {
  const lane = laneOf(1)
  const folder = newFolder()
  const rules = { tries: 1, aloneTries: 1 }
  const { quarantine } = lane
  lane.quarantine = async (...told) => {
    await quarantine(...told)
    throw new Error("killed")
  }
  const before = await openSale(lane, rules, { folder })
  await before.numbers("s1")
  await before.numbers("s2")
  await expect(before.numbers("s3")).rejects.toThrow("killed")
  lane.quarantine = quarantine
  lane.dead.clear()
  expect(await (await openSale(lane, rules, { folder })).numbers("s4")).toEqual(["1001-1"])
})

test("R-ORD-6: killed while it puts an order aside, the hub closes its case all the same once it can be sent", async () => {
  const lane = laneOf(1)
  const folder = newFolder()
  const { quarantine } = lane
  lane.quarantine = async (...told) => {
    await quarantine(...told)
    throw new Error("killed")
  }
  lane.unknownProducts.add("aspirin")
  await expect((await openSale(lane, {}, { folder })).numbers("s1")).rejects.toThrow("killed")
  lane.dead.clear()
  lane.unknownProducts.clear()
  expect(await (await openSale(lane, {}, { folder })).numbers("s2")).toEqual(["1001-1"])
  expect(lane.openCase([...lane.orders.values()][0]!.fulfilments[0]!.id)).toBeUndefined()
})

test("R-ORD-6: that 1C confirms nothing is said when it can be noted, if not at once", async () => {
  const lane = laneOf(1, 2)
  const { numbers, runs } = await openSale(lane, { tries: 1, aloneTries: 1 })
  runs.broken = true
  let failed = 0
  for (let i = 0; i < 12; i++) await numbers(`s${i}`).catch(() => failed++)
  expect(failed).toBeGreaterThan(1)
  runs.broken = false
  for (let i = 12; i < 16; i++) await numbers(`s${i}`)
  expect(runs.ended.map(({ state }) => state)).toEqual(["failed"])
})
