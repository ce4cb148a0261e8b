import {
  conformance, type FlowWorld, type OrdersHarness, ordersSuite, type SalesHarness, salesSuite, type StatementsHarness,
  statementsSuite, type StatusesHarness, statusesSuite
} from "@aptekit/core/testing"
import { otau } from "./adapter.ts"
import { otauPort } from "./port.ts"
import { OTAU_TOKEN, otauSimulator } from "./simulator.ts"

const PLACES = { "P-north": "north", "P-south": "south" }

const partnerId = (n: number): string => `G-${n}`

const harness = () => {
  const simulator = otauSimulator()
  const adapter = otau({ url: "https://erp.otau.example", token: OTAU_TOKEN, places: PLACES, fetch: simulator.fetch })
  return { adapter, simulator, secrets: [OTAU_TOKEN], partnerId }
}

const exchange = ({ hub }: FlowWorld) => hub.port(otauPort).exchangeOrders({})

export const statements = (): StatementsHarness => {
  const common = harness()
  return {
    ...common,
    state: async ({ products, stock, prices, at }, { hub }) => {
      common.simulator.statement = {
        at: new Date(at).toISOString(),
        products: products.map((n) => ({ id: partnerId(n), name: `Товар ${n}` })),
        stock: stock.map(([n, branch, units]) => ({ product: partnerId(n), place: `P-${branch}`, units })),
        prices: prices.map(([n, minor]) => ({ product: partnerId(n), minor }))
      }
      await hub.port(otauPort).readStatement({})
    }
  }
}

export const orders = (): OrdersHarness => {
  const common = harness()
  const { documents, refused, fault } = common.simulator
  return {
    ...common,
    exchange,
    documents: () => [...documents.values()].map(({ number, cancelled, state, lines }) => ({
      number, cancelled: cancelled || state === "cancelled", lines: lines.map(({ product, units }) => [product, units] as const)
    })),
    act: (number, deed) => void documents.set(number, { ...documents.get(number)!, state: deed === "accept" ? "accepted" : "cancelled" }),
    refuse: (number) => void refused.add(number),
    lose: () => fault("dropAfter", 1)
  }
}

export const sales = (): SalesHarness => {
  const common = harness()
  return {
    ...common,
    sell: ({ id, branch, at, lines, part = null }) =>
      void common.simulator.receipts.push({
        id, place: `P-${branch}`, at: new Date(at).toISOString(), order: part,
        lines: lines.map(([n, units]) => ({ product: partnerId(n), units }))
      }),
    read: ({ hub }) => hub.port(otauPort).readSales({}),
    tell: exchange
  }
}

export const statuses = (): StatusesHarness => {
  const common = harness()
  return {
    ...common,
    push: exchange,
    heard: () => common.simulator.ledger.map(({ key, body }) => {
      const { order, status } = JSON.parse(body) as { readonly order: string; readonly status: string }
      return { orderId: order, status, key, text: body }
    })
  }
}

/** For `npx aptekit conformance`, and for the test beside it. */
export default [
  conformance(statementsSuite, statements, { capabilities: otau.capabilities }),
  conformance(ordersSuite, orders, { capabilities: otau.capabilities }),
  conformance(salesSuite, sales, { capabilities: otau.capabilities }),
  conformance(statusesSuite, statuses, { capabilities: otau.capabilities })
]
