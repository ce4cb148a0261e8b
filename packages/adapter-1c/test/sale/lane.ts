import { type Fulfilment, newProduct, type Order, type Product, ProductId, type PulledOrder, type FactResult, type PartFact, type InboundHub } from "@aptekit/core"
import { numberOf } from "../../src/sale/compose.ts"

export const GUIDS: Readonly<Record<string, string>> = {
  aspirin: "b0a1f3c2-0001-11ee-8a01-00155d010101",
  ibuprofen: "b0a1f3c2-0002-11ee-8a01-00155d010101#5f2c6c4e-aaaa-11ee-8a01-00155d010101"
}

export const PRODUCTS: ReadonlyMap<string, Product> = new Map([
  ["aspirin", { ...newProduct(ProductId.make("aspirin"), "Аспирин таб. 500 мг №20"), sku: "А-1", barcodes: ["4870000000017"] }],
  ["ibuprofen", { ...newProduct(ProductId.make("ibuprofen"), "Ибупрофен <форте> & Қ"), sku: "И-2" }]
])

/** The hub's side of the lane in memory: news waits until it is confirmed, dead letters block their order. */
export class FakeLane implements Omit<InboundHub["orders"], "onNews"> {
  readonly orders = new Map<string, Order>()
  readonly left = new Map<string, ReadonlyArray<Fulfilment>>()
  readonly #confirmed = new Map<string, number>()
  readonly dead = new Map<string, string>()
  readonly cases: Array<readonly [string, string, string]> = []
  readonly resolvedCases: Array<readonly [string, string]> = []
  readonly taken: Array<PartFact> = []
  readonly unknownProducts = new Set<string>()
  outcome: FactResult["outcome"] = "applied"
  /** What the hub makes of an order that a fact names; of its own partner's word it has no news for it. */
  onFact: (order: Order) => Order = (order) => order

  put(order: Order): void {
    const version = (this.orders.get(order.id)?.version ?? 0) + 1
    this.orders.set(order.id, { ...order, version })
  }

  get numbers(): ReadonlyArray<string> {
    return this.#news().map(({ number }) => number)
  }

  #news(): ReadonlyArray<Order> {
    return [...this.orders.values()].filter(({ id, version }) =>
      !this.dead.has(id) && version > (this.#confirmed.get(id) ?? 0)
    )
  }

  #pulled(order: Order): PulledOrder {
    const left = this.left.get(order.id) ?? []
    return {
      order,
      version: order.version,
      parts: order.fulfilments.filter(({ id }) => !left.some((part) => part.id === id)),
      left,
      offers: 1,
      products: PRODUCTS,
      externalIds: new Map(Object.entries(GUIDS).filter(([id]) => !this.unknownProducts.has(id)))
    }
  }

  readonly pull: InboundHub["orders"]["pull"] = async (limit) => this.#news().slice(0, limit).map((order) => this.#pulled(order))

  readonly waiting: InboundHub["orders"]["waiting"] = async () => this.#news().length

  readonly confirm: InboundHub["orders"]["confirm"] = async (orders) => {
    for (const { orderId, version } of orders) {
      this.#confirmed.set(orderId, Math.max(version, this.#confirmed.get(orderId) ?? 0))
      this.left.delete(orderId)
    }
  }

  readonly quarantine: InboundHub["orders"]["quarantine"] = async (orderId, reason) => void this.dead.set(orderId, reason)

  readonly byNumbers: InboundHub["orders"]["byNumbers"] = async (numbers) =>
    [...this.orders.values()].filter((order) => order.fulfilments.some((part) => numbers.includes(numberOf(order, part))))
      .map((order) => this.#pulled(order))

  readonly facts: InboundHub["orders"]["facts"] = async (facts) => {
    this.taken.push(...facts)
    for (const order of this.orders.values()) {
      if (order.fulfilments.some((part) => facts.some(({ number }) => number === numberOf(order, part)))) {
        this.orders.set(order.id, this.onFact(order))
      }
    }
    return facts.map(({ number }) => ({ number, outcome: this.outcome, detail: "" }))
  }

  readonly needsAction: InboundHub["orders"]["needsAction"] = async (...told) => void this.cases.push(told)
  readonly resolved: InboundHub["orders"]["resolved"] = async (...told) => void this.resolvedCases.push(told)
}
