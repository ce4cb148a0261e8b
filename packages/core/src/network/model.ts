import { DateTime, Option, Schema, Struct } from "effect"
import { ChannelWebhook } from "../exchange/webhook.ts"
import { BranchId, ChannelId } from "../kernel/ids.ts"
import { Interval } from "./interval.ts"
import { Policy } from "./policy.ts"

/** WGS 84, degrees. */
export const Point = Schema.Struct({
  lat: Schema.Finite.check(Schema.isBetween({ minimum: -90, maximum: 90 })),
  lon: Schema.Finite.check(Schema.isBetween({ minimum: -180, maximum: 180 }))
})
export type Point = typeof Point.Type

/** The IANA name of a time zone: `Asia/Almaty`. */
export const Zone = Schema.String.check(
  Schema.makeFilter((name: string) =>
    Option.isSome(DateTime.zoneMakeNamed(name)) || "an IANA time zone, such as Asia/Almaty"
  )
)

/** A weekly interval. `day`: Monday = 1 … Sunday = 7. */
export const WeeklyInterval = Schema.Struct({
  day: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7 })),
  ...Interval.fields
})
export type WeeklyInterval = typeof WeeklyInterval.Type

/** What a date is instead of its weekday; no intervals = closed. */
export const DatedException = Schema.Struct({
  date: Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/u)),
  intervals: Schema.Array(Interval)
})

/** Where the fact 'sold' of this branch comes from (D9). */
export const SaleSource = Schema.Literals(["register", "board", "erp", "handover", "delivery"])

/** A place of the network that holds stock and fulfils: pharmacy, warehouse, kitchen. */
export const Branch = Schema.Struct({
  id: BranchId,
  name: Schema.NonEmptyString.check(Schema.isMaxLength(200)),
  address: Schema.String.check(Schema.isMaxLength(500)),
  point: Schema.NullOr(Point),
  /** IANA zone: opening and quiet hours are judged in it. */
  zone: Zone,
  hours: Schema.Array(WeeklyInterval),
  exceptions: Schema.Array(DatedException),
  active: Schema.Boolean,
  warehouse: Schema.Boolean,
  /** False: cooks to order, always reservable unless a product's stop mark stands (STK-9). */
  stockControl: Schema.Boolean,
  saleSource: SaleSource
})
export type Branch = typeof Branch.Type

/** Where orders come from. Policies given here win over those of branch and network (D31). */
export const Channel = Schema.Struct({
  id: ChannelId,
  name: Schema.NonEmptyString.check(Schema.isMaxLength(200)),
  active: Schema.Boolean,
  priceType: Schema.String,
  currency: Schema.String,
  /** Where the channel is told of its orders; null or left out: nowhere. */
  webhook: Schema.optionalKey(Schema.NullOr(ChannelWebhook))
})
export type Channel = typeof Channel.Type

/** What of the policy one scope sets; everything else comes from the scopes behind it (D31). */
export const PolicyEntry = Schema.Struct({
  scope: Schema.Literals(["network", "branch", "channel"]),
  scopeId: Schema.String,
  policy: Policy.mapFields(Struct.map(Schema.optionalKey))
})
export type PolicyEntry = typeof PolicyEntry.Type
