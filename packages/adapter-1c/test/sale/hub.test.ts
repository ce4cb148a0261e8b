import { newProduct, ProductId, Storage } from "@aptekit/core"
import { makeBranch } from "@aptekit/core/testing"
import { Layer } from "effect"
import { describe, expect, test } from "vitest"
import { oneC } from "../../src/index.ts"
import { type Dialect, OneCBase, OneCClient } from "../../src/testing/index.ts"
import {
  type ExchangeHub, goodsOf, item, LOGIN, offer, offersOf, openExchange, PASSWORD, priceAt, stockAt
} from "../exchange/hub.ts"
import { serve } from "../support/serve.ts"
import { newFolder } from "./desk-of.ts"

const OPERATOR = { actor: { kind: "operator", id: "o" } } as const
const GOODS = "b0a1f3c2-0001-11ee-8a01-00155d010101"
const OTHER = "b0a1f3c2-0002-11ee-8a01-00155d010101#5f2c6c4e-aaaa-11ee-8a01-00155d010101"
const FOREIGN = "b0a1f3c2-0003-11ee-8a01-00155d010101"
const SOUTH = "b6112590-41ba-11dd-ac9d-0015e9b8c48e"
const WAREHOUSE = "b6112590-41ba-11dd-ac9d-0015e9b8c48d"

interface World extends ExchangeHub {
  readonly base: OneCBase
  readonly exchange: () => Promise<unknown>
  readonly place: (id: string, quantity?: number) => Promise<{ readonly id: string; readonly number: string }>
  readonly part: (order: { readonly id: string }) => Promise<{
    readonly id: string
    readonly status: string
    readonly cases: ReadonlyArray<string>
  }>
}

/** A hub whose branch `north` is served by a 1C base that has sent its goods, with ten of each. */
const openWorld = async (
  dialect: Dialect,
  orders: object = {},
  options: Parameters<typeof openExchange>[1] = {}
): Promise<World> => {
  const exchange = await openExchange(
    { dialect, pollDelayMs: 50, warehouses: { [WAREHOUSE]: "north" }, prices: { p: "retail" }, orders },
    options
  )
  await exchange.hub.network.save({ branches: [makeBranch("north", { saleSource: "erp" })] })
  await exchange.send("import0_1.xml", goodsOf(item(GOODS), item(OTHER)))
  const head = `<ТипыЦен><ТипЦены><Ид>p</Ид><Наименование>Розничная</Наименование><Валюта>KZT</Валюта></ТипЦены></ТипыЦен>`
  const rows = [GOODS, OTHER].map((id) => offer(id, stockAt(WAREHOUSE, "10") + priceAt("p", "490")))
  expect(await exchange.send("offers0_1.xml", offersOf(rows, head))).toBe("success")
  const links = new Map((await exchange.hub.run(exchange.storage.catalogue.links("1c", "product"))).map((link) => [link.externalId, link.id]))
  const url = await serve(exchange.hub.entrances.get("1c")!)
  const base = new OneCBase({ dialect, goods: [GOODS, OTHER, FOREIGN] })
  return {
    ...exchange,
    base,
    exchange: () => new OneCClient({ url, login: LOGIN, password: PASSWORD, dialect }).exchangeOrders(base),
    place: async (id, quantity = 2) => {
      const { order } = await exchange.hub.orders.place({
        channel: "shop",
        externalId: id,
        customer: { name: "Айгерім", phone: "+77010000001" },
        delivery: { type: "pickup", branchId: "north" },
        lines: [{ productId: links.get(GOODS)!, quantity }, { productId: links.get(OTHER)!, quantity: 1 }],
        payment: { method: "cash" }
      })
      return order
    },
    part: async ({ id }) => {
      const order = (await exchange.hub.orders.get(id))!
      const open = order.cases.filter((one) => one.closedAt === null).map(({ reason }) => reason)
      return { id: order.fulfilments[0]!.id, status: order.fulfilments[0]!.status, cases: open }
    }
  }
}

