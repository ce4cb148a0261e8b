import { Schema } from "effect"
import { BranchId, ProductId } from "../kernel/ids.ts"
import { MAX_QUANTITY, Quantity } from "../kernel/quantity.ts"
import { IsoInstant } from "../kernel/time.ts"
import { CaseReason } from "../operator/model.ts"
import type { CommandName } from "./life.ts"

const Comment = Schema.String.check(Schema.isMaxLength(2000))
/** Not `Struct({})`: that takes any value whatever, a misspelt field and a bare number too. */
const Empty = Schema.Record(Schema.String, Schema.Never)

/** What each command needs, as it comes over the wire. `expire` and `sell` have roads of their own. */
export const COMMAND_INPUTS = {
  assign: Schema.Struct({ branchId: Schema.optionalKey(BranchId), comment: Schema.optionalKey(Comment) }),
  escalate: Schema.Struct({ reason: Schema.optionalKey(CaseReason), comment: Schema.optionalKey(Comment) }),
  accept: Empty,
  defer: Schema.Struct({ minutes: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 24 * 60 })) }),
  hold: Empty,
  changeLines: Schema.Struct({
    lines: Schema.NonEmptyArray(
      Schema.Struct({
        /** An existing line; left out, a new line is added. */
        lineId: Schema.optionalKey(Schema.Int),
        productId: Schema.optionalKey(ProductId),
        /** 0 takes the line out. */
        quantity: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_QUANTITY }))
      }).check(Schema.makeFilter((line: { readonly lineId?: number; readonly productId?: string }) =>
        (line.lineId === undefined) !== (line.productId === undefined) || "exactly one of lineId, productId"
      ))
    ).check(Schema.isMaxLength(200)),
    comment: Schema.optionalKey(Comment)
  }),
  substitute: Schema.Struct({
    lineId: Schema.Int,
    productId: ProductId,
    quantity: Schema.optionalKey(Quantity),
    comment: Schema.optionalKey(Comment)
  }),
  requestPurchase: Schema.Struct({ expectedAt: IsoInstant, comment: Schema.optionalKey(Comment) }),
  arrive: Empty,
  scan: Schema.Struct({
    barcode: Schema.NonEmptyString.check(Schema.isMaxLength(256)),
    quantity: Schema.optionalKey(Quantity)
  }),
  assemble: Empty,
  extend: Schema.Struct({ until: IsoInstant }),
  handOver: Schema.Struct({ courier: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(100))) }),
  deliver: Empty,
  fail: Schema.Struct({ reason: Schema.NonEmptyString.check(Schema.isMaxLength(200)) }),
  receiveBack: Schema.Struct({ to: Schema.Literals(["assembled", "cancelled"]) }),
  putBack: Empty,
  cancel: Schema.Struct({ reason: Schema.NonEmptyString.check(Schema.isMaxLength(200)) })
} as const satisfies Partial<Record<CommandName, Schema.Codec<unknown, unknown, never, never>>>

/** Commands that a person or a channel may send. */
export type RequestableCommand = keyof typeof COMMAND_INPUTS

/** What comes with a command. */
export type CommandInput<C extends RequestableCommand> = (typeof COMMAND_INPUTS)[C]["Type"]

/** A command with its input; `expire` only the system gives. */
export type Command =
  | { readonly [C in RequestableCommand]: { readonly name: C; readonly input: CommandInput<C> } }[RequestableCommand]
  | { readonly name: "expire"; readonly input: Record<never, never> }
