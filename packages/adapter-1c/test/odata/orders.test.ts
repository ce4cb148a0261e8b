import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { id, NORTH, ORDER, simulate, SOUTH } from "./base-of.ts"
import { keptStorage, loseNextAnswer, openWorld, OPERATOR, type World } from "./orders-of.ts"

const folders: Array<string> = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-odata-orders-"))
  folders.push(folder)
  return folder
}

const deeds = (world: World): ReadonlyArray<string> => world.base.ledger.map(({ kind }) => kind).filter((kind) => kind !== "session")
const writes = (world: World): number => world.base.calls.filter(({ method }) => method !== "GET").length

test("R-ORD-6: a part becomes one posted document under its number, with goods, prices and warehouse", async () => {
  const world = await openWorld({ orders: { values: { Организация_Key: id(77) } } })
  const order = await world.place("E-1")
  expect(await world.lane.round()).toMatchObject({ done: 1, aside: 0, later: 0 })
  expect(deeds(world)).toEqual(["created", "posted"])
  expect(world.documents()).toMatchObject([{
    НомерПоДаннымКлиента: `${order.number}-1`, Склад_Key: NORTH, Организация_Key: id(77), Posted: true, DeletionMark: false,
    Товары: [
      { LineNumber: "1", Номенклатура_Key: id(1), Количество: 2, КоличествоУпаковок: 2, Цена: 490, Сумма: 980 },
      { LineNumber: "2", Номенклатура_Key: id(2), Количество: 1, Цена: 490, Сумма: 490 }
    ]
  }])
  expect(await world.hub.run(world.storage.pull.pending("1c-odata", 10))).toEqual([])
})

test("R-ORD-6: nothing is written where nothing differs", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  const before = writes(world)
  await world.hub.orders.command((await world.part(order)).id, "accept", {}, OPERATOR)
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(writes(world)).toBe(before)
})

test.each(["creation", "posting"])("P6, D27: the answer to the %s is lost: one document all the same, and it is posted", async (which) => {
  const world = await openWorld()
  if (which === "posting") world.base.base.afterWrite = async () => loseNextAnswer(world.base)
  else loseNextAnswer(world.base)
  await world.place("E-1")
  expect(await world.lane.round()).toMatchObject({ done: 0, later: 1 })
  expect(world.documents()).toHaveLength(1)
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(world.documents()).toMatchObject([{ Posted: true }])
  expect(deeds(world).filter((deed) => deed === "created")).toHaveLength(1)
})

test("D27, P10: after a lost creation the base is not asked before it can have ended, not by a restarted hub either", async () => {
  const [folder, base, storage] = [newFolder(), simulate(), await keptStorage()]
  const settings = { base, folder, storage, orders: { settleSeconds: 60 } }
  const first = await openWorld(settings)
  await first.place("E-1")
  loseNextAnswer(base)
  await first.lane.round()
  await first.close()
  const second = await openWorld(settings)
  const calls = base.calls.length
  expect(await second.lane.round()).toMatchObject({ later: 1 })
  expect(base.calls.slice(calls)).toEqual([])
  second.clock.ahead = 61_000
  expect(await second.lane.round()).toMatchObject({ done: 1 })
  expect(second.documents()).toMatchObject([{ Posted: true }])
})

test("two documents of one number, as a proxy that repeats makes them, are a case until one is left", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  const [document] = world.base.base.rows(ORDER)
  world.base.base.rows(ORDER).push({ ...document, Ref_Key: id(5555), DataVersion: "twin" })
  await world.lane.round()
  expect((await world.part(order)).cases).toEqual(["needsErpAction"])
  world.base.base.rows(ORDER)[1]!["DeletionMark"] = true
  await world.hub.orders.command((await world.part(order)).id, "accept", {}, OPERATOR)
  await world.lane.round()
  expect((await world.part(order)).cases).toEqual([])
  expect((await world.part(order)).status).toBe("accepted")
})

test("R-ORD-6: a base that clears the number of a document gets no second one: it is found by its key, and the number is written again", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  world.base.base.rows(ORDER)[0]!["НомерПоДаннымКлиента"] = ""
  await world.hub.orders.command((await world.part(order)).id, "accept", {}, OPERATOR)
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(world.documents()).toMatchObject([{ НомерПоДаннымКлиента: `${order.number}-1`, Posted: true }])
})

