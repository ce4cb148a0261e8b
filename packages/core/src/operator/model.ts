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
  "customerAsks"
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
  closedAt: Schema.NullOr(Instant)
})
export type OperatorCase = typeof OperatorCase.Type
