import { BranchId } from "@aptekit/core"
import { makeOrder, withPart } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { backFile, receive } from "./back-file.ts"
import { newFolder, openSale, type Sale } from "./desk-of.ts"
import { ELSEWHERE, FakeLane } from "./lane.ts"

const back = (sale: Sale, pairs: Readonly<Record<string, string>>): Promise<{ readonly rejects: ReadonlyArray<unknown> }> =>
  receive(sale, backFile({ number: "1001-1", id: "doc-1", pairs, goods: { aspirin: 1 } }))

const partOf = (lane: FakeLane): string => [...lane.orders.values()][0]!.fulfilments[0]!.id

const exchange = async ({ numbers, desk }: Sale, turn: string): Promise<ReadonlyArray<string>> => {
  const offered = await numbers(turn)
  await desk.success(turn)
  return offered
}

const move = (lane: FakeLane, branchId: BranchId): void => {
  const order = [...lane.orders.values()][0]!
  if (branchId === ELSEWHERE) lane.left.set(order.id, order.fulfilments)
  lane.put(withPart(order, { branchId }))
}

/** УТ has the order; then the part goes to a branch of another base, and УТ has answered success for the cancellation. */
const departed = async (approved: boolean): Promise<{ readonly lane: FakeLane; readonly sale: Sale; readonly folder: string }> => {
  const lane = new FakeLane()
  lane.put(makeOrder({ n: 1, status: "accepted" }))
  const folder = newFolder()
  const sale = await openSale(lane, {}, { folder })
  await exchange(sale, "s1")
  if (approved) await back(sale, { Проведен: "true" })
  move(lane, ELSEWHERE)
  expect(await exchange(sale, "s2")).toEqual(["1001-1"])
  return { lane, sale, folder }
}

test("R-ORD-6, R8: a part that went to another base: what must be cancelled here by hand is a case until it is, restart or not", async () => {
  const { lane, folder } = await departed(true)
  expect(lane.openCase(partOf(lane))).toContain("передан другому филиалу")
  const sale = await openSale(lane, {}, { folder })
  expect((await back(sale, { Отменен: "true" })).rejects).toEqual([])
  expect(lane.openCase(partOf(lane))).toBeUndefined()
  expect(sale.ledger.parts.size).toBe(0)
})

test.for(["Проведен", "Отгружен"])("R-ORD-6, R8: УТ had approved it before the cancellation came, and skipped it: %s", async (flag) => {
  const { lane, sale } = await departed(false)
  expect(lane.openCase(partOf(lane))).toBeUndefined()
  expect((await back(sale, { [flag]: "true" })).rejects).toEqual([])
  expect(lane.openCase(partOf(lane))).toContain("Отмените его в 1С вручную")
  await back(sale, { Отменен: "true" })
  expect(lane.openCase(partOf(lane))).toBeUndefined()
})

test("R-ORD-6: a part that comes back to this base is no more to be cancelled in it", async () => {
  const { lane, sale } = await departed(true)
  move(lane, BranchId.make("north"))
  expect(await exchange(sale, "s3")).toEqual([])
  expect(lane.openCase(partOf(lane))).toBeUndefined()
  lane.put(withPart([...lane.orders.values()][0]!, { status: "assembled" }))
  await exchange(sale, "s4")
  expect(lane.cases).toHaveLength(1)
})
