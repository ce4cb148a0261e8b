import { Schema, type InboundHub } from "@aptekit/core"
import { makeBranch, makeOrder, withPart } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"
import { OneCConfig } from "../../src/config.ts"
import { Entrance } from "../../src/http/entrance.ts"
import { Jobs } from "../../src/import/jobs.ts"
import { Places } from "../../src/sale/places.ts"
import { SaleService } from "../../src/sale/service.ts"
import { Sessions } from "../../src/spool/sessions.ts"
import { type Dialect, OneCBase, type OneCBaseOptions, OneCClient, type OneCFaults } from "../../src/testing/index.ts"
import { serve } from "../support/serve.ts"
import { newFolder, type Runs, runOf } from "./desk-of.ts"
import { FakeLane, GUIDS } from "./lane.ts"

const LOGIN = "обмен"
const PASSWORD = "секрет-1С"
const basic = `Basic ${Buffer.from(`${LOGIN}:${PASSWORD}`, "utf8").toString("base64")}`

interface Site {
  readonly url: string
  readonly runs: Runs
  readonly log: ReadonlyArray<string>
  readonly client: (faults?: OneCFaults, password?: string) => OneCClient
  readonly ask: (query: string, headers?: Readonly<Record<string, string>>) => Promise<Response>
  /** Without HTTP in between. */
  readonly handle: (query: string) => Promise<Response>
}

/** A connection over a lane in memory, behind real HTTP; on the same folder it is the hub after a restart. */
const openSite = async (
  lane: FakeLane,
  dialect: Dialect | "auto",
  config: Partial<typeof OneCConfig.Encoded> = {},
  folder = newFolder(),
  unaskedMs = 100
): Promise<Site> => {
  const runs: Runs = { told: [], ended: [] }
  const log: Array<string> = []
  const decoded = Schema.decodeUnknownSync(OneCConfig)({
    login: LOGIN, password: PASSWORD, zone: "Asia/Almaty", pollDelayMs: 50, orders: {}, dialect, ...config
  })
  const hub = {
    catalogue: { links: async () => new Map(Object.entries(GUIDS).map(([product, guid]) => [guid, product])) },
    network: { links: async () => new Map([["w-north", "north"]]), branches: () => [makeBranch("north")] },
    stock: { openRun: async (file: string) => runOf(file, runs) },
    files: { directory: folder },
    log: (_: string, detail?: Readonly<Record<string, unknown>>) => void log.push(String(detail?.["code"])),
    orders: lane
  } as unknown as InboundHub
  const sessions = await Sessions.open(folder)
  const never = { run: () => Promise.reject(new Error("no catalogue here")) }
  const jobs = new Jobs(never, hub.log, decoded)
  const sale = await SaleService.open(decoded, decoded.orders!, hub, await Places.open(decoded, hub.network), unaskedMs)
  const entrance = new Entrance(decoded, { sessions, jobs }, sale, hub.log)
  const url = await serve((request) => entrance.handle(request))
  return {
    url,
    runs,
    log,
    client: (faults = {}, password = PASSWORD) =>
      new OneCClient({ url, login: LOGIN, password, dialect: dialect === "auto" ? "ut" : dialect, faults }),
    ask: (query, headers = { authorization: basic }) => fetch(`${url}${query}`, { headers }),
    handle: (query) => entrance.handle(new Request(`http://hub/exchange/1c${query}`, { headers: { authorization: basic } }))
  }
}

const laneOf = (...ns: ReadonlyArray<number>): FakeLane => {
  const lane = new FakeLane()
  for (const n of ns) lane.put(makeOrder({ n }))
  return lane
}

const baseOf = (dialect: Dialect, over: Partial<OneCBaseOptions> = {}): OneCBase =>
  new OneCBase({ dialect, goods: Object.values(GUIDS), ...over })

const changed = (lane: FakeLane, over: Parameters<typeof withPart>[1]): void =>
  lane.put(withPart([...lane.orders.values()][0]!, over))

