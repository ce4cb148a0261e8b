import { existsSync, readFileSync } from "node:fs"
import { OneCStopped } from "@aptekit/adapter-1c/testing"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { fileOf, type OneCServer, serveOneC } from "../support/one-c.ts"
import { flaw } from "./support/understandable.ts"

const DATA = new URL("../../../../../shared/data/", import.meta.url)
const isThere = existsSync(DATA)

if (!isThere) {
  const notice = `[server] SKIPPED: the sample files of ${DATA.pathname} are absent, no real orders file was sent`
  console.warn(`\n${"!".repeat(notice.length)}\n${notice}\n${"!".repeat(notice.length)}\n`)
}

test.runIf(process.env["CI"] === "true")("R-ORD-6: in CI the sample files are there", () => {
  expect(isThere, `${DATA.pathname} is missing`).toBe(true)
})

/** Files of orders; how many documents the data's README counts. The catalogue's are in `exchange-1c.test.ts`. */
const ORDERS: ReadonlyArray<readonly [file: string, documents: number]> = [
  ["2.03-order-to-1c-bitrix-sample/orders.xml", 1],
  ["2.03-order-to-1c-with-status/order.xml", 1],
  ["2.05-empty-query-answer/orders.xml", 0],
  ["2.07-orders-back-ut11/orders.xml", 4],
  ["3.1-orders-to-1c-containers/orders.xml", 2]
]

describe.skipIf(!isThere)("R-ORD-6: R-STK-1: real files of orders over the HTTP exchange", () => {
  let hub: OneCServer
  beforeAll(async () => {
    hub = await serveOneC({ orders: {}, zip: false })
  })
  afterAll(() => hub.close())
  const folder = new URL("1c/commerceml/", DATA)
  const readme = isThere ? readFileSync(new URL("README.md", DATA), "utf8").split("\n") : []

  test.for(ORDERS)("%s: its %i documents are read, and each is said to be none of the hub's", async ([path, documents]) => {
    const words = documents === 1 ? "1 document," : `${documents} documents`
    expect(readme.filter((line) => line.includes(`\`${path}\``) && line.includes(words))).toHaveLength(1)
    const file = fileOf(new URL(`${path.split("/")[0]!}/`, folder), path.split("/")[1]!)
    const client = hub.client()
    await client.checkauth("sale")
    await client.init("sale")
    await client.sendFile(file.name, file.bytes, "sale")
    expect(await client.import(file.name, "sale")).toBe("success")
    const run = await hub.run(file.name)
    expect([run.state, run.rejects?.length ?? 0, run.counts.rejected]).toEqual(["done", documents, 0])
    for (const { reason } of run.rejects ?? []) expect(reason).toMatch(/у хаба нет такого заказа/u)
  })

  test("every file of CommerceML in the data's README but the schema goes through the exchange in some test", () => {
    const here = readFileSync(new URL("../exchange-1c.test.ts", import.meta.url), "utf8")
    const listed = readme.flatMap((line) => /^\| `(\d\.\d+-[^`]+\.xml)/u.exec(line)?.[1] ?? [])
    expect(listed.length).toBeGreaterThan(15)
    const sent = (path: string): boolean => {
      const [set = "", name = ""] = path.split("/")
      return ORDERS.some(([known]) => known === path) || (here.includes(`"${set}"`) && here.includes(`"${name.replace(/[0-9a-f]*….*/u, "")}`))
    }
    expect(listed.filter((path) => !sent(path))).toEqual([])
  })

  test("a catalogue that is sent as orders, and orders as a catalogue: refused, in words", async () => {
    const offers = fileOf(new URL("2.07-three-warehouses/", folder), "offers0_1.xml")
    const orders = fileOf(new URL("2.07-orders-back-ut11/", folder), "orders.xml")
    for (const [file, type] of [[offers, "sale"], [orders, "catalog"]] as const) {
      const client = hub.client()
      await client.checkauth(type)
      await client.init(type)
      await client.sendFile(file.name, file.bytes, type)
      const error = await client.import(file.name, type).then(() => "taken", (reason: unknown) => reason)
      expect(error).toBeInstanceOf(OneCStopped)
      expect(flaw({ status: 200, text: (error as OneCStopped).answer }, [file.name])).toBe(undefined)
    }
  })
})
