import type { Fulfilment, InboundHub, Order, Product } from "@aptekit/core"

/** An order with news that this connection has not confirmed. */
export interface PulledOrder {
  readonly order: Order
  readonly version: number
  readonly parts: ReadonlyArray<Fulfilment>
  readonly left: ReadonlyArray<Fulfilment>
  readonly offers: number
  readonly products: ReadonlyMap<string, Product>
  readonly externalIds: ReadonlyMap<string, string>
}

export interface PartFact {
  readonly number: string
  readonly documentId: string | null
  readonly at: number | null
  readonly state: "accepted" | "assembled" | "cancelled" | "sold" | "none"
  readonly lines:
    | ReadonlyArray<{ readonly productId: string; readonly quantity: number; readonly priceMinor: number | null }>
    | null
  readonly reason: string | null
}

export interface FactResult {
  readonly number: string
  readonly outcome: "applied" | "known" | "recorded" | "unknownOrder"
  readonly detail: string
}

export type ActionReason = "needsErpAction" | "erpDiffers"

export interface OrderLane {
  readonly pull: (limit: number) => Promise<ReadonlyArray<PulledOrder>>
  readonly waiting: (limit: number) => Promise<number>
  readonly confirm: (orders: ReadonlyArray<{ readonly orderId: string; readonly version: number }>) => Promise<void>
  readonly quarantine: (orderId: string, reason: string) => Promise<void>
  readonly byNumbers: (numbers: ReadonlyArray<string>) => Promise<ReadonlyArray<PulledOrder>>
  readonly facts: (facts: ReadonlyArray<PartFact>) => Promise<ReadonlyArray<FactResult>>
  readonly needsAction: (fulfilmentId: string, reason: ActionReason, comment: string) => Promise<void>
  readonly resolved: (fulfilmentId: string, reason: ActionReason) => Promise<void>
}

export interface SaleHub extends Pick<InboundHub, "catalogue" | "network" | "stock" | "files" | "log"> {
  readonly orders: OrderLane
}
