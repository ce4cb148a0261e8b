import { BranchId, type Order, type OrderRequest, Orders, type Policy, ProductId } from "@aptekit/core"
import { makeRequest, type TestNetwork } from "@aptekit/core/testing"
import { Effect } from "effect"
import { openCases, SHOP } from "./world.ts"

export const NORTH = BranchId.make("north")

export const line = (product: string, quantity = 1, over: Partial<OrderRequest["lines"][number]> = {}) =>
  ({ productId: ProductId.make(product), quantity, ...over })

/** The network's policy, for `inWorld({ network })`. */
export const policy = (over: Partial<Policy>): Partial<TestNetwork> => ({
  policies: [{ scope: "network", scopeId: "", policy: over }]
})

/** Delivery to a point north of all branches, or as far south as the latitude says. */
export const courier = (lat = 43.27): OrderRequest["delivery"] => ({
  type: "courier",
  address: { text: "пр. Абая, 1", point: { lat, lon: 76.94 } }
})

export const place = (over: Partial<OrderRequest> = {}) =>
  Effect.flatMap(Orders, (orders) => orders.place(makeRequest(over), SHOP))

export interface Outcome {
  readonly status: string
  /** Units held, line by line. */
  readonly held: ReadonlyArray<number>
  readonly cases: ReadonlyArray<string>
}

/** What became of the first part of an order. */
export const outcome = (order: Order): Outcome => ({
  status: order.fulfilments[0]!.status,
  held: order.fulfilments[0]!.lines.toSorted((a, b) => a.lineId - b.lineId).map((l) => l.held),
  cases: openCases(order)
})
export const assigned = (...held: ReadonlyArray<number>): Outcome => ({ status: "assigned", held, cases: [] })
export const operator = (held: ReadonlyArray<number>, ...cases: ReadonlyArray<string>): Outcome =>
  ({ status: "operator", held, cases })
