import {
  type AdapterInstance, defineAdapter, type FactResult, type Fulfilment, type InboundHub, type Order, type PartFact,
  type PulledOrder, Schema
} from "@aptekit/core"
import { Effect } from "effect"

/** A connection that takes the orders of some branches, and the hub's face as it got it. */
export interface TestTaker {
  readonly adapter: AdapterInstance
  readonly hub: () => InboundHub
  /** May change while it runs, as a mapping does. */
  readonly branches: Set<string>
}

export const testTaker = (
  branches: ReadonlyArray<string> = ["north"],
  id = "erp",
  more: { readonly links?: string } = {}
): TestTaker => {
  const taken = new Set(branches)
  let hub: InboundHub | undefined
  const adapter = defineAdapter({
    name: "erp",
    config: Schema.Struct({}),
    ports: {},
    setup: (_, context) => {
      hub = context.hub
      return { orders: { takes: (branch: string) => taken.has(branch), ...more } }
    }
  })({}, { id })
  return { adapter, hub: () => hub!, branches: taken }
}

export const pull = (taker: TestTaker, limit = 50) => Effect.promise(() => taker.hub().orders.pull(limit))

export const confirm = (taker: TestTaker, orders: ReadonlyArray<PulledOrder>) =>
  Effect.promise(() => taker.hub().orders.confirm(orders.map(({ order, version }) => ({ orderId: order.id, version }))))

/** Takes all there is and says so. */
export const drain = (taker: TestTaker) => Effect.tap(pull(taker), (orders) => confirm(taker, orders))

export const fact = (order: Order, state: PartFact["state"], over: Partial<PartFact> = {}): PartFact => ({
  number: `${order.number}-1`,
  documentId: `doc-${order.number}`,
  at: null,
  state,
  lines: null,
  reason: null,
  ...over
})

/** The lines of a part as the partner's document repeats them. */
export const sameLines = (f: Fulfilment): NonNullable<PartFact["lines"]> =>
  f.lines.map((line) => ({ productId: line.productId!, quantity: line.quantity, priceMinor: line.price?.amount ?? null }))

export const say = (taker: TestTaker, ...facts: ReadonlyArray<PartFact>) =>
  Effect.promise((): Promise<ReadonlyArray<FactResult>> => taker.hub().orders.facts(facts))

export const outcomes = (results: ReadonlyArray<FactResult>) => results.map((result) => result.outcome)
