import { Schema } from "@aptekit/core"
import { Effect } from "effect"
import { MOST_MINUTES } from "../timers.ts"

/**
 * Between two whole readings of the goods: only those whose `DataVersion` is another than last time. For bases without
 * an exchange plan for the hub (`changes`), which says the same at less cost.
 */
export const ODataVersions = Schema.Struct({
  everyMinutes: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MOST_MINUTES })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(15))
  )
})
export type ODataVersions = typeof ODataVersions.Type
