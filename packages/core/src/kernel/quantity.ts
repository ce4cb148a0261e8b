import { Schema } from "effect"

/** More of one product in one line is a slip of the finger, not an order. */
export const MAX_QUANTITY = 100_000

/** An ordered quantity: a positive integer of the smallest sold unit. */
export const Quantity = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: MAX_QUANTITY }))
