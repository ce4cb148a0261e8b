import { BranchId, IsoInstant, MAX_PRICE, MAX_UNITS, Money, ProductId, Schema, toIso } from "@aptekit/core"
import { flagOf, listOf, unknownValue } from "../http/query.ts"
import type { Call, Operation, Parameter } from "../operation.ts"
import { RunView, viewRun } from "./runs.ts"
import { decoder, json } from "./shared.ts"

const MOST_PRODUCTS = 100
const MOST_ROWS = 100_000

const Availability = Schema.Struct({
  productId: Schema.String,
  branchId: Schema.String,
  /** Units that a reservation would get at this moment; null: no stock control, always there. */
  available: Schema.NullOr(Schema.Int),
  price: Schema.NullOr(Money)
}).annotate({ identifier: "Availability" })

const PRODUCTS: Parameter = {
  in: "query",
  name: "productId",
  required: true,
  description: `1 to ${MOST_PRODUCTS} products; repeated or with commas.`,
  schema: { type: "array", items: { type: "string" }, minItems: 1, maxItems: MOST_PRODUCTS }
}
const BRANCHES: Parameter = {
  in: "query",
  name: "branchId",
  description: "Only these branches; left out, all.",
  schema: { type: "array", items: { type: "string" } }
}

const productsOf = (c: Call["c"]): ReadonlyArray<string> => {
  const products = listOf(c, "productId", MOST_PRODUCTS)
  if (products.length === 0) throw unknownValue("productId", "name at least one product")
  return products
}

/** The branches that are asked for, all of them known; none: all are meant. */
const branchesOf = (c: Call["c"], { branches }: ReturnType<Call["network"]>): ReadonlyArray<string> => {
  const asked = listOf(c, "branchId", 1_000)
  if (asked.some((id) => !branches.some((branch) => branch.id === id))) throw unknownValue("branchId", "unknown branch")
  return asked
}

const getStock: Operation = {
  id: "getStock",
  method: "get",
  path: "/stock",
  tag: "stock",
  summary: "Read live availability and price",
  description: "What a reservation would get at this moment. Prices are those of the key's channel.",
  parameters: [PRODUCTS, BRANCHES],
  answers: {
    200: {
      description: "One item per known product and branch.",
      schema: Schema.Struct({ items: Schema.Array(Availability) })
    }
  },
  problems: ["invalidInput"],
  handle: async ({ c, hub, key, network }) => {
    const asked = branchesOf(c, network())
    const branches = asked.length === 0 ? network().branches.map((branch) => branch.id as string) : asked
    return json({ items: await hub.stock.availability(key.channelId, productsOf(c), branches) })
  }
}

const Series = Schema.Struct({
  productId: Schema.String,
  branchId: Schema.String,
  /** The maker's batch number; "" where the goods have none. */
  series: Schema.String,
  /** The last day of use, YYYY-MM-DD; null where the source knows none. */
  expiresAt: Schema.NullOr(Schema.String),
  units: Schema.Int,
  asOf: IsoInstant
}).annotate({ identifier: "StockSeries" })

const getSeries: Operation = {
  id: "getSeries",
  method: "get",
  path: "/stock/series",
  tag: "stock",
  summary: "Read series and expiry dates",
  description:
    "Series with units left, soonest end first. Known only where a connection tells them (1C by OData): a product " +
    "without series here has unknown expiry dates, not good ones.",
  parameters: [PRODUCTS, BRANCHES],
  answers: {
    200: { description: "The series that are known.", schema: Schema.Struct({ items: Schema.Array(Series) }) }
  },
  problems: ["invalidInput"],
  handle: async ({ c, hub, network }) => {
    const found = await hub.stock.series(productsOf(c), branchesOf(c, network()))
    return json({ items: found.map((row) => ({ ...row, asOf: toIso(row.asOf) })) })
  }
}

const source = {
  asOf: Schema.optionalKey(IsoInstant),
  source: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(64)))
}

const StockStatement = Schema.Struct({
  ...source,
  rows: Schema.NonEmptyArray(
    Schema.Struct({
      productId: ProductId,
      branchId: BranchId,
      quantity: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_UNITS }))
    })
  ).check(Schema.isMaxLength(MOST_ROWS))
})
const decodeStock = decoder(StockStatement)

const PriceList = Schema.Struct({
  ...source,
  priceType: Schema.NonEmptyString.check(Schema.isMaxLength(64)),
  rows: Schema.NonEmptyArray(
    Schema.Struct({
      productId: ProductId,
      /** Left out: the price of the whole network. */
      branchId: Schema.optionalKey(BranchId),
      amount: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_PRICE }))
    })
  ).check(Schema.isMaxLength(MOST_ROWS))
})
const decodePrices = decoder(PriceList)

const DRY_RUN: Parameter = {
  in: "query",
  name: "dryRun",
  description: "`true`: nothing is applied; the run is `held` and its difference can be read.",
  schema: { type: "boolean", default: false }
}

const optionsOf = (c: Call["c"], statement: { readonly asOf?: string; readonly source?: string }) => ({
  preview: flagOf(c, "dryRun"),
  ...(statement.asOf === undefined ? {} : { asOf: Date.parse(statement.asOf) }),
  ...(statement.source === undefined ? {} : { source: statement.source })
})

const bulk = {
  method: "put",
  tag: "stock",
  parameters: [DRY_RUN],
  answers: { 200: { description: "The run that applied it: whole, or not at all.", schema: RunView } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"]
} as const satisfies Partial<Operation>

const putStock: Operation = {
  ...bulk,
  id: "putStock",
  path: "/stock",
  summary: "State what branches have",
  description:
    "Quantities as of a time (`asOf`, ISO 8601; now if left out): later sales are applied on top. Only the rows that " +
    `are named change. At most ${MOST_ROWS} rows.`,
  body: { schema: StockStatement, required: true, bulk: true },
  handle: async ({ c, hub, body }: Call) => {
    const statement = await decodeStock(body)
    return json(viewRun(await hub.stock.state(statement.rows, optionsOf(c, statement))))
  }
}

const putPrices: Operation = {
  ...bulk,
  id: "putPrices",
  path: "/prices",
  summary: "State prices",
  description: `Amounts in minor units per price type, of a branch or of the network. At most ${MOST_ROWS} rows.`,
  body: { schema: PriceList, required: true, bulk: true },
  handle: async ({ c, hub, body }: Call) => {
    const list = await decodePrices(body)
    return json(viewRun(await hub.stock.price(list.priceType, list.rows, optionsOf(c, list))))
  }
}

export const stockOperations: ReadonlyArray<Operation> = [getStock, getSeries, putStock, putPrices]
