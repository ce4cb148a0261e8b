import { BranchId } from "@aptekit/core"
import { makeOrder, TEST_NOW, withPart } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"
import { newFolder, openSale, requisite } from "./desk-of.ts"
import { FakeLane } from "./lane.ts"

const MINUTE = 60_000

const laneOf = (...ns: ReadonlyArray<number>): FakeLane => {
  const lane = new FakeLane()
  for (const n of ns) lane.put(makeOrder({ n }))
  return lane
}

describe("R-ORD-6: each session confirms what it was answered itself", () => {
  test.for([false, true])("with nothing: its success confirms no other's offer; hub restarted: %s", async (restarted) => {
    const lane = new FakeLane()
    const folder = newFolder()
    const sale = await openSale(lane, {}, { folder })
    expect(await sale.numbers("a")).toEqual([])
    lane.put(makeOrder({ n: 1 }))
    // The answer to b is cut off on its way.
    await sale.desk.query("b", "ut")
    const after = restarted ? await openSale(lane, {}, { folder }) : sale
    await after.desk.success("a")
    expect(lane.numbers).toEqual(["1001"])
    expect(await after.numbers("c")).toEqual(["1001-1"])
  })

  test("once: its success repeated, after a lost answer, confirms no other's offer", async () => {
    const lane = laneOf(1)
    const { desk, numbers } = await openSale(lane)
    await numbers("a")
    await desk.success("a")
    lane.put(makeOrder({ n: 2 }))
    await numbers("b")
    await desk.success("a")
    expect(lane.numbers).toEqual(["1002"])
    await desk.success("b")
    expect(lane.numbers).toEqual([])
  })

  test("and asking anew begins anew", async () => {
    const lane = laneOf(1)
    const { desk, numbers } = await openSale(lane)
    await numbers("a")
    await desk.success("a")
    lane.put(makeOrder({ n: 2 }))
    expect(await numbers("a")).toEqual(["1002-1"])
    await desk.success("a")
    expect(lane.numbers).toEqual([])
  })

  test("whatever was confirmed by another one meanwhile", async () => {
    const lane = laneOf(1)
    const { desk, numbers } = await openSale(lane)
    await numbers("a")
    await numbers("b")
    await desk.success("b")
    lane.put(makeOrder({ n: 2 }))
    await numbers("c")
    await desk.success("a")
    expect(lane.numbers).toEqual(["1002"])
  })
})

describe("R-ORD-6: success of a session that nobody knows", () => {
  test("confirms nothing where the only answer did not leave us whole", async () => {
    const lane = laneOf(1)
    const { desk, numbers } = await openSale(lane)
    const { delivered } = await desk.query("a", "ut")
    await desk.success("lost")
    expect(lane.numbers).toEqual(["1001"])
    await delivered()
    await desk.success("lost")
    expect(lane.numbers).toEqual([])
    expect(await numbers("b")).toEqual([])
  })

  test("confirms what all sessions hold whose success may still come", async () => {
    const lane = laneOf(1)
    const { desk, numbers } = await openSale(lane)
    await numbers("a")
    lane.put(makeOrder({ n: 2 }))
    await numbers("b")
    await desk.success("lost")
    expect(lane.numbers).toEqual(["1002"])
    await desk.success("lost")
    expect(lane.numbers).toEqual([])
  })

  test("confirms the older state where one of them has an older state of the order", async () => {
    const lane = laneOf(1)
    const { desk, numbers } = await openSale(lane)
    await numbers("a")
    lane.put(withPart([...lane.orders.values()][0]!, { status: "accepted" }))
    await numbers("b")
    await desk.success("lost")
    expect(lane.numbers).toEqual(["1001"])
  })

  test("may be that of the session which was answered with nothing, while that may still come", async () => {
    const lane = new FakeLane()
    let at = TEST_NOW
    const { desk, numbers } = await openSale(lane, {}, { now: () => at })
    await numbers("a")
    lane.put(makeOrder({ n: 1 }))
    await numbers("b")
    await desk.success("lost")
    expect(lane.numbers).toEqual(["1001"])
    at += 3 * MINUTE
    await desk.success("lost")
    expect(lane.numbers).toEqual([])
  })

  test("is not that of one which was answered with nothing and has said so", async () => {
    const lane = new FakeLane()
    const { desk, numbers } = await openSale(lane)
    await numbers("a")
    await desk.success("lost")
    lane.put(makeOrder({ n: 1 }))
    await numbers("b")
    await desk.success("lost")
    expect(lane.numbers).toEqual([])
  })

  test("is not that of an exchange which ended an hour ago", async () => {
    const lane = laneOf(1)
    let at = TEST_NOW
    const { desk, numbers } = await openSale(lane, {}, { now: () => at })
    await numbers("a")
    at += 60 * MINUTE
    await desk.success("lost")
    expect(lane.numbers).toEqual(["1001"])
    lane.put(makeOrder({ n: 2 }))
    await numbers("b")
    await desk.success("lost")
    expect(lane.numbers).toEqual([])
  })
})

test("R-ORD-6: an answer that came whole says nothing of the next one to the same session", async () => {
  const lane = laneOf(1)
  const { desk } = await openSale(lane, { confirm: "repeat" })
  const first = await desk.query("a", "bitrix")
  lane.put(makeOrder({ n: 2 }))
  await desk.query("a", "bitrix")
  await first.delivered()
  await desk.query("b", "bitrix")
  expect(lane.numbers).toEqual(["1001", "1002"])
})

test("R-ORD-6: what ended without a word is no failure of the answer that had it before", async () => {
  const lane = laneOf(1)
  const { numbers, desk, ledger } = await openSale(lane, { tries: 2, batch: 4 })
  await numbers("a")
  const order = [...lane.orders.values()][0]!
  ledger.remember("1001-1", { fulfilmentId: order.fulfilments[0]!.id, at: TEST_NOW, approved: true })
  lane.put(withPart(order, { status: "assembled" }))
  expect(await numbers("b")).toEqual([])
  for (let n = 2; n <= 5; n++) lane.put(makeOrder({ n }))
  expect(await numbers("c")).toHaveLength(4)
  await desk.success("a")
  expect(lane.numbers).toHaveLength(4)
})

test("R-ORD-6: a part that came back while its cancellation was on its way is not forgotten with it", async () => {
  const lane = laneOf(1)
  const { desk, documents } = await openSale(lane)
  await documents("a")
  await desk.success("a")
  const order = [...lane.orders.values()][0]!
  lane.put(withPart(order, { branchId: BranchId.make("elsewhere") }))
  lane.left.set(order.id, order.fulfilments)
  await documents("b")
  lane.put(order)
  lane.left.delete(order.id)
  await documents("c")
  await desk.success("b")
  await desk.success("c")
  lane.put(withPart(order, { status: "cancelled" }))
  const [cancelled] = await documents("d")
  expect(cancelled === undefined ? null : requisite(cancelled, "Отменен")).toBe("true")
})
