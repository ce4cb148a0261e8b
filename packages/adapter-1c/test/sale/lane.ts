import { BranchId, type Fulfilment, newProduct, type Order, type Product, ProductId, type PulledOrder, type FactResult, type PartFact, type InboundHub } from "@aptekit/core"
import { numberOf } from "../../src/sale/compose.ts"

export const GUIDS: Readonly<Record<string, string>> = {
  aspirin: "b0a1f3c2-0001-11ee-8a01-00155d010101",
  ibuprofen: "b0a1f3c2-0002-11ee-8a01-00155d010101#5f2c6c4e-aaaa-11ee-8a01-00155d010101"
}

export const PRODUCTS: ReadonlyMap<string, Product> = new Map([
  ["aspirin", { ...newProduct(ProductId.make("aspirin"), "Аспирин таб. 500 мг №20"), sku: "А-1", barcodes: ["4870000000017"] }],
  ["ibuprofen", { ...newProduct(ProductId.make("ibuprofen"), "Ибупрофен <форте> & Қ"), sku: "И-2" }]
])

/** A branch of another base. */
export const ELSEWHERE = BranchId.make("elsewhere")

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
    const before = this.orders.get(order.id)
    this.orders.set(order.id, { ...order, cases: before?.cases ?? order.cases, version: (before?.version ?? 0) + 1 })
  }

  /** Of the part's open case of this reason; undefined: there is none. */
  openCase(part: string, reason = "needsErpAction"): string | null | undefined {
    return this.#casesOf(part).find((one) => one.reason === reason && one.closedAt === null)?.comment
  }

  /** A person has seen to the part's cases. */
  seeTo(part: string): void {
    this.#close(part, () => true, "done")
  }

  #casesOf(part: string): Order["cases"] {
    return [...this.orders.values()].find(({ fulfilments }) => fulfilments.some(({ id }) => id === part))?.cases ?? []
  }

  #setCases(part: string, cases: Order["cases"]): void {
    const order = [...this.orders.values()].find(({ fulfilments }) => fulfilments.some(({ id }) => id === part))
    if (order !== undefined) this.orders.set(order.id, { ...order, cases })
  }

  #close(part: string, which: (reason: string) => boolean, resolution: string | null): void {
    this.#setCases(part, this.#casesOf(part).map((one) =>
      one.closedAt === null && which(one.reason) ? { ...one, closedAt: 1, resolution } : one
    ))
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
      parts: order.fulfilments.filter(({ id, branchId }) => branchId !== ELSEWHERE && !left.some((part) => part.id === id)),
      left,
      offers: 1,
      products: PRODUCTS,
      externalIds: new Map(Object.entries(GUIDS).filter(([id]) => !this.unknownProducts.has(id)))
    }
  }

  readonly pull: InboundHub["orders"]["pull"] = async (limit) => this.#news().slice(0, limit).map((order) => this.#pulled(order))

  readonly waiting: InboundHub["orders"]["waiting"] = async () => this.#news().length

  confirm: InboundHub["orders"]["confirm"] = async (orders) => {
    for (const { orderId, version } of orders) {
      this.#confirmed.set(orderId, Math.max(version, this.#confirmed.get(orderId) ?? 0))
      this.left.delete(orderId)
    }
  }

  quarantine: InboundHub["orders"]["quarantine"] = async (orderId, reason) => void this.dead.set(orderId, reason)

  readonly byNumbers: InboundHub["orders"]["byNumbers"] = async (numbers) =>
    [...this.orders.values()].filter((order) => order.fulfilments.some((part) => numbers.includes(numberOf(order, part))))
      .map((order) => this.#pulled(order)).filter(({ parts, left }) => parts.length + left.length > 0)

  readonly facts: InboundHub["orders"]["facts"] = async (facts) => {
    this.taken.push(...facts)
    for (const order of this.orders.values()) {
      if (order.fulfilments.some((part) => facts.some(({ number }) => number === numberOf(order, part)))) {
        this.orders.set(order.id, this.onFact(order))
      }
    }
    return facts.map(({ number }) => ({ number, outcome: this.outcome, detail: "" }))
  }

  needsAction: InboundHub["orders"]["needsAction"] = async (part, reason, comment) => {
    this.cases.push([part, reason, comment])
    const before = this.#casesOf(part).filter((one) => one.reason !== reason || one.closedAt !== null)
    this.#setCases(part, [...before, {
      caseId: before.length + 1, part: 1, reason, lineId: null, comment, openedAt: 0, closedAt: null, resolution: null
    }])
  }

  readonly resolved: InboundHub["orders"]["resolved"] = async (part, reason) => {
    this.resolvedCases.push([part, reason])
    this.#close(part, (one) => one === reason, null)
  }
}
