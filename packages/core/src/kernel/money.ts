import { Schema } from "effect"

/** ISO 4217 code, upper case. */
export const Currency = Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/u))

/** The largest price the hub keeps: it must fit the 32-bit price image (D5). Minor units. */
export const MAX_PRICE = 2_147_483_647

/** An amount in minor units (tiyn, kopecks, cents) of a currency. Never a float. */
export const Money = Schema.Struct({
  amount: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  currency: Currency
})
export type Money = typeof Money.Type