test("R-ORD-6: a field that does not keep the number is a wrong setting: told once, and one document is all there will be", async () => {
  const world = await openWorld()
  const forget = async (): Promise<void> => {
    world.base.base.rows(ORDER)[0]!["НомерПоДаннымКлиента"] = ""
    world.base.base.afterWrite = forget
  }
  world.base.base.afterWrite = forget
  await world.place("E-1")
  await world.place("E-2")
  expect(await world.lane.round()).toMatchObject({ done: 0, aside: 0, setup: 1 })
  expect(await world.lane.round()).toMatchObject({ done: 0, aside: 0, setup: 1 })
  expect(world.documents()).toHaveLength(1)
  const { items } = await world.hub.run(world.storage.stock.runs(10, undefined))
  expect(items.flatMap(({ error }) => error ?? [])).toEqual([expect.stringMatching(/НомерПоДаннымКлиента не хранит номер/u)])
})

test("R-ORD-6: a cancelled part's document is found by its key, too", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  world.base.base.rows(ORDER)[0]!["НомерПоДаннымКлиента"] = ""
  await world.hub.orders.command((await world.part(order)).id, "cancel", { reason: "customer" }, OPERATOR)
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(world.documents()).toMatchObject([{ DeletionMark: true, Posted: false }])
})

test("R10: a cancelled part that has two documents: its own is marked, and people are told of the other", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  const [document] = world.base.base.rows(ORDER)
  world.base.base.rows(ORDER).unshift({ ...document, Ref_Key: id(5555), Date: "2026-01-01T00:00:00" })
  await world.hub.orders.command((await world.part(order)).id, "cancel", { reason: "customer" }, OPERATOR)
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(world.documents().map(({ DeletionMark }) => DeletionMark)).toEqual([false, true])
  expect((await world.part(order)).cases).toEqual(["needsErpAction"])
})

test("D27: a creation that is answered without the document is unknown: it is looked for, not made again", async () => {
  const world = await openWorld()
  const { fetch } = world.base
  world.answer = async (request) => {
    const response = await fetch(request)
    return request.method === "POST" && response.status === 201 ? new Response(null, { status: 204 }) : response
  }
  const order = await world.place("E-1")
  expect(await world.lane.round()).toMatchObject({ done: 0, later: 1 })
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(world.documents()).toMatchObject([{ Posted: true, НомерПоДаннымКлиента: `${order.number}-1` }])
})

test("ORD-13: a change of the order changes its document, and posts it again", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  const part = await world.part(order)
  await world.hub.orders.command(part.id, "accept", {}, OPERATOR)
  const { fulfilments } = (await world.hub.orders.get(order.id))!
  await world.hub.orders.command(
    part.id, "changeLines", { lines: [{ lineId: fulfilments[0]!.lines[0]!.lineId, quantity: 5 }] } as never, OPERATOR
  )
  await world.lane.round()
  expect(deeds(world)).toEqual(["created", "posted", "changed", "posted"])
  const [document] = world.documents()
  expect((document!["Товары"] as ReadonlyArray<unknown>)[0]).toMatchObject({ Номенклатура_Key: id(1), Количество: 5, Сумма: 2450 })
})

test("fact 81: 412 means somebody was faster: read, compared and written once more", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  world.base.base.rows(ORDER)[0]!["Склад_Key"] = SOUTH
  world.base.faults.conflict = 1
  await world.hub.orders.command((await world.part(order)).id, "accept", {}, OPERATOR)
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(world.documents()).toMatchObject([{ Склад_Key: NORTH, Posted: true }])
})

test("R10, fact 72: a cancelled part's document is marked for deletion, never deleted; the mark is no news", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  await world.hub.orders.command((await world.part(order)).id, "cancel", { reason: "customer" }, OPERATOR)
  await world.lane.round()
  await world.lane.round()
  expect(world.documents()).toMatchObject([{ DeletionMark: true, Posted: false }])
  expect(world.base.ledger.map(({ kind }) => kind).slice(-2)).toEqual(["unposted", "changed"])
  expect(world.base.calls.filter(({ method }) => method === "DELETE")).toEqual([])
  expect(await world.part(order)).toMatchObject({ status: "cancelled", cases: [] })
})

