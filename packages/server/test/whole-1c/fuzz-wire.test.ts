import { connect } from "node:net"
import { OneCBase } from "@aptekit/adapter-1c/testing"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Chance, newSeed, withSeed } from "../faults/support/random.ts"
import { FUZZ_MS, basic, forAWhile, type FuzzHub, openFuzzHub, toldBy } from "./support/fuzz-hub.ts"
import { mutate } from "./support/mutations.ts"
import { goodsId } from "./support/base-files.ts"
import { flaw } from "./support/understandable.ts"

const seed = newSeed()
const timeout = FUZZ_MS + 60_000

let hub: FuzzHub
beforeAll(async () => {
  hub = await openFuzzHub("ut", { orders: {} })
})
afterAll(() => hub.server.close())

const WORDS = [
  "catalog", "sale", "reference", "get_crm_info", "checkauth", "init", "file", "import", "query", "success", "info", "complete",
  "deactivate", "", "CATALOG", "__proto__", "constructor", "%00", "%D0", "../../etc/passwd", "'; drop table orders; --", "🙂",
  "import0_1.xml", "v8.zip", "a".repeat(3_000), "0", "-1"
]
const NAMES = ["type", "mode", "filename", "sessid", "version", "toString", "type[]", ""]

/** Any parameters at all, more often those of the exchange. */
const queryOf = (chance: Chance): string => {
  const count = chance.below(6)
  const pairs = Array.from({ length: count }, () => {
    const value = chance.pick(WORDS)
    return `${chance.pick(NAMES)}=${value.startsWith("%") ? value : encodeURIComponent(value)}`
  })
  return `?${pairs.join(chance.pick(["&", "&&", "?"]))}`
}

const HEADERS: ReadonlyArray<Readonly<Record<string, string>>> = [
  {}, { cookie: "aptekit1c=" }, { cookie: "aptekit1c=;;;=;a" }, { cookie: `aptekit1c=${"a".repeat(2_000)}` }, { authorization: "Basic" },
  { authorization: "Basic !!!" }, { authorization: "Bearer x" }, { authorization: `Basic ${"QQ".repeat(2_000)}` },
  { "content-type": "multipart/form-data" }, { "content-encoding": "gzip" }, { accept: "image/png" }, { range: "bytes=0-1" }
]

/** Answers that are no text for the log: init, a document with orders or statuses, and a session's cookie. */
const isData = (text: string): boolean => /^(zip=|<\?xml)/u.test(text)

test(`R-API-1: any parameters and headers: an answer that can be understood, and nothing changes (SEED=${seed})`, { timeout }, () =>
  withSeed(seed, async (chance) => {
    const before = await hub.state()
    await forAWhile(async () => {
      const query = queryOf(chance)
      const post = chance.yes(0.3) ? { method: "POST", body: chance.pick(["", "<a/>", "PK\u0003\u0004", "\u0000\u0001"]) } : {}
      const headers = chance.pick(HEADERS)
      const told = await hub.ask(query, { ...post, headers })
      const what = `${query.slice(0, 300)} ${JSON.stringify(headers).slice(0, 100)}: ${told.status} ${told.text.slice(0, 300)}`
      if (!isData(told.text)) expect([what, flaw(told)]).toEqual([what, undefined])
    })
    await hub.expectAlive()
    expect(await hub.state()).toEqual(before)
  }))

/** Writes bytes to the server's port and gives what came back until it or we gave up. */
const raw = (text: string, end: boolean): Promise<string> =>
  new Promise((resolve) => {
    let heard = ""
    const socket = connect(Number(new URL(hub.server.url).port), "127.0.0.1")
    const done = (): void => {
      socket.destroy()
      resolve(heard)
    }
    socket.setTimeout(300, done)
    socket.on("error", done).on("close", done)
    socket.setEncoding("utf8").on("data", (chunk: string) => void (heard += chunk))
    socket.write(text, () => end && socket.end())
  })

const post = (name: string, headers: string, body: string): string =>
  `POST /exchange/1c?type=catalog&mode=file&filename=${name} HTTP/1.1\r\nHost: hub\r\nAuthorization: ${basic}\r\n${headers}\r\n\r\n${body}`

const WIRES: ReadonlyArray<readonly [what: string, text: string, answer: RegExp]> = [
  ["a length that is too large", post("a.xml", "Content-Length: 1000", "<a/>"), /^$|^HTTP\/1\.1 (200|400|408)/u],
  ["a length that is too small", post("a.xml", "Content-Length: 1", "<a/>"), /^HTTP\/1\.1 (200|400)/u],
  ["two lengths", post("a.xml", "Content-Length: 4\r\nContent-Length: 5", "<a/>"), /^HTTP\/1\.1 400/u],
  ["a length that is no number", post("a.xml", "Content-Length: many", "<a/>"), /^HTTP\/1\.1 400/u],
  ["a negative length", post("a.xml", "Content-Length: -1", "<a/>"), /^HTTP\/1\.1 400/u],
  ["length and chunks", post("a.xml", "Content-Length: 4\r\nTransfer-Encoding: chunked", "4\r\n<a/>\r\n0\r\n\r\n"), /^HTTP\/1\.1 400/u],
  ["broken chunks", post("a.xml", "Transfer-Encoding: chunked", "zz\r\n<a/>"), /^$|^HTTP\/1\.1 400/u],
  ["no HTTP at all", "\u0000\u0001\u0002 hello\r\n\r\n", /^$|^HTTP\/1\.1 400/u],
  ["half a head", "GET /exchange/1c?type=catalog&mode=checkauth HTTP/1.1\r\nHost: hub\r\nAuth", /^$|^HTTP\/1\.1 400/u],
  ["a head without end", `GET / HTTP/1.1\r\n${"X: y\r\n".repeat(5_000)}`, /^$|^HTTP\/1\.1 4/u]
]

test.for(WIRES)("R-API-1: on the wire %s: the hub lives, and the exchange goes on", async ([, text, answer]) => {
  const before = await hub.state()
  for (const end of [false, true]) expect(await raw(text, end)).toMatch(answer)
  await hub.expectAlive()
  expect(await hub.state()).toEqual(before)
  await hub.restore()
})

describe("R-ORD-6: R-API-1: hostile documents of orders", () => {
  test(`changed anyhow, what 1C sends back is taken or refused with a reason; orders stay whole (SEED=${seed})`, { timeout }, () =>
    withSeed(seed, async (chance) => {
      const [branch] = hub.server.hub.network.branches()
      const order = await hub.server.order({
        delivery: { type: "pickup", branchId: branch!.id },
        lines: [{ productId: goodsId(1), quantity: 1 }]
      })
      const base = new OneCBase({ dialect: "ut", goods: [goodsId(1)] })
      await hub.client().exchangeOrders(base)
      base.approve(order.fulfilments[0]!.number)
      const file = base.back(new Set())!
      await forAWhile(async () => {
        const [what, bytes] = mutate(chance, file.bytes)
        const client = hub.client()
        await client.checkauth("sale")
        await client.init("sale")
        await toldBy(client.sendFile(file.name, bytes, "sale").then(() => client.import(file.name, "sale")), what, [file.name])
        await hub.expectAlive()
      })
      const response = await hub.server.call("admin", "GET", `/orders/${order.id}`)
      expect(response.status).toBe(200)
      // Whatever was told: the order's own document can still be sent, and asked for.
      await hub.client().exchangeOrders(base)
    }))
})
