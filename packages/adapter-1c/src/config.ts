import { Schema, Zone } from "@aptekit/core"
import { Effect } from "effect"
import { OrdersConfig } from "./sale/settings.ts"

const MIB = 1024 * 1024

const Id = Schema.NonEmptyString.check(Schema.isMaxLength(100))
const atLeast = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Bounds against what a broken or hostile sender may send. */
const Limits = Schema.Struct({
  /** Bytes of one uploaded file, all its pieces together. */
  upload: atLeast(1024).pipe(Schema.withDecodingDefaultKey(Effect.succeed(4096 * MIB))),
  /** Bytes that the XML files of an archive which are imported at once may have, together. */
  unpacked: atLeast(1024).pipe(Schema.withDecodingDefaultKey(Effect.succeed(4096 * MIB))),
  /** Entries of an archive, pictures included. */
  entries: atLeast(1).pipe(Schema.withDecodingDefaultKey(Effect.succeed(100_000))),
  /** How many times larger than packed an XML file may be, beyond its first 10 MiB. */
  ratio: atLeast(2).pipe(Schema.withDecodingDefaultKey(Effect.succeed(200)))
})
export type Limits = typeof Limits.Type

/** What makes a file wait for a person. */
const Guard = Schema.Struct({
  /** 0..1: of the rows or products that the file names and that are there. 1: never. */
  share: Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(0.5))
  ),
  /** Fewer rows or products never stop a file. */
  minimum: atLeast(1).pipe(Schema.withDecodingDefaultKey(Effect.succeed(50)))
})
export type Guard = typeof Guard.Type

/** A price type of the hub, of the whole network or of one branch; or none. */
const PriceTarget = Schema.Union([
  Id,
  Schema.Struct({ priceType: Id, branchId: Id })
])

/** The settings of a connection to 1C. */
export const OneCConfig = Schema.Struct({
  /** What is entered in 1C as the user of the site. */
  login: Schema.NonEmptyString.check(Schema.isPattern(/^[^:]+$/u, { expected: "a login without a colon" })),
  password: Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(8))),
  /** Who calls: УТ and Розница, УНФ, 1С-Битрикс. Lines of two answers and the shape of orders depend on it. */
  dialect: Schema.Literals(["ut", "unf", "bitrix", "auto"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("auto" as const))
  ),
  /** Ask for archives. */
  zip: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  /** Bytes of one piece of a file. 1C cuts larger files. */
  fileLimit: atLeast(1024, 1024 * MIB).pipe(Schema.withDecodingDefaultKey(Effect.succeed(4 * MIB))),
  /** IANA zone of the base's wall clock: `ДатаФормирования` has none (D2). */
  zone: Zone,
  /** Warehouse's id in 1C → branch, or `ignore`. */
  warehouses: Schema.Record(Schema.String, Id).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Where an offer's total goes if the file names no warehouses for it: a branch, or `ignore` (D30). */
  total: Id.pipe(Schema.withDecodingDefaultKey(Effect.succeed("ignore"))),
  /** Price type's id or name in 1C → price type of the hub, or `ignore`. */
  prices: Schema.Record(Schema.String, PriceTarget).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** A product that the hub did not know: may be ordered at once, or waits for a person. */
  newProducts: Schema.Literals(["orderable", "hidden"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("orderable" as const))
  ),
  /**
   * What people keep in the hub: 1C sets it once, for a new product; `groups`: names and places in the tree, for a new
   * group. Kazakh and English texts are never 1C's.
   */
  keep: Schema.Array(Schema.Literals([
    "name", "sku", "maker", "weightGrams", "vat", "group", "unit", "description", "groups"
  ])).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed([]))
  ),
  /** Make a branch for each unknown warehouse and take the first price type as `retail`: for demos. */
  autoCreate: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  /** How long, in milliseconds, an answer `progress` is held: УТ asks again without a pause (fact 21). */
  pollDelayMs: atLeast(0, 50_000).pipe(Schema.withDecodingDefaultKey(Effect.succeed(3000))),
  /** Currency of the hub's prices, ISO 4217; prices in another one are rejected. `any`: not looked at. */
  currency: Schema.String.check(Schema.isPattern(/^([A-Z]{3}|any)$/u)).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("KZT"))
  ),
  /** How the base writes currencies, where it is not ISO: `{ "тнг": "KZT" }`. Usual short forms are known. */
  currencies: Schema.Record(Schema.String, Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Stops a file in which more than `share` of the stock drops to zero, of the prices goes or of the products is deleted. */
  guard: Guard.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Every file waits with its difference until a person releases it. */
  review: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  limits: Limits.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** The exchange of orders (`type=sale`); left out, it is off and 1C is told so. `{}`: on, with the usual settings. */
  orders: Schema.optionalKey(OrdersConfig)
})
export type OneCConfig = typeof OneCConfig.Type
