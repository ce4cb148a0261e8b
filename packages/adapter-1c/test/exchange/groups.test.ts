import { type ProductGroup, ProductGroupId, ProductId } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { documentOf, type ExchangeHub, goodsOf, item, openExchange } from "./hub.ts"

const groupsOf = ({ hub, storage }: ExchangeHub): Promise<ReadonlyArray<ProductGroup>> => hub.run(storage.catalogue.groups)
const treeOf = async (exchange: ExchangeHub): Promise<Record<string, string | null>> =>
  Object.fromEntries((await groupsOf(exchange)).map(({ id, parent }) => [id, parent]))
const groupOf = async ({ hub, storage }: ExchangeHub, id: string): Promise<string | null> =>
  (await hub.run(storage.catalogue.byIds([ProductId.make(id)])))[0]!.group
const send = async (exchange: ExchangeHub, content: string): Promise<void> =>
  expect(await exchange.send("import0_1.xml", content)).toBe("success")

const group = (id: string, inside = "", more = `<Наименование>Группа ${id}</Наименование>`): string =>
  `<Группа><Ид>${id}</Ид>${more}${inside === "" ? "" : `<Группы>${inside}</Группы>`}</Группа>`
const classifier = (...groups: ReadonlyArray<string>): string =>
  documentOf(`<Классификатор><Ид>1</Ид><Группы>\n${groups.join("\n")}\n</Группы></Классификатор>`)
const inGroup = (id: string, ...groups: ReadonlyArray<string>): string =>
  item(id, `<Наименование>Товар ${id}</Наименование><Группы>${groups.map((one) => `<Ид>${one}</Ид>`).join("")}</Группы>`)

test("R-STK-1: nested groups come as a tree, are renamed and moved; Kazakh and English names stay; absence deletes none (R5)", async () => {
  const exchange = await openExchange()
  await send(exchange, classifier(group("a", group("b", group("c"))), group("d")))
  expect(await treeOf(exchange)).toEqual({ a: null, b: "a", c: "b", d: null })
  const b = (await groupsOf(exchange)).find(({ id }) => id === "b")!
  await exchange.hub.catalogue.putGroups([{ ...b, name: { ru: "Группа b", kk: "Топ", en: "Group" } }])
  await send(exchange, classifier(group("d", group("b", "", "<Наименование>Другая</Наименование>"))))
  expect(await treeOf(exchange)).toEqual({ a: null, b: "d", c: "b", d: null })
  expect((await groupsOf(exchange)).find(({ id }) => id === "b")?.name).toEqual({ ru: "Другая", kk: "Топ", en: "Group" })
})

test("R-STK-1: a tree that is turned round is taken in one file", async () => {
  const exchange = await openExchange()
  await send(exchange, classifier(group("a", group("b", group("c")))))
  await send(exchange, classifier(group("c", group("b", group("a")))))
  expect(await treeOf(exchange)).toEqual({ a: "b", b: "c", c: null })
  expect((await exchange.lastRun()).rejects).toEqual([])
})

test("R-STK-1: a group in its own subgroup, one named twice, without name or with an endless id is rejected with its line", async () => {
  const exchange = await openExchange()
  const long = "x".repeat(101)
  await send(exchange, classifier(
    group("a", group("b", group("a"))),
    group("b", "", "<Наименование>Иначе</Наименование>"),
    group("n", group("m"), ""),
    group(long)
  ))
  expect(await treeOf(exchange)).toEqual({ a: null, b: "a" })
  const { counts, rejects } = await exchange.lastRun()
  expect(counts.rejected).toBe(5)
  expect(rejects).toEqual([
    { line: 4, reason: expect.stringMatching(/«Группа a» \(a\) входит в собственную подгруппу/u) },
    { line: 5, reason: expect.stringMatching(/\(b\) названа в файле дважды/u) },
    { line: 6, reason: expect.stringMatching(/\(n\) без наименования/u) },
    { line: 6, reason: expect.stringMatching(/\(m\) входит в группу, которая не принята/u) },
    { line: 7, reason: expect.stringContaining("длиннее 100") }
  ])
})

test("R-STK-1: a cycle made with a group of a former file is rejected too", async () => {
  const exchange = await openExchange({ keep: ["groups"] })
  await send(exchange, classifier(group("a", group("b"))))
  // A person moved `a`; the file's new group would close the ring over what people keep.
  const [a, b] = await groupsOf(exchange)
  await exchange.hub.catalogue.putGroups([{ ...b!, parent: null }, { ...a!, parent: ProductGroupId.make("b") }])
  await send(exchange, classifier(group("a", group("b", group("c")))))
  expect(await treeOf(exchange)).toEqual({ a: "b", b: null, c: "b" })
})

