import { Schema } from "effect"
import { Instant } from "../kernel/time.ts"

/** Why a person must look (ORD-3). Stable codes; screens and messages translate them. */
export const CaseReason = Schema.Literals([
  "absent",
  "tooFew",
  "priceDiffers",
  "noPrice",
  "unknownProduct",
  "productStopped",
  "prescription",
  "addressUnclear",
  "phoneUnclear",
  "branchClosed",
  "branchInactive",
  "noBranch",
  "notAccepted",
  "returnedByBranch",
  "partnerUnreachable",
  "shortage",
  "doubleSale",
  "soldAfterEnd",
  "soldDifferently",
  "tooManyParts",
  "customerAsks",
  /** The partner's system keeps what it can no longer be told to change: somebody must act there (R8). */
  "needsErpAction",
  /** The partner's document says something else than the order (D7). */
  "erpDiffers"
])
export type CaseReason = typeof CaseReason.Type

/** A reason why a person must look at an order; claimed by one operator (ORD-4). */
export const OperatorCase = Schema.Struct({
  /** 1, 2, … within the order. */
  caseId: Schema.Int,
  part: Schema.Int,
  reason: CaseReason,
  lineId: Schema.NullOr(Schema.Int),
  comment: Schema.NullOr(Schema.String),
  openedAt: Instant,
  closedAt: Schema.NullOr(Instant),
  /** What the person who closed it wrote; null where the life of the order or the partner closed it. */
  resolution: Schema.NullOr(Schema.String)
})
export type OperatorCase = typeof OperatorCase.Type
