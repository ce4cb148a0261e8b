import { newProduct, ProductId } from "@aptekit/core"
import { describe, expect, test } from "vitest"
import { oneCODataPort } from "../../src/index.ts"
import { ODATA_ROOT } from "../../src/testing/index.ts"
import { GOODS, id, NONE, NORTH, ORDER, RECEIPT, simulate, STOCK } from "./base-of.ts"
import { Turn } from "../../src/odata/turn.ts"
import { newFolder, type ODataHub, openHub } from "./hub-of.ts"
import { serve } from "../support/serve.ts"
import { keptStorage, loseNextAnswer } from "./orders-of.ts"

const ORDERS = { everySeconds: 0, settleSeconds: 0 }
const SALES = [{ since: "2020-01-01", order: "Заказ_Key" }]
const CHANGES = { plan: "ExchangePlan_Хаб", node: id(900), everySeconds: 86_400 }
const EVERY = { catalogue: 0, stock: 0, prices: 0, sales: 0 }

const openWith = async (config: Parameters<typeof openHub>[0]): Promise<ODataHub> => {
  const { base, ...world } = await openHub({ every: EVERY, ...config })
  await world.sync("catalogue", "stock", "prices")
  return { base, ...world }
}

const place = async ({ hub }: ODataHub, productId = id(1)) => (await hub.orders.place({
  channel: "shop", externalId: "E-1", customer: { name: "Айгерім", phone: "+77010000001" },
  delivery: { type: "pickup", branchId: "north" }, lines: [{ productId, quantity: 2 }], payment: { method: "cash" }
})).order

const receipt = (more: object = {}) => ({
  Ref_Key: id(3001), DataVersion: "A", DeletionMark: false, Posted: true, Number: "Ч-1", Date: "2026-11-23T10:30:00", Склад_Key: NORTH,
  Заказ_Key: NONE, Товары: [{ LineNumber: "1", Номенклатура_Key: id(1), Характеристика_Key: NONE, Количество: 2, Цена: 490 }], ...more
})