test("R-STK-1: a deletion mark hides a group, its products stay; without it the group is back, unless a person hid it", async () => {
  const storage = memoryStorage()
  const first = await openExchange({}, { storage })
  await send(first, classifier(group("a"), group("p")))
  await send(first, goodsOf(inGroup("1", "a")))
  const p = (await groupsOf(first)).find(({ id }) => id === "p")!
  await first.hub.catalogue.putGroups([{ ...p, shown: false }])
  const marked = group("a", "", "<Наименование>Группа a</Наименование><ПометкаУдаления>true</ПометкаУдаления>")
  await send(first, classifier(marked, group("p")))
  expect((await groupsOf(first)).map(({ shown }) => shown)).toEqual([false, false])
  expect(await groupOf(first, "1")).toBe("a")
  const memory = first.folder
  await send(first, classifier(group("a"), group("p")))
  expect((await groupsOf(first)).map(({ id, shown }) => [id, shown])).toEqual([["a", true], ["p", false]])
  await send(first, classifier(marked))
  await first.close()
  const second = await openExchange({}, { folder: memory })
  await send(second, classifier(marked))
  await send(second, classifier(group("a")))
  expect((await groupsOf(second)).map(({ id, shown }) => [id, shown])).toEqual([["a", true]])
})

test("R-STK-1: a product goes to the first of its groups and moves with 1C; goods before their classifier wait in a hidden group (fact 39)", async () => {
  const exchange = await openExchange()
  await send(exchange, goodsOf(inGroup("1", "guid-of-a", "z"), inGroup("2", "guid-of-a"), inGroup("3")))
  expect(await groupsOf(exchange)).toEqual([
    { id: "guid-of-a", name: { ru: "Группа 1С guid-of-", kk: null, en: null }, parent: null, shown: false }
  ])
  expect((await exchange.lastRun()).rejects).toEqual([
    { line: 4, reason: "Группа guid-of-a ещё не описана: создана скрытой, её покажет классификатор. Товаров: 2." }
  ])
  await send(exchange, classifier(group("b"), group("guid-of-a")))
  expect((await groupsOf(exchange)).map(({ id, name, shown }) => [id, name.ru, shown])).toEqual([
    ["b", "Группа b", true], ["guid-of-a", "Группа guid-of-a", true]
  ])
  expect([await groupOf(exchange, "1"), await groupOf(exchange, "3")]).toEqual(["guid-of-a", null])
  await send(exchange, goodsOf(inGroup("1", "b"), item("2")))
  expect([await groupOf(exchange, "1"), await groupOf(exchange, "2")]).toEqual(["b", "guid-of-a"])
  expect((await exchange.lastRun()).rejects).toEqual([])
})

test("R-STK-1: products of a group that was rejected are taken without one, and that is told", async () => {
  const exchange = await openExchange()
  await send(exchange, documentOf(`<Классификатор><Ид>1</Ид><Группы>${group("n", "", "")}</Группы></Классификатор>\n<Каталог><Ид>1</Ид><Товары>${
    inGroup("1", "n")}</Товары></Каталог>`))
  expect(await groupOf(exchange, "1")).toBeNull()
  expect((await exchange.lastRun()).rejects).toEqual([
    { line: 3, reason: expect.stringContaining("без наименования") },
    { line: 4, reason: "Группа n не принята: товаров без группы 1." }
  ])
})

test("R-STK-1: an id that another group has is left to it", async () => {
  const exchange = await openExchange()
  const name = { ru: "Наша", kk: null, en: null }
  await exchange.hub.catalogue.putGroups([{ id: "a", name, parent: null, shown: true }])
  await send(exchange, classifier(group("a", group("b"))))
  expect(await treeOf(exchange)).toEqual({ a: null, "1c:a": null, b: "1c:a" })
  expect((await groupsOf(exchange)).find(({ id }) => id === "a")?.name).toEqual(name)
})

test("R-STK-1: a file that waits for a person changes no group", async () => {
  const exchange = await openExchange({ review: true })
  expect(await exchange.send("import0_1.xml", classifier(group("a")))).toContain("остановлен")
  expect(await groupsOf(exchange)).toEqual([])
  const { id } = await exchange.lastRun()
  await exchange.hub.runs.release(id, { kind: "operator", id: "x" })
  expect(await treeOf(exchange)).toEqual({ a: null })
})
