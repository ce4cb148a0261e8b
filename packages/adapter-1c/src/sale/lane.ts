import type { InboundHub } from "@aptekit/core"

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

/** The orders' side of the hub. */
export interface OrderLane extends Omit<InboundHub["orders"], "onNews"> {
  readonly facts: (facts: ReadonlyArray<PartFact>) => Promise<ReadonlyArray<FactResult>>
  readonly needsAction: (fulfilmentId: string, reason: ActionReason, comment: string) => Promise<void>
  readonly resolved: (fulfilmentId: string, reason: ActionReason) => Promise<void>
}

export interface SaleHub extends Pick<InboundHub, "catalogue" | "network" | "stock" | "files" | "log"> {
  readonly orders: OrderLane
}