describe.for(["ut", "unf", "bitrix"] as const)("R-ORD-6: the whole exchange of orders as %s", (dialect) => {
  test("orders arrive once, under their numbers, with goods and warehouse of the base", async () => {
    const lane = laneOf(1, 2)
    const { client } = await openSite(lane, dialect)
    const base = baseOf(dialect)
    await client().exchangeOrders(base)
    await client().exchangeOrders(base)
    expect(base.orders.map(({ key, lines, warehouse, currency, phone }) => [key, lines[0]!.id, warehouse, currency, phone])).toEqual(
      ["1001-1", "1002-1"].map((key) => [key, GUIDS["aspirin"], dialect === "bitrix" ? "Аптека north" : "w-north", "KZT", "+77010000001"])
    )
    expect([base.madeGoods, lane.numbers]).toEqual([[], []])
  })

  test("documents come back one exchange later and are facts, and come no more", async () => {
    const lane = laneOf(1)
    const { client, runs } = await openSite(lane, dialect)
    const base = baseOf(dialect)
    expect((await client().exchangeOrders(base)).back).toBeNull()
    base.ship("1001-1", "2026-11-24T10:00:00", dialect === "bitrix" ? "Отгружен" : null)
    expect((await client().exchangeOrders(base)).back).toBe("success")
    expect(lane.taken).toMatchObject([{ number: "1001-1", state: "sold", lines: [{ productId: "aspirin", quantity: 1 }] }])
    expect((await client().exchangeOrders(base)).back).toBeNull()
    expect(runs.ended.map(({ state, rejects }) => [state, rejects])).toEqual([["done", []]])
  })

  test("an echo of our status, of an order that 1C only loaded, says nothing", async () => {
    const lane = laneOf(1)
    const { client, runs } = await openSite(lane, dialect)
    const base = baseOf(dialect)
    await client().exchangeOrders(base)
    await client().exchangeOrders(base)
    expect(lane.taken.map(({ state }) => state)).toEqual(["none"])
    expect(runs.ended[0]?.rejects).toEqual([])
  })

  test("1C that is stopped after loading gets the same again and has no order twice", async () => {
    const lane = laneOf(1)
    const { client } = await openSite(lane, dialect)
    const base = baseOf(dialect)
    await expect(client().exchangeOrders(base, { stopBeforeSuccess: true })).rejects.toThrow("1C was stopped")
    await client().exchangeOrders(base)
    expect([base.orders.length, lane.numbers]).toEqual([1, []])
  })

  test("a session that is lost in the middle: the password of each request is enough", async () => {
    const lane = laneOf(1, 2)
    const { client } = await openSite(lane, dialect, {}, undefined)
    const base = baseOf(dialect)
    if (dialect !== "bitrix") await client({ loseSession: true }).exchangeOrders(base)
    else await client().exchangeOrders(base)
    base.approve("1001-1")
    await client({ loseSession: dialect !== "bitrix", repeatPieces: true }).exchangeOrders(base)
    expect([base.orders.length, lane.numbers]).toEqual([2, []])
    expect(lane.taken.map(({ number }) => number).toSorted()).toEqual(["1001-1", "1002-1"])
  })
})

test("R-ORD-6: an answer that УТ never got is offered again", async () => {
  const lane = laneOf(1)
  const { client } = await openSite(lane, "ut")
  const base = baseOf("ut")
  await expect(client().exchangeOrders(base, { loseOrders: true })).rejects.toThrow("broke")
  expect(lane.numbers).toEqual(["1001"])
  await client().exchangeOrders(base)
  expect([base.orders.length, lane.numbers]).toEqual([1, []])
})

test("R-ORD-6: Битрикс without mode=success: the next session confirms", async () => {
  const lane = laneOf(1)
  const { client } = await openSite(lane, "bitrix")
  const base = baseOf("bitrix")
  await client().exchangeOrders(base, { neverSuccess: true })
  expect(lane.numbers).toEqual(["1001"])
  await client().exchangeOrders(base, { neverSuccess: true })
  expect([base.orders.length, lane.numbers]).toEqual([1, []])
})

test("R-ORD-6: a poison order in УТ stops none of the others", async () => {
  const lane = laneOf(1, 2, 3, 4, 5, 6)
  const { client } = await openSite(lane, "ut", { orders: { tries: 2, aloneTries: 2 } })
  const base = baseOf("ut", { poison: new Set(["1003-1"]) })
  for (let i = 0; i < 15; i++) await client().exchangeOrders(base).catch(() => undefined)
  expect(base.orders.map(({ key }) => key)).toEqual(["1001-1", "1002-1", "1004-1", "1005-1", "1006-1"])
  expect([...lane.dead.values()]).toEqual([expect.stringMatching(/^1С не подтвердила заказ 1003-1/u)])
})

