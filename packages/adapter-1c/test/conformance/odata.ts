import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { FlowWorld, OrdersHarness, Receipt, SalesHarness, Statement, StatementsHarness } from "@aptekit/core/testing"
import { oneCODataOver, oneCODataPort } from "../../src/index.ts"
import { ODATA_ROOT, type ODataSimulator, oneCODataSimulator } from "../../src/testing/index.ts"
import { balance, GOODS, id, NONE, NORTH, ORDER, price, PRICES, RECEIPT, RETAIL, SOUTH, STOCK, tables } from "../odata/base-of.ts"
import { loseNextAnswer } from "../odata/orders-of.ts"

const ZONE = "Asia/Almaty"
const WAREHOUSES = { north: NORTH, south: SOUTH, nowhere: id(8999) }
const SOLD_ORDER = "ЗаказКлиента_Key"

/** As the base's wall clock shows it: Almaty is five hours ahead. */
const wallClock = (at: number): string => new Date(at + 5 * 3_600_000).toISOString().slice(0, 19)

const simulate = (): ODataSimulator => {
  const all = tables()
  const receipts = all[RECEIPT]!
  return oneCODataSimulator({ tables: { ...all, [RECEIPT]: { ...receipts, fields: { ...receipts.fields, [SOLD_ORDER]: "Guid" } } } })
}

const harness = () => {
  const simulator = simulate()
  const directory = mkdtempSync(join(tmpdir(), "aptekit-odata-suite-"))
  const adapter = oneCODataOver({ fetch: simulator.fetch })({
    url: `http://1c.test${ODATA_ROOT}`, login: simulator.login, password: simulator.password, zone: ZONE, page: 2, backoffMs: 1,
    warehouses: { [NORTH]: "north", [SOUTH]: "south" }, prices: { [RETAIL]: "retail" },
    every: { catalogue: 0, stock: 0, prices: 0, sales: 0 },
    orders: { everySeconds: 0, settleSeconds: 0, state: { field: "Статус", values: { КОтгрузке: "accepted" } } },
    sales: [{ since: "2020-01-01", number: null, order: SOLD_ORDER }]
  }, { id: "1c-odata" })
  return {
    adapter, simulator, directory, secrets: [simulator.password], partnerId: id,
    close: async () => rmSync(directory, { recursive: true, force: true })
  }
}

const fill = ({ base }: ODataSimulator, path: string, rows: ReadonlyArray<object>): void => {
  const all = base.rows(path)
  all.splice(0, all.length, ...(rows as ReadonlyArray<Record<string, unknown>>))
}

const has = (simulator: ODataSimulator, { products, stock, prices }: Statement): void => {
  const goods = products.map((n) => ({
    Ref_Key: id(n), DataVersion: "A", DeletionMark: false, IsFolder: false, Code: `C-${n}`, Description: `Товар ${n}`, Артикул: `A-${n}`
  }))
  fill(simulator, GOODS, goods)
  fill(simulator, STOCK, stock.map(([n, branch, units]) => balance(n, WAREHOUSES[branch], units)))
  fill(simulator, PRICES, prices.map(([n, minor]) => price(n, minor / 100)))
}

export const statements = (): StatementsHarness => {
  const common = harness()
  return {
    ...common,
    state: async (statement, { hub }) => {
      has(common.simulator, statement)
      for (const kind of ["catalogue", "stock", "prices"] as const) {
        const { state, error } = await hub.port(oneCODataPort).sync({ kind })
        if (state !== "done") throw new Error(`the reading of ${kind} is ${state}: ${error}`)
      }
    }
  }
}

const exchange = ({ hub }: FlowWorld) => hub.port(oneCODataPort).exchangeOrders({})

const documentOf = ({ base }: ODataSimulator, number: string) => base.rows(ORDER).find((row) => row["НомерПоДаннымКлиента"] === number)!

export const orders = (): OrdersHarness => {
  const common = harness()
  const { simulator } = common
  let changes = 0
  return {
    ...common,
    exchange,
    documents: () => simulator.base.rows(ORDER).map((row) => ({
      number: String(row["НомерПоДаннымКлиента"]),
      cancelled: row["DeletionMark"] === true,
      lines: (row["Товары"] as ReadonlyArray<Record<string, unknown>>).map((line) => [String(line["Номенклатура_Key"]), Number(line["Количество"])] as const)
    })),
    act: (number, deed) => {
      const change = deed === "accept" ? { Статус: "КОтгрузке" } : { DeletionMark: true }
      Object.assign(documentOf(simulator, number), change, { DataVersion: `changed-${++changes}` })
    },
    refuse: () => void (simulator.faults.business = 1),
    lose: () => loseNextAnswer(simulator)
  }
}

export const sales = (): SalesHarness => {
  const common = harness()
  const { simulator } = common
  let made = 0
  const receiptOf = ({ branch, at, lines, part }: Receipt) => ({
    Ref_Key: id(3000 + ++made), DataVersion: "A", DeletionMark: false, Posted: true, Number: `Ч-${made}`, Date: wallClock(at),
    Склад_Key: WAREHOUSES[branch], [SOLD_ORDER]: part === undefined ? NONE : documentOf(simulator, part)["Ref_Key"],
    Товары: lines.map(([n, units], i) => ({
      LineNumber: String(i + 1), Номенклатура_Key: id(n), Характеристика_Key: NONE, Количество: units, Цена: 490
    }))
  })
  return {
    ...common,
    sell: (receipt) => void simulator.base.rows(RECEIPT).push(receiptOf(receipt)),
    read: ({ hub }) => hub.port(oneCODataPort).readSales({}),
    tell: exchange
  }
}
