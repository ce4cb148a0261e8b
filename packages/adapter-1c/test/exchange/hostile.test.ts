import { readdirSync } from "node:fs"
import { expect, test } from "vitest"
import { Session } from "../../src/spool/session.ts"
import { zipOf } from "../../src/testing/index.ts"
import {
  type ExchangeHub, goodsOf, importOf, item, levelOf, offer, offersOf, openExchange, priceAt, priceOf, stockAt
} from "./hub.ts"

const MAPPED = { warehouses: { w1: "north", w2: "south" }, prices: { retail1c: "retail" } }
const SHARED = { warehouses: { w1: "north", w2: "north", w3: "north" } }

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "utf8")
const fileAt = (name: string): string => `?type=catalog&mode=file&filename=${name}`

const withGoods = async (config: Parameters<typeof openExchange>[0]): Promise<ExchangeHub> => {
  const exchange = await openExchange(config)
  await exchange.send("import0_1.xml", goodsOf(item("1")))
  return exchange
}

const uploads = ({ folder }: ExchangeHub): number =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /u\d+$/u.test(path)).length

const productIds = async ({ hub, storage }: ExchangeHub): Promise<ReadonlyArray<string>> =>
  (await hub.run(storage.catalogue.links("1c", "product"))).map(({ externalId }) => externalId).toSorted()

test("R-STK-2: of several rows of one product and branch the last counts, once", async () => {
  const exchange = await withGoods(MAPPED)
  await exchange.send("offers0_1.xml", offersOf([offer("1", priceAt("retail1c", "10") + stockAt("w1", "5"))]))
  await exchange.send("offers0_2.xml", offersOf([
    offer("1", priceAt("retail1c", "12") + stockAt("w1", "7")),
    offer("1", priceAt("retail1c", "10") + stockAt("w1", "5"))
  ], "", "2026-11-20T10:15:00"))
  expect([levelOf(exchange, "1", "north"), priceOf(exchange, "1")]).toEqual([5, 1_000])
  expect((await exchange.lastRun()).counts).toMatchObject({ new: 0, changed: 0, unchanged: 2 })
})

test("R-STK-2: a warehouse that comes twice is not added up with itself", async () => {
  const exchange = await withGoods(SHARED)
  const twice = offer("1", stockAt("w1", "3") + stockAt("w2", "4"))
  await exchange.send("offers0_1.xml", offersOf([twice, twice]))
  expect(levelOf(exchange, "1", "north")).toBe(7)
})

test("R-STK-2: the sum of several warehouses does not overflow", async () => {
  const exchange = await withGoods(SHARED)
  const rows = ["w1", "w2", "w3"].map((warehouse) => stockAt(warehouse, "1000000000"))
  await exchange.send("offers0_1.xml", offersOf([offer("1", rows.join(""))]))
  expect(levelOf(exchange, "1", "north")).toBe(1_000_000_000)
})

test("R-STK-2: goods without an id of their own are rejected with their line, the rest is taken", async () => {
  const exchange = await openExchange()
  expect(await exchange.send("import0_1.xml", goodsOf(item("#red"), item("1")))).toBe("success")
  expect(await productIds(exchange)).toEqual(["1"])
  expect((await exchange.lastRun()).rejects).toEqual([{ line: 4, reason: expect.stringContaining("не указан Ид") }])
})

test("R-STK-2: a price type may be called like a method of objects", async () => {
  const exchange = await withGoods(MAPPED)
  expect(await exchange.send("offers0_1.xml", offersOf([offer("1", priceAt("constructor", "10"))]))).toBe("success")
  expect((await exchange.lastRun()).counts).toMatchObject({ parked: 1, rejected: 0 })
})

test("R-STK-1: an archive's XML files of one name in several folders are all imported", async () => {
  const exchange = await openExchange()
  const files = ["a", "b"].map((id) => ({ name: `${id}/goods.xml`, bytes: bytesOf(goodsOf(item(id))) }))
  await exchange.ask(fileAt("v8.zip"), { body: (await zipOf(files)).slice() })
  expect(await importOf(exchange.ask, "goods.xml")).toBe("success")
  expect(await productIds(exchange)).toEqual(["a", "b"])
})

test("R-API-1: many small bombs in one archive share the room of one", async () => {
  const exchange = await openExchange({ limits: { unpacked: 10_000 } })
  const files = ["1", "2", "3"].map((n) => ({ name: `${n}.xml`, bytes: bytesOf(goodsOf(item(n)).padEnd(4_000)) }))
  await exchange.ask(fileAt("v8.zip"), { body: (await zipOf(files)).slice() })
  expect(await importOf(exchange.ask, "v8.zip")).toMatch(/^failure\nФайл «3\.xml» в архиве .+ распаковывается больше/u)
  expect(await productIds(exchange)).toEqual([])
})

test("R-STK-1: a session that goes on for ever keeps only its newest files", async () => {
  const exchange = await openExchange()
  const [, name, value] = (await exchange.ask("?type=catalog&mode=checkauth")).split("\n")
  const ask: ExchangeHub["ask"] = (query, init = {}) => exchange.ask(query, { ...init, headers: { cookie: `${name}=${value}` } })
  for (let round = 0; round < 5; round++) {
    if (round > 2) await ask("?type=catalog&mode=init")
    await ask(fileAt("import0_1.xml"), { body: goodsOf(item(String(round))) })
    expect(await importOf(ask, "import0_1.xml")).toBe("success")
    expect(uploads(exchange)).toBe(1)
  }
  expect(await productIds(exchange)).toEqual(["0", "1", "2", "3", "4"])
})

test("R-STK-1: a file that is being sent survives however many others sign in", async () => {
  const exchange = await openExchange()
  const [, name, value] = (await exchange.ask("?type=catalog&mode=checkauth")).split("\n")
  const headers = { cookie: `${name}=${value}` }
  await exchange.ask("?type=catalog&mode=init", { headers })
  const bytes = bytesOf(goodsOf(item("1")))
  await exchange.ask(fileAt("import0_1.xml"), { body: bytes.slice(0, 100), headers })
  for (let other = 0; other < 25; other++) await exchange.ask("?type=catalog&mode=checkauth")
  await exchange.ask(fileAt("import0_1.xml"), { body: bytes.slice(100), headers })
  expect(await exchange.ask("?type=catalog&mode=import&filename=import0_1.xml", { headers })).toBe("success")
  expect(await productIds(exchange)).toEqual(["1"])
})

test("R-OPS-2: what a stranger asks for is cut short in the log", async () => {
  const exchange = await openExchange()
  await exchange.ask(`?type=${"x".repeat(5_000)}&mode=%3Cb%3E`, { auth: null })
  expect(exchange.log.at(-1)?.detail).toMatchObject({ type: "x".repeat(40), mode: "?b?" })
})

test("R-STK-1: the end of an import does not wait for an upload that hangs", async () => {
  const { folder } = await openExchange()
  const session = await Session.create(folder, { token: "token", startedAt: 1 })
  await session.append("import0_1.xml", new Blob(["<a/>"]).stream(), null, 100)
  const asked = await session.asked("import0_1.xml")
  let letGo = (): void => undefined
  const hanging = new ReadableStream<Uint8Array>({ start: (controller) => void (letGo = () => controller.close()) })
  const upload = session.append("import0_2.xml", hanging, null, 100).catch((error: unknown) => error)
  try {
    await session.done(asked)
    expect(session.record("import0_1.xml")?.state).toBe("done")
  } finally {
    letGo()
    await upload
  }
  expect(Session.read(folder, session.id)?.record("import0_1.xml")?.state).toBe("done")
})
