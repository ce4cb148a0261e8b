import { Schema } from "effect"
import type { RefusedHold } from "../stock/model.ts"

/** Somebody else changed the order first: reload, decide again. */
export class VersionConflict extends Schema.TaggedError<VersionConflict>()("VersionConflict", {
  message: Schema.String,
  orderId: Schema.String
}) {
  static of(orderId: string): VersionConflict {
    return new VersionConflict({ orderId, message: `Order ${orderId} was changed by somebody else; read it again.` })
  }
}

/** Goods that the database would not give; `refused` carries its figures, which repair the image (D5). */
export class InsufficientStock extends Schema.TaggedError<InsufficientStock>()("InsufficientStock", {
  message: Schema.String,
  refused: Schema.Array(Schema.Any)
}) {
  declare readonly refused: ReadonlyArray<RefusedHold>
  static of(refused: ReadonlyArray<RefusedHold>): InsufficientStock {
    const where = refused.map((r) => `${r.productId} at ${r.branchId}`).join(", ")
    return new InsufficientStock({ refused, message: `Not enough stock: ${where}.` })
  }
}

/** An intake, sale or idempotency key that was taken before (D15): the first result stands. */
export class Duplicate extends Schema.TaggedError<Duplicate>()("Duplicate", {
  message: Schema.String,
  kind: Schema.Literals(["order", "sale", "key"]),
  /** The order that the first one made or touched, where there is one. */
  orderId: Schema.NullOr(Schema.String),
  fingerprint: Schema.NullOr(Schema.String)
}) {}

/** The storage could not be asked. `unknown`: it may have been done; look before repeating (D18). */
export class StorageUnavailable extends Schema.TaggedError<StorageUnavailable>()("StorageUnavailable", {
  message: Schema.String,
  outcome: Schema.Literals(["notApplied", "unknown"])
}) {}

/** The closed set of what a commit may fail with. */
export type CommitError = VersionConflict | InsufficientStock | Duplicate | StorageUnavailable
