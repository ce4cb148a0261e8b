import { BranchId, type Order, ProductId } from "@aptekit/core"
import { makeLine, makeOrder, TEST_NOW, withPart } from "@aptekit/core/testing"
import { cpSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { backFile, receive } from "./back-file.ts"
import { newFolder, openSale, type Sale } from "./desk-of.ts"
import { FakeLane } from "./lane.ts"

type Change = (order: Order) => Order

const part = (lane: FakeLane): string => [...lane.orders.values()][0]!.fulfilments[0]!.id
const change = (lane: FakeLane, how: Change): void => lane.put(how([...lane.orders.values()][0]!))

const lines = (aspirin: number, ibuprofen = 0): Change => (order) =>
  withPart(order, {
    lines: [
      makeLine(1, { product: "aspirin", quantity: aspirin }),
      ...(ibuprofen === 0 ? [] : [makeLine(2, { product: "ibuprofen", quantity: ibuprofen })])
    ]
  })
const status = (status: Order["fulfilments"][number]["status"]): Change => (order) => withPart(order, { status })
const address = (text: string): Change => (order) => ({ ...order, delivery: { type: "courier", address: { text, point: null } } })

const APPROVED = { Проведен: "true", "Номер по 1С": "СА-1" }
const back = (sale: Sale, aspirin: number, pairs: Readonly<Record<string, string>> = APPROVED): Promise<unknown> =>
  receive(sale, backFile({ number: "1001-1", id: "doc-1", pairs, goods: { aspirin } }))

interface World {
  readonly lane: FakeLane
  readonly sale: Sale
  readonly folder: string
  /** An exchange of 1C without anything to send back: the numbers that it was offered. */
  readonly exchange: () => Promise<ReadonlyArray<string>>
}

let turn = 0

const exchangeWith = async ({ numbers, desk }: Sale): Promise<ReadonlyArray<string>> => {
  const name = `s${turn++}`
  const offered = await numbers(name)
  await desk.success(name)
  return offered
}

/** An order of one aspirin that УТ has loaded and approved. */
const approved = async (options: Parameters<typeof openSale>[2] = {}): Promise<World> => {
  const lane = new FakeLane()
  lane.put(makeOrder({ n: 1, status: "accepted" }))
  const folder = newFolder()
  const sale = await openSale(lane, {}, { folder, ...options })
  await exchangeWith(sale)
  await back(sale, 1)
  return { lane, sale, folder, exchange: () => exchangeWith(sale) }
}

test("R-ORD-6, R8: lines changed after УТ approved: a case that says what is to be entered there, no document, once", async () => {
  const { lane, exchange } = await approved()
  change(lane, lines(2))
  expect(await exchange()).toEqual([])
  expect(lane.openCase(part(lane))).toMatch(
    /^Заказ 1001-1 изменён у нас, а в 1С уже согласован: внесите изменения в 1С вручную \(документ doc-1\)\. Изменилось: товары, количество или цены\. Редакция [0-9a-f]{6}\.$/u
  )
  expect(lane.numbers).toEqual([])
  change(lane, status("assembled"))
  change(lane, (order) => ({ ...order, payment: { ...order.payment, state: "paid" } }))
  expect(await exchange()).toEqual([])
  expect(lane.cases).toHaveLength(1)
  change(lane, lines(3))
  await exchange()
  expect(lane.cases.map(([, , comment]) => comment)).toHaveLength(2)
  expect(new Set(lane.cases.map(([, , comment]) => comment)).size).toBe(2)
})

test.for([
  ["packed", status("assembled")],
  ["paid", (order) => ({ ...order, payment: { ...order.payment, state: "paid" } })],
  ["its goods are held and scanned", (order) => withPart(order, { lines: [makeLine(1, { product: "aspirin", quantity: 1, held: 0 })] })],
  ["a note of the branch", (order) => withPart(order, { note: "later" })]
] as ReadonlyArray<readonly [string, Change]>)("R-ORD-6: %s: that is nothing to enter in 1C", async ([, how]) => {
  const { lane, exchange } = await approved()
  change(lane, how)
  expect(await exchange()).toEqual([])
  expect(lane.cases).toEqual([])
})

test.for([
  ["товары, количество или цены", lines(1, 1)],
  ["товары, количество или цены", (order) => withPart(order, { lines: [{ ...makeLine(1, { product: "aspirin", quantity: 1 }), productId: ProductId.make("ibuprofen") }] })],
  ["филиал", (order) => withPart(order, { branchId: BranchId.make("south") })],
  ["покупатель", (order) => ({ ...order, customer: { ...order.customer, phone: "+77010000009" } })],
  ["способ или адрес доставки", address("Алматы, Абая, 1")],
  ["способ оплаты", (order) => ({ ...order, payment: { ...order.payment, method: "card" } })],
  ["комментарий", (order) => ({ ...order, comment: "Позвонить" })],
  ["товары, количество или цены, комментарий", (order) => ({ ...lines(2)(order), comment: "Позвонить" })]
] as ReadonlyArray<readonly [string, Change]>)("R-ORD-6: what a person must enter in 1C is named, without its words: %s", async ([words, how]) => {
  const { lane, exchange } = await approved()
  change(lane, how)
  await exchange()
  expect(lane.openCase(part(lane))).toContain(`Изменилось: ${words}. Редакция`)
  expect(lane.openCase(part(lane))).not.toMatch(/Абая|Позвонить|7701/u)
})

test("R-ORD-6: a base that takes changes after approval gets them, without a case", async () => {
  const { lane, exchange } = await approved({ dialect: "unf" })
  change(lane, lines(2))
  expect(await exchange()).toEqual(["1001-1"])
  expect(lane.cases).toEqual([])
})

describe("R-ORD-6: the case 'enter it in 1C' closes", () => {
  test("when the document comes back with the new lines, not before", async () => {
    const { lane, sale, exchange } = await approved()
    change(lane, lines(2))
    await exchange()
    await back(sale, 1)
    expect(lane.openCase(part(lane))).toBeDefined()
    await back(sale, 2)
    expect(lane.openCase(part(lane))).toBeUndefined()
    change(lane, status("assembled"))
    await exchange()
    expect(lane.cases).toHaveLength(1)
  })

  test("not by its lines where an address is to be entered as well", async () => {
    const { lane, sale, exchange } = await approved()
    change(lane, (order) => address("Алматы, Абая, 1")(lines(2)(order)))
    await exchange()
    await back(sale, 2)
    expect(lane.openCase(part(lane))).toBeDefined()
  })

  test("when the change is taken back here", async () => {
    const { lane, exchange } = await approved()
    change(lane, lines(2))
    await exchange()
    change(lane, lines(1))
    await exchange()
    expect(lane.openCase(part(lane))).toBeUndefined()
    expect(lane.cases).toHaveLength(1)
  })

  test("but what a person has entered already must be taken back there as well", async () => {
    const { lane, exchange } = await approved()
    change(lane, lines(2))
    await exchange()
    lane.seeTo(part(lane))
    change(lane, status("assembled"))
    await exchange()
    expect(lane.cases).toHaveLength(1)
    change(lane, lines(1))
    await exchange()
    expect(lane.openCase(part(lane))).toContain("изменён у нас")
  })

  test("when 1C sells it", async () => {
    const { lane, sale, exchange } = await approved()
    change(lane, lines(2))
    await exchange()
    expect(lane.openCase(part(lane))).toBeDefined()
    lane.onFact = status("closed")
    await back(sale, 1, { ...APPROVED, Отгружен: "true" })
    expect(lane.openCase(part(lane))).toBeUndefined()
  })

  test("when it is sold here", async () => {
    const { lane, exchange } = await approved()
    change(lane, lines(2))
    await exchange()
    expect(lane.openCase(part(lane))).toBeDefined()
    change(lane, status("closed"))
    expect(await exchange()).toEqual([])
    expect(lane.openCase(part(lane))).toBeUndefined()
  })

  test("and becomes that of the cancellation when the part is cancelled", async () => {
    const { lane, sale, exchange } = await approved()
    change(lane, lines(2))
    await exchange()
    change(lane, status("cancelled"))
    await exchange()
    expect(lane.openCase(part(lane))).toContain("у нас отменён")
    await back(sale, 1, { Отменен: "true" })
    expect(lane.openCase(part(lane))).toBeUndefined()
  })

  test("when 1C takes changes again: the next one goes as a document", async () => {
    const { lane, sale, exchange } = await approved()
    change(lane, lines(2))
    await exchange()
    await back(sale, 1, { Проведен: "false" })
    change(lane, lines(3))
    expect(await exchange()).toEqual(["1001-1"])
    expect(lane.openCase(part(lane))).toBeUndefined()
  })
})

describe("R-ORD-6: no case where there is nothing to enter", () => {
  test("1C itself has cut the lines, and ours are made to agree", async () => {
    const { lane, sale, exchange } = await approved()
    change(lane, lines(3))
    await exchange()
    await back(sale, 3)
    await back(sale, 2)
    change(lane, status("assembled"))
    await exchange()
    change(lane, lines(2))
    await exchange()
    expect([lane.cases.length, lane.openCase(part(lane))]).toEqual([1, undefined])
  })

  test("a part that an older version remembers, without what it was told", async () => {
    const { lane, sale, exchange } = await approved()
    sale.ledger.remember("1001-1", { fulfilmentId: part(lane), at: TEST_NOW, told: null, theirs: null })
    change(lane, status("assembled"))
    await exchange()
    expect(lane.cases).toEqual([])
    change(lane, lines(2))
    await exchange()
    expect(lane.cases).toHaveLength(1)
  })
})

test("R-ORD-6: what was offered but never confirmed before 1C approved is not taken for told", async () => {
  const lane = new FakeLane()
  lane.put(makeOrder({ n: 1, status: "accepted" }))
  const sale = await openSale(lane)
  await exchangeWith(sale)
  change(lane, address("Алматы, Абая, 1"))
  await sale.desk.query("cut", "ut")
  await back(sale, 1)
  expect(await exchangeWith(sale)).toEqual([])
  expect(lane.openCase(part(lane))).toContain("Изменилось: способ или адрес доставки")
})

test("R-ORD-6: killed after the case was opened, the hub says the same words again, which are the same case", async () => {
  const { lane, folder } = await approved()
  const copy = newFolder()
  cpSync(folder, copy, { recursive: true })
  change(lane, lines(2))
  const sale = await openSale(lane, {}, { folder: copy })
  lane.confirm = () => Promise.reject(new Error("killed"))
  await expect(sale.documents("x")).rejects.toThrow("killed")
  const again = await openSale(lane, {}, { folder })
  await expect(again.documents("x")).rejects.toThrow("killed")
  expect(lane.cases.map(([, , comment]) => comment)).toEqual([lane.cases[0]![2], lane.cases[0]![2]])
})

test("R-ORD-6: a document that comes back while the case is being opened waits for it, and closes it", async () => {
  const { lane, sale } = await approved()
  change(lane, lines(2))
  const { needsAction } = lane
  let returned: Promise<unknown> = Promise.resolve()
  lane.needsAction = async (...told) => {
    returned = back(sale, 2)
    await new Promise((resolve) => void setImmediate(resolve))
    await needsAction(...told)
  }
  await sale.documents("x")
  await returned
  expect([lane.cases.length, lane.openCase(part(lane))]).toEqual([1, undefined])
})