test("R-ORD-6: УТ: cancelled before approval it is cancelled there, after approval a person is asked, until 1C says so", async () => {
  const lane = laneOf(1)
  const { client } = await openSite(lane, "ut")
  const base = baseOf("ut")
  await client().exchangeOrders(base)
  base.approve("1001-1")
  await client().exchangeOrders(base)
  expect(lane.taken.at(-1)?.state).toBe("accepted")
  changed(lane, { status: "cancelled" })
  await client().exchangeOrders(base)
  expect([base.order("1001-1").cancelled, base.skipped]).toEqual([false, ["1001-1"]])
  expect(lane.cases.map(([, reason]) => reason)).toEqual(["needsErpAction"])
  base.cancel("1001-1")
  await client().exchangeOrders(base)
  expect(lane.resolvedCases.map(([, reason]) => reason)).toEqual(["needsErpAction"])

  const early = laneOf(2)
  const other = baseOf("ut")
  const site = await openSite(early, "ut")
  await site.client().exchangeOrders(other)
  changed(early, { status: "cancelled" })
  await site.client().exchangeOrders(other)
  expect([other.order("1002-1").cancelled, early.cases]).toEqual([true, []])
})

test("R-ORD-6: lines that someone cut in 1C come back as they are there", async () => {
  const lane = new FakeLane()
  lane.put(makeOrder({ n: 1, lines: [{ product: "aspirin", quantity: 3 }, { product: "ibuprofen", quantity: 1 }] }))
  const { client } = await openSite(lane, "ut")
  const base = baseOf("ut")
  await client().exchangeOrders(base)
  base.cut("1001-1", GUIDS["aspirin"]!, 2)
  base.cut("1001-1", GUIDS["ibuprofen"]!, 0)
  await client().exchangeOrders(base)
  expect(lane.taken.at(-1)?.lines).toEqual([{ productId: "aspirin", quantity: 2, priceMinor: 49_000 }])
})

test("R-ORD-6: a document that comes back broken is named, the others are facts", async () => {
  const lane = laneOf(1, 2, 3)
  const { client, runs } = await openSite(lane, "bitrix")
  const base = baseOf("bitrix")
  await client().exchangeOrders(base)
  for (const number of ["1001-1", "1002-1", "1003-1"]) base.approve(number, "Подтвержден")
  const spoilBack = (file: Uint8Array): Uint8Array =>
    Buffer.from(Buffer.from(file).toString("utf8").replace("<Номер>1002-1</Номер>", "<Номер>1002-1<Номер>"), "utf8")
  await client().exchangeOrders(base, { spoilBack })
  expect(lane.taken.map(({ number, state }) => [number, state])).toEqual([["1001-1", "accepted"], ["1003-1", "accepted"]])
  expect(runs.ended.map(({ state, rejects }) => [state, rejects.length])).toEqual([["done", 1]])
})

test("R-ORD-6: two bases at once, each with its branches, do not see each other's orders", async () => {
  const lanes = [laneOf(1), laneOf(2)] as const
  const sites = [await openSite(lanes[0], "ut"), await openSite(lanes[1], "unf")] as const
  const bases = [baseOf("ut"), baseOf("unf")] as const
  for (let i = 0; i < 2; i++) {
    await Promise.all(sites.map(({ client }, at) => client().exchangeOrders(bases[at]!)))
  }
  expect(bases.map(({ orders }) => orders.map(({ key }) => key))).toEqual([["1001-1"], ["1002-1"]])
})

test("R-ORD-6: a wrong password sees nothing and changes nothing", async () => {
  const lane = laneOf(1)
  const { client, ask } = await openSite(lane, "ut")
  await expect(client({}, "не тот пароль").exchangeOrders(baseOf("ut"))).rejects.toThrow(/Неверное имя/u)
  const answer = await ask("?type=sale&mode=query", { authorization: `Basic ${Buffer.from("a:b").toString("base64")}` })
  expect(await answer.text()).toMatch(/^failure\n/u)
  expect(await (await ask("?type=sale&mode=query", {})).text()).not.toContain("1001")
})

