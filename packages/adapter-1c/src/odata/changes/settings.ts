import { Schema } from "@aptekit/core"
import { Effect } from "effect"

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu

/**
 * A node of an exchange plan of the base that is the hub's alone (fact 96): the base then says what has changed, and
 * only that is read. The plan must be published and hold what is to be read.
 */
export const ODataChanges = Schema.Struct({
  /** `ExchangePlan_Хаб`. */
  plan: Schema.String.check(Schema.isPattern(/^ExchangePlan_[^\s/()']+$/u, { expected: "ExchangePlan_<name>" })),
  /** `Ref_Key` of the node. */
  node: Schema.String.check(Schema.isPattern(GUID, { expected: "a GUID" })),
  everySeconds: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 86_400 })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(60))
  )
})
export type ODataChanges = typeof ODataChanges.Type
