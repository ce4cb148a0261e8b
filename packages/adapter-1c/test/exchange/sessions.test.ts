import { readdirSync } from "node:fs"
import { join } from "node:path"
import { expect, onTestFinished, test, vi } from "vitest"
import { zipOf } from "../../src/testing/index.ts"
import {
  type ExchangeHub, goodsOf, importOf, item, levelOf, offer, offersOf, openExchange, stockAt
} from "./hub.ts"

const MAPPED = { warehouses: { w1: "north" } }
const INIT = "?type=catalog&mode=init"
const MINUTE = 60_000

const fileAt = (name: string): string => `?type=catalog&mode=file&filename=${name}`
/** A statement that does not say when it was formed. */
const stock = (quantity: number): string =>
  offersOf([offer("1", stockAt("w1", String(quantity)))]).replace(/ ДатаФормирования="[^"]*"/u, "")

/** From here on the clock stands until it is set. */
const stopClock = (): void => {
  vi.useFakeTimers({ toFake: ["Date"] })
  onTestFinished(() => void vi.useRealTimers())
}
const pass = (minutes: number): void => void vi.setSystemTime(Date.now() + minutes * MINUTE)

const sell = ({ hub }: ExchangeHub, quantity: number, id = "s-1"): Promise<unknown> => hub.sales.record({
  source: "register", id, branchId: "north", occurredAt: new Date().toISOString(), lines: [{ productId: "1", quantity }]
})

/** A client's requests, with its cookie or without. */
const clientOf = ({ ask }: ExchangeHub, headers: Readonly<Record<string, string>> = {}) => {
  const asking: ExchangeHub["ask"] = (query, init = {}) => ask(query, { ...init, headers })
  return {
    ask: asking,
    send: async (name: string, content: string): Promise<string> => {
      const sent = await asking(fileAt(name), { body: content })
      return sent === "success" ? importOf(asking, name) : sent
    }
  }
}

const withCookie = async (exchange: ExchangeHub): Promise<ReturnType<typeof clientOf>> => {
  const [, name, value] = (await exchange.ask("?type=catalog&mode=checkauth")).split("\n")
  return clientOf(exchange, { cookie: `${name}=${value}` })
}

const withGoods = async (): Promise<ExchangeHub> => {
  stopClock()
  const exchange = await openExchange(MAPPED)
  await exchange.send("import0_1.xml", goodsOf(item("1")))
  pass(61)
  return exchange
}

test.for([
  ["its cookie, and an init each time", true, true, 20],
  ["no cookie and no checkauth, and an init each time", false, true, 20],
  ["no cookie, no checkauth and no init", false, false, 20],
  ["no cookie, no checkauth and no init, once in two hours", false, false, 120]
] as const)("R-STK-3: D2: a client with %s speaks as of its present exchange, not as of its first", async ([, cookie, init, minutes]) => {
  const exchange = await withGoods()
  const client = cookie ? await withCookie(exchange) : clientOf(exchange)
  if (init) await client.ask(INIT)
  expect(await client.send("offers0_1.xml", stock(10))).toBe("success")
  pass(minutes / 2)
  await sell(exchange, 3)
  expect(levelOf(exchange, "1", "north")).toBe(7)
  pass(minutes / 2)
  if (init) await client.ask(INIT)
  expect(await client.send("offers0_1.xml", stock(7))).toBe("success")
  expect(levelOf(exchange, "1", "north")).toBe(7)
})

test("R-STK-3: D2: the same content in a later exchange is a new statement", async () => {
  const exchange = await withGoods()
  const client = await withCookie(exchange)
  await client.ask(INIT)
  await client.send("offers0_1.xml", stock(10))
  pass(10)
  await sell(exchange, 3)
  pass(10)
  await client.ask(INIT)
  expect(await client.send("offers0_1.xml", stock(10))).toBe("success")
  expect(levelOf(exchange, "1", "north")).toBe(10)
})

test("R-STK-3: D2: the init that follows checkauth begins nothing anew: the file may speak up to checkauth", async () => {
  const exchange = await withGoods()
  const client = await withCookie(exchange)
  pass(10)
  await sell(exchange, 3)
  pass(10)
  await client.ask(INIT)
  await client.send("offers0_1.xml", stock(10))
  expect(levelOf(exchange, "1", "north")).toBe(7)
})