test("R-ORD-6: without sessions at all (Basic alone, no cookies) query and success belong together", async () => {
  const lane = laneOf(1)
  const { ask } = await openSite(lane, "ut")
  expect(await (await ask("?type=sale&mode=query")).text()).toContain("<Номер>1001-1</Номер>")
  expect(await (await ask("?type=sale&mode=success")).text()).toBe("success")
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: a restart of the hub between query and success, and between upload and import, loses nothing", async () => {
  const lane = laneOf(1)
  const folder = newFolder()
  const before = await openSite(lane, "ut", {}, folder)
  await before.ask("?type=sale&mode=query")
  const after = await openSite(lane, "ut", {}, folder, 60_000)
  expect(await (await after.ask("?type=sale&mode=success")).text()).toBe("success")
  expect(lane.numbers).toEqual([])

  const base = baseOf("ut")
  lane.put(makeOrder({ n: 2 }))
  await after.client().exchangeOrders(base)
  base.approve("1002-1")
  const file = base.back(new Set())!
  const half = after.client()
  await half.checkauth("sale")
  await half.init("sale")
  await half.sendFile(file.name, file.bytes, "sale")
  await openSite(lane, "ut", {}, folder, 60_000)
  const again = await openSite(lane, "ut", {}, folder, 60_000)
  expect(await again.client().import(file.name, "sale")).toBe("success")
  expect(lane.taken.map(({ state }) => state)).toEqual(["accepted"])
})

test("R-ORD-6: a session that was answered with nothing says success after a restart: it confirms no other's offer", async () => {
  const lane = laneOf()
  const folder = newFolder()
  const { ask } = await openSite(lane, "ut", {}, folder)
  const cookieOf = async (): Promise<Readonly<Record<string, string>>> => {
    const cookie = { cookie: `aptekit1c=${(await (await ask("?type=sale&mode=checkauth")).text()).split("\n")[2]!}` }
    await ask("?type=sale&mode=init", cookie)
    return cookie
  }
  const [first, second] = [await cookieOf(), await cookieOf()]
  expect(await (await ask("?type=sale&mode=query", first)).text()).not.toContain("<Документ>")
  lane.put(makeOrder({ n: 1 }))
  expect(await (await ask("?type=sale&mode=query", second)).text()).toContain("<Документ>")
  const after = await openSite(lane, "ut", {}, folder)
  await after.ask("?type=sale&mode=success", first)
  expect(lane.numbers).toEqual(["1001"])
  await after.ask("?type=sale&mode=success", second)
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: a restart in the middle of a session forgets neither its dialect nor its answer", async () => {
  const lane = laneOf(1)
  const folder = newFolder()
  const before = await openSite(lane, "auto", {}, folder)
  await before.ask("?type=sale&mode=checkauth&version=3.1")
  await before.ask("?type=sale&mode=init&version=3.1")
  const after = await openSite(lane, "auto", {}, folder)
  expect(await (await after.ask("?type=sale&mode=query")).text()).toContain(`ВерсияСхемы="3.1"`)
})

test("R-ORD-6: an answer that was given up half-way counts as not taken; a whole one says how long it is", async () => {
  const lane = new FakeLane()
  for (let n = 1; n <= 100; n++) lane.put(makeOrder({ n }))
  const { ask, handle } = await openSite(lane, "ut", { orders: { batch: 100 } })
  const anew = async (): Promise<void> => {
    await ask("?type=sale&mode=checkauth")
    await ask("?type=sale&mode=init")
  }
  await anew()
  const reader = (await handle("?type=sale&mode=query")).body!.getReader()
  await reader.read()
  await reader.cancel()
  await anew()
  await ask("?type=sale&mode=success")
  expect(lane.numbers).toHaveLength(100)

  await anew()
  const whole = await ask("?type=sale&mode=query")
  expect(whole.headers.get("content-length")).toBe(String((await whole.arrayBuffer()).byteLength))
  await anew()
  await ask("?type=sale&mode=success")
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: a file of orders for which no import is asked is taken all the same, after a restart too", async () => {
  const lane = laneOf(1)
  const folder = newFolder()
  const base = baseOf("ut")
  const { client } = await openSite(lane, "ut", {}, folder)
  await client().exchangeOrders(base)
  base.approve("1001-1")
  const file = base.back(new Set())!
  const older = client()
  await older.checkauth("sale")
  await older.init("sale")
  await older.sendFile(file.name, file.bytes, "sale")
  await expect.poll(() => lane.taken.map(({ state }) => state)).toEqual(["accepted"])

  const last = (await openSite(lane, "ut", {}, folder, 60_000)).client()
  await last.checkauth("sale")
  await last.init("sale")
  await last.sendFile(file.name, file.bytes.slice(0, -9), "sale")
  await openSite(lane, "ut", {}, folder)
  await expect.poll(() => lane.taken.length).toBeGreaterThanOrEqual(2)
})