describe.for(["ut", "unf", "bitrix"] as const)("R-ORD-6: an order and its base, %s, from beginning to end", (dialect) => {
  test("placed → fetched → accepted there → shipped there → closed here, and nothing is left to tell", async () => {
    const world = await openWorld(dialect)
    const order = await world.place("E-1")
    await world.exchange()
    const number = `${order.number}-1`
    expect(world.base.order(number).lines.map(({ id, quantity, price }) => [id, quantity, price])).toEqual([
      [GOODS, 2, "490.00"], [OTHER, 1, "490.00"]
    ])
    expect(world.base.madeGoods).toEqual([])
    world.base.approve(number, dialect === "bitrix" ? "Подтвержден" : null)
    await world.exchange()
    if (dialect === "ut") await world.exchange()
    expect((await world.part(order)).status).toBe("accepted")
    world.base.ship(number, "2026-11-24T10:00:00", dialect === "bitrix" ? "Отгружен" : null)
    await world.exchange()
    expect(await world.part(order)).toMatchObject({ status: "closed", cases: [] })
    await world.exchange()
    await world.exchange()
    expect(await world.part(order)).toMatchObject({ status: "closed", cases: [] })
    expect(world.base.orders).toHaveLength(1)
  })

  test("cancelled in 1C is cancelled here; its goods are free again", async () => {
    const world = await openWorld(dialect)
    const order = await world.place("E-1", 10)
    await world.exchange()
    world.base.cancel(`${order.number}-1`)
    await world.exchange()
    expect(await world.part(order)).toMatchObject({ status: "cancelled", cases: [] })
    const again = await world.place("E-2", 10)
    expect((await world.part(again)).status).toBe("assigned")
  })

  test("cancelled here before 1C approves is cancelled there", async () => {
    const world = await openWorld(dialect)
    const order = await world.place("E-1")
    await world.exchange()
    await world.hub.orders.command((await world.part(order)).id, "cancel", { reason: "customer" }, OPERATOR)
    await world.exchange()
    await world.exchange()
    expect(world.base.order(`${order.number}-1`).cancelled).toBe(true)
    expect((await world.part(order)).cases).toEqual([])
  })
})

test("R-ORD-6: УТ: cancelled here after approval is a case 'needs action in 1C' until 1C has cancelled it (R8)", async () => {
  const world = await openWorld("ut")
  const order = await world.place("E-1")
  await world.exchange()
  world.base.approve(`${order.number}-1`)
  await world.exchange()
  await world.hub.orders.command((await world.part(order)).id, "cancel", { reason: "customer" }, OPERATOR)
  await world.exchange()
  expect(world.base.order(`${order.number}-1`).cancelled).toBe(false)
  expect((await world.part(order)).cases).toEqual(["needsErpAction"])
  world.base.cancel(`${order.number}-1`)
  await world.exchange()
  expect(await world.part(order)).toMatchObject({ status: "cancelled", cases: [] })
})

test("R-ORD-6: УТ: lines changed here after approval are a case 'needs action in 1C' until 1C has them", async () => {
  const world = await openWorld("ut")
  const order = await world.place("E-1")
  const number = `${order.number}-1`
  await world.exchange()
  world.base.approve(number)
  await world.exchange()
  await world.exchange()
  expect(await world.part(order)).toMatchObject({ status: "accepted", cases: [] })
  const change = async (quantity: number): Promise<void> => {
    const { id } = await world.part(order)
    await world.hub.orders.command(id, "changeLines", { lines: [{ lineId: 1, quantity }] }, OPERATOR)
    await world.hub.orders.command(id, "hold", {}, OPERATOR).catch(() => undefined)
  }
  await change(1)
  await world.exchange()
  await world.exchange()
  expect((await world.part(order)).cases).toEqual(["needsErpAction"])
  expect(world.base.skipped).toEqual([])
  world.base.cut(number, GOODS, 1)
  await world.exchange()
  expect((await world.part(order)).cases).toEqual([])

  // A person who closes the case has seen to it.
  await change(3)
  await world.exchange()
  const [open] = (await world.hub.cases.open()).items
  await world.hub.cases.close(order.id, open!.caseId, "внесено", OPERATOR)
  await world.hub.orders.command((await world.part(order)).id, "assemble", {}, OPERATOR)
  await world.exchange()
  await world.exchange()
  expect(await world.part(order)).toMatchObject({ status: "assembled", cases: [] })
})