test("a base that cancels by a status gets that status instead of a mark", async () => {
  const world = await openWorld({ orders: { cancel: { Статус: "Закрыт" } } })
  const order = await world.place("E-1")
  await world.lane.round()
  await world.hub.orders.command((await world.part(order)).id, "cancel", { reason: "customer" }, OPERATOR)
  await world.lane.round()
  expect(world.documents()).toMatchObject([{ DeletionMark: false, Статус: "Закрыт" }])
  // A reserve goes only when the document is posted again.
  expect(world.base.ledger.map(({ kind }) => kind).slice(-2)).toEqual(["changed", "posted"])
})

test("a base that takes the posting back by itself gets the mark alone", async () => {
  const world = await openWorld({ orders: { cancel: "markOnly" } })
  const order = await world.place("E-1")
  await world.lane.round()
  await world.hub.orders.command((await world.part(order)).id, "cancel", { reason: "customer" }, OPERATOR)
  await world.lane.round()
  expect(world.base.ledger.map(({ kind }) => kind).slice(-2)).toEqual(["posted", "changed"])
  expect(world.documents()).toMatchObject([{ DeletionMark: true }])
})

test("P10: a change whose posting was cut off is posted, though the document looks as it should", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  const from = world.base.ledger.length
  world.base.base.rows(ORDER)[0]!["Склад_Key"] = SOUTH
  world.base.base.afterWrite = async () => world.base.fault("down")
  await world.hub.orders.command((await world.part(order)).id, "accept", {}, OPERATOR)
  expect(await world.lane.round()).toMatchObject({ later: 1 })
  expect(world.documents()).toMatchObject([{ Склад_Key: NORTH, Posted: true }])
  world.base.mend()
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(world.base.ledger.slice(from).map(({ kind }) => kind)).toEqual(["changed", "posted"])
})

test("a part that never reached the base and is cancelled leaves no document", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.hub.orders.command((await world.part(order)).id, "cancel", { reason: "customer" }, OPERATOR)
  await world.lane.round()
  expect(world.documents()).toEqual([])
})

test("R10, D27: a business error is not retried: case and dead letter with 1C's words, the others go on", async () => {
  const world = await openWorld()
  const bad = await world.place("E-1")
  const good = await world.place("E-2")
  world.base.faults.business = 1
  expect(await world.lane.round()).toMatchObject({ done: 1, aside: 1 })
  expect((await world.part(bad)).cases).toContain("needsErpAction")
  expect((await world.part(good)).cases).toEqual([])
  expect(world.documents()).toMatchObject([{ НомерПоДаннымКлиента: `${good.number}-1` }])
  expect((await world.dead())[0]!.lastError).toContain("Не удалось записать")
  const posts = writes(world)
  await world.lane.round()
  expect(writes(world)).toBe(posts)
})

test.each([
  "Клиент Айгерім: долг", "Не найден контрагент \"АЙГЕРІМ Серикова\"", "Серикова А.: нет договора, тел. +7 (701) 000-00-01",
  "Адрес «абая 10-1/2 (двор), кв. 5» не распознан, aigerim@example.kz"
])("R-OPS-3: 1C's words are told without the buyer whom they quote: %s", async (said) => {
  const world = await openWorld()
  const order = await world.place("E-1", 2, { customer: { name: "Айгерім Серикова", phone: "+77010000001" }, comment: "Абая 10-1/2 (двор), кв. 5" })
  const { fetch } = world.base
  world.answer = (request) => request.method === "POST"
    ? Promise.resolve(Response.json({ "odata.error": { code: "-1", message: { lang: "ru", value: said } } }, { status: 500 }))
    : fetch(request)
  expect(await world.lane.round()).toMatchObject({ aside: 1 })
  // Not the ids and times beside them, which may hold any digits.
  const cases = (await world.hub.orders.get(order.id))!.cases.map(({ comment }) => comment)
  const texts = JSON.stringify([(await world.dead()).map(({ lastError }) => lastError), cases])
  expect([cases.length, texts.includes("…")]).toEqual([1, true])
  for (const word of ["Айгер", "АЙГЕР", "Серикова", "701", "бая 10", "aigerim"]) expect(texts).not.toContain(word)
})