describe("a base from beginning to end", () => {
  test("R-ORD-6: goods in, an order out as a document, its receipt in: the part is closed", async () => {
    const world = await openWith({ orders: ORDERS, sales: [{ since: "2020-01-01" }] })
    const order = await place(world)
    const port = world.hub.port(oneCODataPort)
    expect(await port.exchangeOrders({})).toEqual({ done: 1, aside: 0, later: 0, setup: 0 })
    expect(world.base.base.rows(ORDER)).toMatchObject([{ НомерПоДаннымКлиента: `${order.number}-1`, Склад_Key: NORTH, Posted: true }])
    expect(world.stockOf(id(1), "north")).toBe(8)
    world.base.base.rows(RECEIPT).push(receipt())
    expect(await port.readSales({})).toEqual({ recorded: 1, known: 0, rejected: 0 })
    expect(await port.readSales({})).toEqual({ recorded: 0, known: 0, rejected: 0 })
  })

  test("sales of a warehouse that is ignored are passed over, no reason is told", async () => {
    const world = await openWith({ page: 100, warehouses: { [NORTH]: "ignore" }, sales: [{ since: "2020-01-01" }] })
    world.base.base.rows(RECEIPT).push(receipt(), receipt({ Ref_Key: id(3002), Склад_Key: id(8888) }))
    expect(await world.hub.port(oneCODataPort).readSales({})).toEqual({ recorded: 0, known: 0, rejected: 1 })
  })

  test("with the links of the CommerceML connection: its products are ordered under this base's ids", async () => {
    const world = await openHub({ every: EVERY, orders: ORDERS, sameBaseAs: "1c" }, { withCml: true })
    const { catalogue } = world.storage
    await world.hub.run(catalogue.putLinks([{ connection: "1c", kind: "product", externalId: id(1), id: "ours" }]))
    await world.hub.run(catalogue.upsert([newProduct(ProductId.make("ours"), "Наш")]))
    await world.sync("catalogue", "stock", "prices")
    await place(world, "ours")
    expect(await world.hub.port(oneCODataPort).exchangeOrders({})).toMatchObject({ done: 1 })
    expect(world.base.base.rows(ORDER)).toMatchObject([{ Товары: [{ Номенклатура_Key: id(1), Количество: 2 }] }])
    const links = await world.hub.run(catalogue.links("1c-odata", "product"))
    expect(links).toEqual([])
  })

  test("fact 89: names of orders and sales are compared with $metadata too, and what is missing is named", async () => {
    const world = await openHub({ every: EVERY, orders: { ...ORDERS, lines: { sum: "Всего" } }, sales: SALES })
    expect(await world.sync("stock")).toMatchObject({ state: "failed", error: expect.stringMatching(/Всего[\s\S]*Заказ_Key/u) as string })
    await expect(world.hub.port(oneCODataPort).readSales({})).rejects.toThrow(/Заказ_Key/u)
  })

  test("fact 80: only what the exchange plan names is read; goods that were removed go off sale", async () => {
    const world = await openWith({ changes: CHANGES })
    const port = world.hub.port(oneCODataPort)
    const runs = async () => (await world.hub.run(world.storage.stock.runs(20, undefined))).items.map(({ file }) => file)
    const before = (await runs()).length
    expect(await port.readChanges({})).toEqual({ objects: 0 })
    expect((await runs()).length).toBe(before)
    world.base.base.rows(STOCK)[0]!["ВНаличииBalance"] = 30
    world.base.base.changes.push({ set: STOCK.split("/")[0]!, id: id(1), deleted: false })
    expect(await port.readChanges({})).toEqual({ objects: 1 })
    expect([(await runs()).slice(0, 1), world.stockOf(id(1), "north")]).toEqual([["OData: остатки"], 28])
    world.base.base.changes.push({ set: GOODS, id: id(2), deleted: true })
    await port.readChanges({})
    const [gone] = await world.hub.run(world.storage.catalogue.byIds([id(2) as never]))
    expect(gone).toMatchObject({ shown: false, stopped: true })
  })

  test("what a connection has not been given is refused with the setting's name", async () => {
    const { hub } = await openHub({ every: EVERY })
    await expect(hub.port(oneCODataPort).exchangeOrders({})).rejects.toThrow(/orders/u)
    await expect(hub.port(oneCODataPort).readChanges({})).rejects.toThrow(/changes/u)
    expect(await hub.port(oneCODataPort).readSales({})).toEqual({ recorded: 0, known: 0, rejected: 0 })
  })

  test("orders wait until goods have been read: none is put aside for want of ids", async () => {
    const world = await openHub({ every: EVERY, orders: ORDERS })
    expect(await world.hub.port(oneCODataPort).exchangeOrders({})).toEqual({ done: 0, aside: 0, later: 0, setup: 0 })
    expect(world.base.calls.filter(({ method }) => method === "POST")).toEqual([])
  })

  test("D26: of two hubs on one database one tells the base; the other takes over when it has closed", async () => {
    const storage = await keptStorage()
    const base = simulate()
    const first = await openHub({ every: EVERY, orders: ORDERS }, { base, storage })
    await first.sync("catalogue", "stock", "prices")
    const second = await openHub({ every: EVERY, orders: ORDERS }, { base, storage })
    const [one, two] = [first.hub.port(oneCODataPort), second.hub.port(oneCODataPort)]
    await one.exchangeOrders({})
    await place(first)
    expect(await two.exchangeOrders({})).toMatchObject({ done: 0 })
    expect(base.base.rows(ORDER)).toEqual([])
    expect(await first.hub.run(first.storage.leases.acquire("1c-odata/odata", "x", Date.now(), Date.now()))).toBe(null)
    await first.close()
    await first.close()
    expect(await two.exchangeOrders({})).toMatchObject({ done: 1 })
    expect(base.base.rows(ORDER)).toHaveLength(1)
  })

  test("D26, D27: a hub that closes while a creation is in doubt keeps its turn: another one would look before the base has ended", async () => {
    const [storage, base, folder] = [await keptStorage(), simulate(), newFolder()]
    const first = await openHub({ every: EVERY, orders: { ...ORDERS, settleSeconds: 60 } }, { base, storage, folder })
    await first.sync("catalogue", "stock", "prices")
    await place(first)
    loseNextAnswer(base)
    expect(await first.hub.port(oneCODataPort).exchangeOrders({})).toMatchObject({ later: 1 })
    await first.close()
    const second = await openHub({ every: EVERY, orders: ORDERS }, { base, storage })
    const calls = base.calls.length
    expect(await second.hub.port(oneCODataPort).exchangeOrders({})).toMatchObject({ done: 0, later: 0 })
    expect(base.calls.slice(calls)).toEqual([])
    // The same hub, started again, knows what it sent.
    const again = await openHub({ every: EVERY, orders: ORDERS }, { base, storage, folder })
    expect(await again.hub.port(oneCODataPort).exchangeOrders({})).toMatchObject({ done: 1 })
    expect(base.base.rows(ORDER)).toMatchObject([{ Posted: true }])
  })

  test.each([[10, 0, 120_000], [60_000, 120, 480_000], [60_000, 3600, 3_600_000]])(
    "D26: a turn is as long as an order's calls may take (%i ms each), and as the base may go on writing (%i s)",
    async (timeoutMs, settleSeconds, expected) => {
      const asked: Array<number> = []
      const hub = { files: { directory: newFolder() }, lease: async (_work: string, _owner: string, ms: number) => asked.push(ms) > 0 }
      await (await Turn.open(hub as never, timeoutMs, settleSeconds)).mine()
      expect(asked).toEqual([expected])
    }
  )

  test("P6: over real HTTP, cut after each write was done: one document, one sale", async () => {
    const base = simulate()
    const address = (await serve(base.fetch)).replace("/exchange/1c", ODATA_ROOT)
    const world = await openHub(
      { url: address, every: EVERY, orders: { ...ORDERS, cancel: { Статус: "Закрыт" } }, sales: [{ since: "2020-01-01" }] },
      { base, overHttp: true }
    )
    await world.sync("catalogue", "stock", "prices")
    const order = await place(world)
    const port = world.hub.port(oneCODataPort)
    for (let cut = 0; cut < 2; cut++) {
      loseNextAnswer(base)
      await port.exchangeOrders({})
    }
    expect(await port.exchangeOrders({})).toMatchObject({ aside: 0, later: 0 })
    expect(base.base.rows(ORDER)).toMatchObject([{ НомерПоДаннымКлиента: `${order.number}-1`, Posted: true }])
    const { fulfilments } = (await world.hub.orders.get(order.id))!
    await world.hub.orders.command(fulfilments[0]!.id, "cancel", { reason: "customer" }, { actor: { kind: "operator", id: "o" } })
    expect(await port.exchangeOrders({})).toMatchObject({ done: 1 })
    expect(base.base.rows(ORDER)).toMatchObject([{ Статус: "Закрыт" }])
    base.base.rows(RECEIPT).push(receipt())
    base.fault("dropAfter", 1)
    expect(await port.readSales({})).toEqual({ recorded: 1, known: 0, rejected: 0 })
  })
})