test("R-ORD-6: lines that 1C has cut differ: a case, until they agree again", async () => {
  const world = await openWorld("ut")
  const order = await world.place("E-1", 2)
  await world.exchange()
  world.base.cut(`${order.number}-1`, GOODS, 1)
  await world.exchange()
  expect((await world.part(order)).cases).toEqual(["erpDiffers"])
  world.base.cut(`${order.number}-1`, GOODS, 2)
  await world.exchange()
  expect((await world.part(order)).cases).toEqual([])
})

test("R-ORD-6: goods that this base does not know: the order is put aside, with a case, and the next one goes", async () => {
  const world = await openWorld("ut")
  await world.hub.catalogue.upsert([{ ...newProduct(ProductId.make("foreign"), "Чужой") }])
  await world.hub.stock.state([{ productId: "foreign", branchId: "north", quantity: 5 }])
  await world.hub.stock.price("retail", [{ productId: "foreign", amount: 10_000 }])
  const { order } = await world.hub.orders.place({
    channel: "shop",
    externalId: "E-0",
    customer: { name: "Айгерім", phone: "+77010000001" },
    delivery: { type: "pickup", branchId: "north" },
    lines: [{ productId: "foreign", quantity: 1 }],
    payment: { method: "cash" }
  })
  const next = await world.place("E-1")
  await world.exchange()
  expect(world.base.orders.map(({ key }) => key)).toEqual([`${next.number}-1`])
  expect((await world.part(order)).cases).toEqual(["needsErpAction"])
  expect(world.base.madeGoods).toEqual([])

  // The goods have come from 1C meanwhile, and a person lets the order go again.
  const now = (await world.hub.orders.get(order.id))!
  await world.hub.run(world.storage.catalogue.putLinks([{ connection: "1c", kind: "product", externalId: FOREIGN, id: "foreign" }]))
  const [letter] = await world.hub.run(world.storage.outbox.list("dead", 10))
  await world.hub.run(world.storage.pull.decide(letter!.id, "replayed", OPERATOR.actor, "linked"))
  await world.exchange()
  expect(world.base.order(`${now.number}-1`).lines.map(({ id }) => id)).toEqual([FOREIGN])
  expect((await world.part(order)).cases).toEqual([])
})

test("R-ORD-6: two bases in one hub: a part that moves from one base's branch to the other's is cancelled there and made here", async () => {
  const settings = { login: LOGIN, password: PASSWORD, zone: "Asia/Almaty", pollDelayMs: 50, prices: { p: "retail" }, orders: {} }
  const second = oneC({ ...settings, dialect: "unf", warehouses: { [SOUTH]: "south" } }, { id: "1c-2" })
  const world = await openWorld("ut", {}, { more: [second] })
  const url = await serve(world.hub.entrances.get("1c-2")!)
  const client = (): OneCClient => new OneCClient({ url, login: LOGIN, password: PASSWORD, dialect: "unf" })
  const other = new OneCBase({ dialect: "unf", goods: [GOODS, OTHER] })
  // The second base has the same goods under its own ids; here they happen to be the same products.
  const links = await world.hub.run(world.storage.catalogue.links("1c", "product"))
  await world.hub.run(world.storage.catalogue.putLinks(links.map(({ externalId, id }) => ({ connection: "1c-2", kind: "product", externalId, id }))))
  await world.hub.stock.state(links.map(({ id }) => ({ productId: id, branchId: "south", quantity: 10 })))

  const order = await world.place("E-1")
  const number = `${order.number}-1`
  await Promise.all([world.exchange(), client().exchangeOrders(other)])
  expect([world.base.orders.length, other.orders.length]).toEqual([1, 0])
  await world.hub.orders.command((await world.part(order)).id, "escalate", { reason: "customerAsks" }, OPERATOR)
  await world.hub.orders.command((await world.part(order)).id, "assign", { branchId: "south" }, OPERATOR)
  await Promise.all([world.exchange(), client().exchangeOrders(other)])
  expect([world.base.order(number).cancelled, other.order(number).cancelled]).toEqual([true, false])
  expect(other.order(number).warehouse).toBe(SOUTH)
  await Promise.all([world.exchange(), client().exchangeOrders(other)])
  expect(await world.part(order)).toMatchObject({ status: "assigned", cases: [] })
  other.approve(number)
  await client().exchangeOrders(other)
  expect((await world.part(order)).status).toBe("accepted")
})