test("R-ORD-6: who signs in once, for the catalogue, may go on with orders", async () => {
  const lane = laneOf(1)
  const { ask } = await openSite(lane, "ut")
  const token = (await (await ask("?type=catalog&mode=checkauth")).text()).split("\n")[2]!
  const cookie = { cookie: `aptekit1c=${token}` }
  expect(await (await ask("?type=sale&mode=init", cookie)).text()).toMatch(/^zip=/u)
  expect(await (await ask("?type=sale&mode=query", cookie)).text()).toContain("1001-1")
})

test("R-ORD-6: the session of orders that the address names counts, whatever cookie of the catalogue comes with it", async () => {
  const lane = laneOf()
  const { ask } = await openSite(lane, "ut")
  const tokenOf = async (type: string): Promise<string> => (await (await ask(`?type=${type}&mode=checkauth`)).text()).split("\n")[2]!
  const cookie = { authorization: basic, cookie: `aptekit1c=${await tokenOf("catalog")}` }
  const mine = `sessid=${await tokenOf("sale")}`
  await ask(`?type=sale&mode=query&sessid=${await tokenOf("sale")}`)
  lane.put(makeOrder({ n: 1 }))
  expect(await (await ask(`?type=sale&mode=query&${mine}`)).text()).toContain("1001-1")
  await ask(`?type=sale&mode=success&${mine}`, cookie)
  expect(lane.numbers).toEqual([])
})

test("R-ORD-6: the answer says its encoding; a broken file of orders is a failure with its reason", async () => {
  const { ask, client, runs } = await openSite(laneOf(1), "ut", { orders: { encoding: "windows-1251" } })
  const response = await ask("?type=sale&mode=query")
  expect(response.headers.get("content-type")).toBe("text/xml; charset=windows-1251")
  expect(new TextDecoder("windows-1251").decode(await response.arrayBuffer())).toContain("<Номер>1001-1</Номер>")
  const one = client()
  await one.checkauth("sale")
  await one.init("sale")
  await one.sendFile("orders.xml", Buffer.from("<oops"), "sale")
  await expect(one.import("orders.xml", "sale")).rejects.toThrow(/Файл «orders\.xml» не загружен/u)
  expect(runs.ended.map(({ state }) => state)).toEqual(["failed"])
})

test("R-ORD-6: mode=info lists statuses and payments under the names of this connection", async () => {
  const { ask } = await openSite(laneOf(), "unf", { orders: { statusNames: { assigned: "[N] Принят" } } })
  const text = await (await ask("?type=sale&mode=info")).text()
  expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Справочник>\n<Cтатусы>/u)
  expect(text).toContain("<Ид>assigned</Ид>\n<Название>[N] Принят</Название>")
  expect(text).toContain("<Ид>cash</Ид>\n<Название>Наличный расчет</Название>")
})

test.for([["3.1", "3.1", true], ["2.09", "2.08", false], ["", "2.07", false]] as const)(
  "R-ORD-6: the dialect, where it is left open, is told by `version=%s`: schema %s",
  async ([version, schema, containers]) => {
    const { ask } = await openSite(laneOf(1), "auto")
    const parameter = version === "" ? "" : `&version=${version}`
    await ask(`?type=sale&mode=checkauth${parameter}`)
    await ask(`?type=sale&mode=init${parameter}`)
    const text = await (await ask("?type=sale&mode=query")).text()
    expect([text.includes(`ВерсияСхемы="${schema}"`), text.includes("<Контейнер>")]).toEqual([true, containers])
  }
)
