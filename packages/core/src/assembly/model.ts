import { Schema } from "effect"
import { BranchId, ProductId } from "../kernel/ids.ts"

/** Why a branch was or was not chosen, with the figures that decided (ASM-3). */
export const BranchView = Schema.Struct({
  branchId: BranchId,
  verdict: Schema.Literals(["chosen", "deep", "present", "partial", "nothing", "closed", "inactive", "unplaced"]),
  /** Metres from the branch to the client; null where a point is missing. */
  distance: Schema.NullOr(Schema.Int),
  /** Seconds of that way; null where no distance matrix told. */
  seconds: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  /** Was that way measured by road, or as the crow flies? Left out where no matrix was asked. */
  by: Schema.optionalKey(Schema.Literals(["road", "straight"])),
  /** Lines that this branch holds in full. */
  linesPresent: Schema.Int,
  /** The least number of units left over any line; null unless every line is present. */
  depth: Schema.NullOr(Schema.Int)
})
export type BranchView = typeof BranchView.Type

/** Which branch gives how much of which product. */
export const PlannedPart = Schema.Struct({
  branchId: BranchId,
  lines: Schema.Array(Schema.Struct({ lineId: Schema.Int, productId: ProductId, quantity: Schema.Int }))
})
export type PlannedPart = typeof PlannedPart.Type

/** Which branches fulfil which lines, and the explanation (ASM-3). Kept with its order. */
export const AssemblyPlan = Schema.Struct({
  policy: Schema.String,
  outcome: Schema.Literals(["planned", "impossible"]),
  /** The first rule that was not a tie (D16). */
  reason: Schema.Literals([
    "pickup",
    "deepAndNearest",
    "presentAndNearest",
    "fewestBranches",
    "greedy",
    "notEnoughStock",
    "splitForbidden",
    "noAddress"
  ]),
  parts: Schema.Array(PlannedPart),
  /** Metres of the whole trip: the branches in best order, then the client. */
  tripMetres: Schema.NullOr(Schema.Int),
  /** Its seconds; null where a part of it was not measured by road. */
  tripSeconds: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  /** How distances were measured, such as `great-circle × 1.4`. */
  distances: Schema.optionalKey(Schema.String),
  considered: Schema.Int,
  /** The chosen branches and the nearest others, at most 20. */
  branches: Schema.Array(BranchView),
  /** What the plan had to do without, such as `geocoder unavailable`. */
  notes: Schema.Array(Schema.String)
})
export type AssemblyPlan = typeof AssemblyPlan.Type