test("a message that a person lets go again is delivered, and its case closes", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  world.base.faults.business = 1
  await world.lane.round()
  const [message] = await world.hub.run(world.storage.outbox.list("dead", 10))
  await world.hub.outbox.replay(message!.id, OPERATOR.actor, "исправлено в 1С")
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(await world.part(order)).toMatchObject({ cases: [] })
  expect(world.documents()).toHaveLength(1)
})

test("a base that is away: everything waits, nobody is put aside, and it goes on where it stopped", async () => {
  const world = await openWorld()
  for (const name of ["E-1", "E-2", "E-3", "E-4", "E-5"]) await world.place(name)
  world.base.fault("down")
  await expect(world.lane.round()).resolves.toMatchObject({ done: 0, aside: 0, later: 3 })
  world.base.mend()
  expect(await world.lane.round()).toMatchObject({ done: 5 })
  expect(world.documents()).toHaveLength(5)
  expect(await world.dead()).toEqual([])
})

test("a connection that is set up wrongly says so once and puts no order aside", async () => {
  const world = await openWorld({ orders: { values: { НетТакого: "x" } } })
  await world.place("E-1")
  expect(await world.lane.round()).toMatchObject({ setup: 1, aside: 0 })
  await world.lane.round()
  const { items } = await world.hub.run(world.storage.stock.runs(10, undefined))
  expect(items.filter(({ file }) => file === ORDER)).toMatchObject([{ state: "failed", error: expect.stringContaining("нет такого свойства") as string }])
})

test("D7: what people in 1C do is a fact: a mark for deletion cancels the part here, and its document stays as it is", async () => {
  const world = await openWorld()
  const order = await world.place("E-1", 10)
  await world.lane.round()
  Object.assign(world.base.base.rows(ORDER)[0]!, { DeletionMark: true, DataVersion: "changed" })
  await world.lane.round()
  expect((await world.part(order)).status).toBe("cancelled")
  expect(world.units("p1", "north")).toBe(10)
  await world.lane.round()
  expect(deeds(world)).toEqual(["created", "posted"])
})

test("D7: a status of the base accepts the part here", async () => {
  const world = await openWorld({ orders: { state: { field: "Статус", values: { КОтгрузке: "accepted" } } } })
  const order = await world.place("E-1")
  await world.lane.round()
  Object.assign(world.base.base.rows(ORDER)[0]!, { Статус: "КОтгрузке", DataVersion: "changed" })
  await world.lane.round()
  expect((await world.part(order)).status).toBe("accepted")
})

test("a part that goes to another branch of the base moves its document to that warehouse", async () => {
  const world = await openWorld()
  const order = await world.place("E-1")
  await world.lane.round()
  const { id: part } = await world.part(order)
  await world.hub.orders.command(part, "escalate", { reason: "returnedByBranch", comment: "" } as never, OPERATOR)
  await world.hub.orders.command(part, "assign", { branchId: "south" }, OPERATOR)
  await world.lane.round()
  expect(world.documents()).toMatchObject([{ Склад_Key: SOUTH }])
})

test("started, the lane is woken by news and ends with the hub", async () => {
  const world = await openWorld({ orders: { everySeconds: 3600 } })
  world.lane.start()
  const order = await world.place("E-1")
  await world.base.arrived(3)
  await expect.poll(() => world.documents().length).toBe(1)
  expect(world.documents()[0]!["НомерПоДаннымКлиента"]).toBe(`${order.number}-1`)
  await world.lane.close()
})

test("R10: many open documents are asked for in addresses that a web server takes", async () => {
  const world = await openWorld()
  for (let n = 1; n <= 25; n++) await world.place(`E-${n}`, 1)
  await world.lane.round()
  await world.lane.round()
  const queries = world.base.calls.map(({ path }) => path.slice(path.indexOf("?") + 1))
  expect(Math.max(...queries.map((query) => query.length))).toBeLessThan(2048)
  expect(queries.filter((query) => query.includes("%20or%20")).length).toBeGreaterThan(1)
})
