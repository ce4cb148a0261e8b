import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { FlowWorld, OrdersHarness, StatementsHarness } from "@aptekit/core/testing"
import { oneC } from "../../src/index.ts"
import { type Dialect, OneCBase, OneCClient, type OneCFile, type OrderFaults } from "../../src/testing/index.ts"
import { basic, goodsOf, item, LOGIN, offer, offersOf, PASSWORD, priceAt, stockAt } from "../exchange/hub.ts"
import { serve } from "../support/serve.ts"

const guid = (n: number): string => `b0a1f3c2-${String(n).padStart(4, "0")}-11ee-8a01-00155d010101`
const WAREHOUSES = { north: guid(8001), south: guid(8002), nowhere: guid(8999) }
const PRICE_TYPES = `<ТипыЦен><ТипЦены><Ид>p</Ид><Наименование>Розничная</Наименование><Валюта>KZT</Валюта></ТипЦены></ТипыЦен>`

const wallClock = (at: number): string => new Date(at + 5 * 3_600_000).toISOString().slice(0, 19)

const harness = (dialect: Dialect) => {
  const directory = mkdtempSync(join(tmpdir(), "aptekit-cml-suite-"))
  const adapter = oneC({
    login: LOGIN, password: PASSWORD, zone: "Asia/Almaty", pollDelayMs: 20, dialect, zip: false,
    warehouses: { [WAREHOUSES.north]: "north", [WAREHOUSES.south]: "south" }, prices: { p: "retail" }, orders: {}
  }, { id: "1c" })
  let url: Promise<string> | undefined
  const client = async (world: FlowWorld): Promise<OneCClient> => {
    // The entrance of the hub that runs now: a restarted one has another.
    url ??= serve((request) => world.http(request))
    return new OneCClient({ url: await url, login: LOGIN, password: PASSWORD, dialect })
  }
  return {
    client,
    common: {
      adapter, directory, secrets: [PASSWORD], partnerId: guid,
      // 1C shows its people the text; of a status only its log would tell (fact 17).
      isRefusal: (_: number, text: string) => text.startsWith("failure"),
      close: async () => rmSync(directory, { recursive: true, force: true })
    }
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export const statements = (): StatementsHarness => {
  const { client, common } = harness("ut")
  const send = async (world: FlowWorld, ...files: ReadonlyArray<OneCFile>) => void await (await client(world)).exchange(files)
  return {
    ...common,
    state: ({ products, stock, prices, at }, world) => {
      const offers = products.map((n) => {
        const rows = stock.filter(([product]) => product === n).map(([, branch, units]) => stockAt(WAREHOUSES[branch], String(units)))
        const [, minor] = prices.find(([product]) => product === n) ?? []
        return offer(guid(n), rows.join("") + (minor === undefined ? "" : priceAt("p", (minor / 100).toFixed(2))))
      })
      return send(
        world,
        { name: "import0_1.xml", bytes: bytesOf(goodsOf(...products.map((n) => item(guid(n))))) },
        { name: "offers0_1.xml", bytes: bytesOf(offersOf(offers, PRICE_TYPES, wallClock(at))) }
      )
    },
    garble: (text, world) => send(world, { name: "offers0_1.xml", bytes: bytesOf(text) }),
    forge: (http) => http(new Request("http://hub/exchange/1c?type=catalog&mode=checkauth", { headers: { authorization: basic(`${LOGIN}:a guess`) } }))
  }
}

export const orders = (dialect: Dialect): OrdersHarness => {
  const { client, common } = harness(dialect)
  const poison = new Set<string>()
  const base = new OneCBase({ dialect, goods: [1, 2, 3].map(guid), poison })
  let faults: OrderFaults = {}
  return {
    ...common,
    exchange: async (world) => {
      const now = faults
      faults = {}
      await (await client(world)).exchangeOrders(base, now)
    },
    documents: () => base.orders.map(({ key, cancelled, deleted, lines }) => ({
      number: key, cancelled: cancelled || deleted, lines: lines.filter(({ service }) => !service).map(({ id, quantity }) => [id, quantity] as const)
    })),
    act: (number, deed) => (deed === "accept" ? base.approve(number, dialect === "bitrix" ? "Подтвержден" : null) : base.cancel(number)),
    refuse: (number) => void poison.add(number),
    lose: () => {
      faults = { stopBeforeSuccess: true }
    },
    forge: (http) => http(new Request("http://hub/exchange/1c?type=sale&mode=query", { headers: { authorization: basic(`${LOGIN}:a guess`) } }))
  }
}