test("R-STK-3: D2: after the clock was set back no statement is dated by the clock of before", async () => {
  const exchange = await withGoods()
  await exchange.ask("?type=catalog&mode=checkauth")
  pass(-24 * 60)
  const client = await withCookie(exchange)
  await client.ask(INIT)
  pass(10)
  await sell(exchange, 3)
  pass(10)
  expect(await client.send("offers0_1.xml", stock(10))).toBe("success")
  expect(levelOf(exchange, "1", "north")).toBe(7)
})

test("R-STK-1: the init of a client without cookie takes no file from another one that is sending", async () => {
  const exchange = await openExchange(MAPPED)
  const [first, other] = [await withCookie(exchange), clientOf(exchange)]
  const bytes: Uint8Array = Buffer.from(goodsOf(item("1"), item("2")), "utf8")
  await first.ask(INIT)
  await first.ask(fileAt("import0_1.xml"), { body: bytes.slice(0, 100) })
  await other.ask(INIT)
  await other.ask(fileAt("import0_1.xml"), { body: goodsOf(item("3")) })
  await first.ask(fileAt("import0_1.xml"), { body: bytes.slice(100) })
  expect(await importOf(other.ask, "import0_1.xml")).toBe("success")
  expect(await importOf(first.ask, "import0_1.xml")).toBe("success")
})

test.for(["its cookie", "no cookie"] as const)(
  "R-STK-1: where orders are off, their init leaves the files of the catalogue as they are: a client with %s",
  async (kind) => {
    const exchange = await openExchange(MAPPED)
    const client = kind === "its cookie" ? await withCookie(exchange) : clientOf(exchange)
    await client.ask(INIT)
    await client.ask(fileAt("import0_1.xml"), { body: goodsOf(item("1")) })
    expect(await client.ask("?type=sale&mode=init")).toBe("zip=yes\nfile_limit=4194304")
    expect(await importOf(client.ask, "import0_1.xml")).toBe("success")
  }
)

test("R-STK-1: a client that says neither checkauth nor init may send more between two imports of an archive", async () => {
  const exchange = await openExchange(MAPPED)
  const archive = await zipOf([
    { name: "import0_1.xml", bytes: Buffer.from(goodsOf(item("1")), "utf8") },
    { name: "import0_2.xml", bytes: Buffer.from(goodsOf(item("2")), "utf8") }
  ])
  const client = clientOf(exchange)
  await client.ask(fileAt("v8.zip"), { body: archive.slice() })
  expect(await importOf(client.ask, "import0_1.xml")).toBe("success")
  await client.ask(fileAt("import_files/1.jpg"), { body: "a picture" })
  expect(await client.send("import0_3.xml", goodsOf(item("3")))).toBe("success")
  expect(await importOf(client.ask, "import0_2.xml")).toBe("success")
})

test("R-STK-1: without cookie a repeated question for an import that has ended is `success` and no work, after a restart too", async () => {
  const exchange = await openExchange(MAPPED)
  const client = clientOf(exchange)
  await client.ask(INIT)
  expect(await client.send("import0_1.xml", goodsOf(item("1")))).toBe("success")
  expect(await importOf(client.ask, "import0_1.xml")).toBe("success")
  expect(await exchange.runs()).toHaveLength(1)
  await exchange.close()
  const after = await openExchange(MAPPED, { folder: exchange.folder })
  expect(await importOf(after.ask, "import0_1.xml")).toBe("success")
  expect(await after.runs()).toHaveLength(0)
})

test("R-STK-1: a client without cookie leaves no more sessions behind than others", async () => {
  const exchange = await openExchange(MAPPED)
  for (let round = 0; round < 30; round++) {
    await exchange.ask(INIT)
    await exchange.ask(fileAt("import0_1.xml"), { body: goodsOf(item(String(round))) })
    expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
  }
  expect(readdirSync(join(exchange.folder, "sessions")).length).toBeLessThan(25)
})
