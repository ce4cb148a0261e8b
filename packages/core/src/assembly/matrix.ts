import { Schema } from "effect"
import { definePort } from "../adapter/port.ts"
import { Point } from "../network/model.ts"

const Amount = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** The way by road from one point to another. */
export const RoadWay = Schema.Struct({ seconds: Amount, metres: Amount })
export type RoadWay = typeof RoadWay.Type

/**
 * Ways by road between points (ASM-2): a row for each of `from`, in it a cell for each of `to`; null where there is no
 * way. Partners limit how much they answer at once: the adapter splits and joins. `source`: who measured, such as `osrm`.
 */
export const distanceMatrixPort = definePort("distanceMatrix", {
  matrix: {
    input: Schema.Struct({ from: Schema.NonEmptyArray(Point), to: Schema.NonEmptyArray(Point) }),
    output: Schema.Struct({
      cells: Schema.Array(Schema.Array(Schema.NullOr(RoadWay))),
      source: Schema.NonEmptyString.check(Schema.isMaxLength(60))
    }),
    repeat: "safe",
    timeout: 2_000
  }
})
