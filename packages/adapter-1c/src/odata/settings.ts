import { Schema, Zone } from "@aptekit/core"
import { Effect } from "effect"
import { ODataChanges } from "./changes/settings.ts"
import { MappingOverrides } from "./mapping.ts"
import { ODataOrders } from "./orders/settings.ts"
import { salesObjection } from "./sales/once.ts"
import { ODataSales } from "./sales/settings.ts"
import { MOST_MINUTES } from "./timers.ts"
import { ODataVersions } from "./versions/settings.ts"

const Id = Schema.NonEmptyString.check(Schema.isMaxLength(100))
const count = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const PriceTarget = Schema.Union([Id, Schema.Struct({ priceType: Id, branchId: Id })])

const Guard = Schema.Struct({
  /** 0..1: of the rows that were there. 1: never. */
  share: Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(0.5))
  ),
  minimum: count(1, 1_000_000).pipe(Schema.withDecodingDefaultKey(Effect.succeed(50)))
})

/** Settings of a connection that asks a 1C base by its standard OData interface. */
export const OneCODataConfig = Schema.Struct({
  /** `http(s)://host/<publication>/odata/standard.odata`. */
  url: Schema.String.check(Schema.isPattern(/^https?:\/\/[^\s@?#]+\/odata\/standard\.odata\/?$/u, {
    expected: "http(s)://host/publication/odata/standard.odata"
  })),
  login: Schema.NonEmptyString.check(Schema.isPattern(/^[^:]+$/u, { expected: "a login without a colon" })),
  password: Schema.RedactedFromValue(Schema.String),
  /** IANA zone of the base's wall clock: its dates have none (fact 71). */
  zone: Zone,
  /** Names of the configuration's objects to begin with. */
  preset: Schema.Literals(["ut-11.5", "retail", "unf"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("ut-11.5" as const))
  ),
  mapping: MappingOverrides.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Warehouse's id in 1C → branch, or `ignore`. */
  warehouses: Schema.Record(Schema.String, Id).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Price type's id in 1C → price type of the hub, or `ignore`. */
  prices: Schema.Record(Schema.String, PriceTarget).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** The connection that exchanges CommerceML with the same base: its links are used, no product is made twice. */
  sameBaseAs: Schema.optionalKey(Id),
  newProducts: Schema.Literals(["orderable", "hidden"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("orderable" as const))
  ),
  /** Fields that people keep in the hub: 1C sets them once, for a new product. */
  keep: Schema.Array(Schema.Literals(["name", "sku", "maker"])).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  /** Currency of the hub's prices, ISO 4217; prices in another one are rejected. */
  currency: Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/u)).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("KZT"))
  ),
  guard: Guard.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Minutes between two readings, at most 24 days; 0: only by hand. */
  every: Schema.Struct({
    catalogue: count(0, MOST_MINUTES).pipe(Schema.withDecodingDefaultKey(Effect.succeed(720))),
    stock: count(0, MOST_MINUTES).pipe(Schema.withDecodingDefaultKey(Effect.succeed(15))),
    prices: count(0, MOST_MINUTES).pipe(Schema.withDecodingDefaultKey(Effect.succeed(60))),
    sales: count(0, MOST_MINUTES).pipe(Schema.withDecodingDefaultKey(Effect.succeed(5)))
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** An order or reservation document for each part of an order; left out, the connection takes no orders. */
  orders: Schema.optionalKey(ODataOrders),
  /** Documents that are retail sales; none: sales come from elsewhere. */
  sales: Schema.Array(ODataSales).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  /** An exchange plan that says what has changed; left out, only `every` counts. */
  changes: Schema.optionalKey(ODataChanges),
  /** Goods that have changed, between two whole readings of them; left out, only `every` counts. */
  versions: Schema.optionalKey(ODataVersions),
  /**
   * Virtual tables (`Balance()`, `SliceLast()`): `paged` with `$orderby`, `$top`, `$skip` and a count, or `whole` in one answer
   * without any of them. What of these a base takes for virtual tables nobody knows (facts 73, 77).
   */
  virtualTables: Schema.Literals(["paged", "whole"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("paged" as const))
  ),
  /** Rows of a page; 0: every table whole in one answer. */
  page: count(0, 100_000).pipe(Schema.withDecodingDefaultKey(Effect.succeed(1000))),
  /** Calls to the base at once. */
  concurrency: count(1, 16).pipe(Schema.withDecodingDefaultKey(Effect.succeed(2))),
  /** Calls to the base a second; left out, as many as `concurrency` lets through. */
  perSecond: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0.1, maximum: 1000 }))),
  /** Patience with an answer; with each piece of it, where a whole table flows. */
  timeoutMs: count(10, 600_000).pipe(Schema.withDecodingDefaultKey(Effect.succeed(60_000))),
  /** Pause before a read is repeated; it doubles. */
  backoffMs: count(1, 60_000).pipe(Schema.withDecodingDefaultKey(Effect.succeed(500))),
  session: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  format: Schema.Literals(["accept", "query"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("accept" as const)))
}).check(
  Schema.makeFilter(({ sales, warehouses, mapping }) => {
    const branches = new Set(Object.values(warehouses).filter((branch) => branch !== "ignore"))
    const issue = salesObjection(sales, { branches, stock: mapping.stock !== null })
    return issue === undefined || { path: ["sales"], issue }
  })
)
export type OneCODataConfig = typeof OneCODataConfig.Type
