import { BranchId, IsoInstant, MAX_PRICE, MAX_UNITS, Money, ProductId, Schema } from "@aptekit/core"
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

const getStock: Operation = {
  id: "getStock",
  method: "get",
  path: "/stock",
  tag: "stock",
  summary: "Read live availability and price",
  description: "What a reservation would get at this moment. Prices are those of the key's channel.",
  parameters: [
    {
      in: "query",
      name: "productId",
      required: true,
      description: `1 to ${MOST_PRODUCTS} products; repeated or with commas.`,
      schema: { type: "array", items: { type: "string" }, minItems: 1, maxItems: MOST_PRODUCTS }
    },
    {
      in: "query",
      name: "branchId",
      description: "Only these branches; left out, all.",
      schema: { type: "array", items: { type: "string" } }
    }
  ],
  answers: {
    200: {
      description: "One item per known product and branch.",
      schema: Schema.Struct({ items: Schema.Array(Availability) })
    }
  },
  problems: ["invalidInput"],
  handle: async ({ c, hub, key, network }) => {
    const products = listOf(c, "productId", MOST_PRODUCTS)
    if (products.length === 0) throw unknownValue("productId", "name at least one product")
    const all = network().branches.map((branch) => branch.id as string)
    const asked = listOf(c, "branchId", 1_000)
    if (asked.some((id) => !all.includes(id))) throw unknownValue("branchId", "unknown branch")
    return json({ items: await hub.stock.availability(key.channelId, products, asked.length === 0 ? all : asked) })
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

export const stockOperations: ReadonlyArray<Operation> = [getStock, putStock, putPrices]
