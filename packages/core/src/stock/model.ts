import { Schema } from "effect"
import { BranchId, ProductId } from "../kernel/ids.ts"
import { Instant } from "../kernel/time.ts"

/** What a branch has of a product. Reservations are never part of `onHand`. */
export const StockLevel = Schema.Struct({
  productId: ProductId,
  branchId: BranchId,
  onHand: Schema.Int,
  reserved: Schema.Int,
  /** The time up to which a statement has spoken for this row (D1, D2); 0 before the first one. */
  asOf: Instant
})
export type StockLevel = typeof StockLevel.Type

/** One change of onHand with its cause and the time it happened at the branch (D1). */
export interface Movement {
  readonly productId: ProductId
  readonly branchId: BranchId
  /** Signed units: a sale is negative. */
  readonly quantity: number
  readonly cause: "sale" | "return" | "correction"
  /** The register's time, not ours. */
  readonly occurredAt: Instant
  /** What caused it: the sale's id, the correction's. */
  readonly ref: string
}

/** Change of `reserved` at a branch and product. A positive one is guarded: available ≥ units, else InsufficientStock. */
export interface HoldChange {
  readonly productId: ProductId
  readonly branchId: BranchId
  readonly units: number
}

/** Units of a product at a branch that a commit could not hold, with the figures the database had. */
export interface RefusedHold {
  readonly productId: ProductId
  readonly branchId: BranchId
  readonly wanted: number
  readonly onHand: number
  readonly reserved: number
}
