import { type OrderRequest, Storage } from "@aptekit/core"
import { kzt, makeBranch, smallNetwork, type TestNetwork } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { assigned, courier, line, NORTH, operator, outcome, type Outcome, place, policy } from "./intake-kit.ts"
import { inWorld } from "./world.ts"

interface Row {
  readonly title: string
  readonly request: Partial<OrderRequest>
  readonly network?: Partial<TestNetwork>
  readonly expected: Outcome
}

const shutNorth = smallNetwork().branches.map((branch) =>
  branch.id === NORTH ? makeBranch("north", { hours: [{ day: 5, from: "09:00", to: "18:00" }] }) : branch
)
const stopped = smallNetwork().products.map((p) => (p.id === "aspirin" ? { ...p, stopped: true } : p))

const ROWS: ReadonlyArray<Row> = [
  {
    title: "ORD-2: all present is held and assigned",
    request: { lines: [line("aspirin", 3), line("ibuprofen", 5)] },
    expected: assigned(3, 5)
  },
  {
    title: "ORD-3: absent goes to the operator",
    request: { lines: [line("rare", 2), line("aspirin")] },
    expected: operator([0, 1], "absent:1")
  },
  {
    title: "ORD-3: too few goes to the operator, what is there stays held",
    request: { lines: [line("aspirin", 12)] },
    expected: operator([10], "tooFew:1")
  },
  {
    title: "ORD-3: two lines of one product want the sum of their units",
    request: { lines: [line("aspirin", 6), line("aspirin", 6)] },
    expected: operator([6, 4], "tooFew:2")
  },
  {
    title: "ORD-3: an unknown product is kept as the channel wrote it",
    request: { lines: [{ sku: "нет-такого", quantity: 1 }, line("aspirin")] },
    expected: operator([0, 1], "unknownProduct:1")
  },
  {
    title: "ORD-3: a product without a price",
    request: {},
    network: { prices: [["ibuprofen", null, 1]] },
    expected: operator([1], "noPrice:1")
  },
  {
    title: "ORD-3: the price moved",
    request: { lines: [line("aspirin", 1, { price: kzt(48_000) })] },
    expected: operator([1], "priceDiffers:1")
  },
  {
    title: "ORD-3: the same price in another currency is another price",
    request: { lines: [line("aspirin", 1, { price: { amount: 49_000, currency: "RUB" } })] },
    expected: operator([1], "priceDiffers:1")
  },
  {
    title: "ORD-3: the same price is no question",
    request: { lines: [line("aspirin", 1, { price: kzt(49_000) })] },
    expected: assigned(1)
  },
  {
    title: "ORD-3: policy may sell at our price",
    request: { lines: [line("aspirin", 1, { price: kzt(1) })] },
    network: policy({ priceDiffers: "ours" }),
    expected: assigned(1)
  },
  {
    title: "ORD-3: policy may honour the channel's price, even where we have none",
    request: { lines: [line("aspirin", 1, { price: kzt(1) })] },
    network: { ...policy({ priceDiffers: "channel" }), prices: [["rare", null, 1]] },
    expected: assigned(1)
  },
  { title: "ORD-3: a prescription product for pickup", request: { lines: [line("insulin")] }, expected: assigned(1) },
  {
    title: "ORD-3: a prescription product by courier",
    request: { lines: [line("insulin")], delivery: courier() },
    expected: operator([1], "prescription:1")
  },
  {
    title: "ORD-3: policy sends every prescription product to the operator",
    request: { lines: [line("insulin")] },
    network: policy({ prescription: "operator" }),
    expected: operator([1], "prescription:1")
  },
  {
    title: "ORD-3: policy allows prescription products by courier",
    request: { lines: [line("insulin")], delivery: courier() },
    network: policy({ prescription: "allow" }),
    expected: assigned(1)
  },
  {
    title: "ORD-3: a branch that does not open in time",
    request: {},
    network: { branches: shutNorth },
    expected: operator([1], "branchClosed")
  },
  {
    title: "ORD-3: policy assigns to a closed branch all the same",
    request: {},
    network: { branches: shutNorth, ...policy({ branchClosed: "assign" }) },
    expected: assigned(1)
  },
  {
    title: "ORD-3: a branch that is not active holds nothing",
    request: {},
    network: { branches: [makeBranch("north", { active: false }), ...smallNetwork().branches.slice(1)] },
    expected: operator([0], "branchInactive")
  },
  {
    title: "ORD-3: a phone that cannot be read",
    request: { customer: { name: "А", phone: "звоните" } },
    expected: operator([1], "phoneUnclear")
  },
  {
    title: "ORD-3: an address that nobody can locate",
    request: { delivery: { type: "courier", address: { text: "у реки" } } },
    expected: operator([0], "addressUnclear")
  },
  {
    title: "ORD-3: nowhere enough of it",
    request: { lines: [line("aspirin", 26)], delivery: courier() },
    expected: operator([0], "noBranch")
  },
  {
    title: "STK-9: a stopped product is refused whatever the stock says",
    request: {},
    network: { products: stopped },
    expected: operator([0], "productStopped:1")
  },
  {
    title: "STK-9: a product without stock control is always there",
    request: { lines: [line("coffee", 900)] },
    expected: assigned(900)
  },
  {
    title: "STK-9: a branch without stock control has everything",
    request: { lines: [line("rare", 7)] },
    network: { branches: [makeBranch("north", { stockControl: false }), ...smallNetwork().branches.slice(1)] },
    expected: assigned(7)
  },
  {
    title: "ORD-7: policy reserves only when the branch accepts",
    request: { lines: [line("aspirin", 3)] },
    network: policy({ reserveAt: "branch" }),
    expected: assigned(0)
  },
  {
    title: "ORD-7: even then what is not there goes to the operator",
    request: { lines: [line("rare")] },
    network: policy({ reserveAt: "branch" }),
    expected: operator([0], "absent:1")
  },
  {
    title: "ORD-14: where the branch settles shortages it gets the order with what is there",
    request: { lines: [line("aspirin", 12), line("rare")] },
    network: policy({ shortageSettledBy: "branch" }),
    expected: assigned(10, 0)
  }
]

describe("automatic processing of an order", () => {
  for (const row of ROWS) {
    it.effect(row.title, () =>
      inWorld(
        Effect.gen(function*() {
          const { order, created } = yield* place(row.request)
          expect(created).toBe(true)
          expect(outcome(order)).toEqual(row.expected)
          expect(yield* (yield* Storage).orders.byId(order.id)).toEqual(order)
        }),
        row.network === undefined ? {} : { network: row.network }
      ))
  }
})