test("R-ORD-6: two bases in one hub: what must be cancelled by hand in the first stays a case when the second takes the part", async () => {
  const settings = { login: LOGIN, password: PASSWORD, zone: "Asia/Almaty", pollDelayMs: 50, prices: { p: "retail" }, orders: {} }
  const second = oneC({ ...settings, dialect: "unf", warehouses: { [SOUTH]: "south" } }, { id: "1c-2" })
  const world = await openWorld("ut", {}, { more: [second] })
  const url = await serve(world.hub.entrances.get("1c-2")!)
  const other = new OneCBase({ dialect: "unf", goods: [GOODS, OTHER] })
  const links = await world.hub.run(world.storage.catalogue.links("1c", "product"))
  await world.hub.run(world.storage.catalogue.putLinks(links.map(({ externalId, id }) => ({ connection: "1c-2", kind: "product", externalId, id }))))
  await world.hub.stock.state(links.map(({ id }) => ({ productId: id, branchId: "south", quantity: 10 })))
  const order = await world.place("E-1")
  await world.exchange()
  world.base.approve(`${order.number}-1`)
  await world.exchange()
  await world.hub.orders.command((await world.part(order)).id, "escalate", { reason: "customerAsks" }, OPERATOR)
  await world.hub.orders.command((await world.part(order)).id, "assign", { branchId: "south" }, OPERATOR)
  await world.exchange()
  expect((await world.part(order)).cases).toEqual(["needsErpAction"])
  await new OneCClient({ url, login: LOGIN, password: PASSWORD, dialect: "unf" }).exchangeOrders(other)
  expect(other.order(`${order.number}-1`).cancelled).toBe(false)
  expect((await world.part(order)).cases).toEqual(["needsErpAction"])
  world.base.cancel(`${order.number}-1`)
  await world.exchange()
  expect((await world.part(order)).cases).toEqual([])
})

test("R-ORD-6: the hub is restarted between query and success: nothing is lost, nothing comes twice", async () => {
  const folder = newFolder()
  const world = await openWorld("ut", {}, { folder })
  const order = await world.place("E-1")
  const answer = await world.ask("?type=sale&mode=query")
  expect(answer).toContain(`<Номер>${order.number}-1</Номер>`)
  await world.close()
  const after = await openExchange(
    { dialect: "ut", pollDelayMs: 50, warehouses: { [WAREHOUSE]: "north" }, orders: {} },
    { storage: Layer.succeed(Storage, world.storage), folder }
  )
  expect(await after.ask("?type=sale&mode=success")).toBe("success")
  expect(await after.ask("?type=sale&mode=query")).not.toContain("<Документ>")
})

test("R-ORD-6: a hub that dies while it imports what came back goes on with it after the start", async () => {
  const folder = newFolder()
  const world = await openWorld("ut", {}, { folder })
  const order = await world.place("E-1")
  await world.exchange()
  world.base.approve(`${order.number}-1`)
  const file = world.base.back(new Set())!
  await world.ask("?type=sale&mode=checkauth")
  await world.ask("?type=sale&mode=init")
  expect(await world.ask(`?type=sale&mode=file&filename=${file.name}`, { body: file.bytes.slice() })).toBe("success")
  void world.ask(`?type=sale&mode=import&filename=${file.name}`)
  await world.close()
  const after = await openExchange(
    { dialect: "ut", pollDelayMs: 5_000, warehouses: { [WAREHOUSE]: "north" }, orders: {} },
    { storage: Layer.succeed(Storage, world.storage), folder }
  )
  expect(await after.ask(`?type=sale&mode=import&filename=${file.name}`)).toBe("success")
  expect((await after.hub.orders.get(order.id))?.fulfilments[0]?.status).toBe("accepted")
})
