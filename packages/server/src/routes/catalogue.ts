import { Product, ProductId, Schema } from "@aptekit/core"
import { cursorOf, cursorText, idOf, limitOf, textOf } from "../http/query.ts"
import type { Operation } from "../operation.ts"
import { HttpProblem } from "../problems.ts"
import { CURSOR, decoder, ID, json, LIMIT, page } from "./shared.ts"

/** The product as the API shows it; the name gives it its place among the document's components. */
const ProductView = Product.annotate({ identifier: "Product" })

const searchProducts: Operation = {
  id: "searchProducts",
  method: "get",
  path: "/products",
  tag: "catalogue",
  summary: "Search products",
  parameters: [
    {
      in: "query",
      name: "text",
      description: "Words of the name, substance or code; left out, all products.",
      schema: { type: "string", maxLength: 200 }
    },
    LIMIT(200, 20),
    CURSOR
  ],
  answers: { 200: { description: "A page of products, in the order in which they came.", schema: page(ProductView) } },
  problems: ["invalidInput"],
  handle: async ({ c, hub }) => {
    const found = await hub.catalogue.search(textOf(c, "text") ?? "", limitOf(c, 20, 200), cursorOf(c, "products"))
    return json({ items: found.items, next: cursorText("products", found.next) })
  }
}

const getProduct: Operation = {
  id: "getProduct",
  method: "get",
  path: "/products/:id",
  tag: "catalogue",
  summary: "Read a product",
  parameters: [ID("product")],
  answers: { 200: { description: "The product.", schema: ProductView } },
  problems: ["notFound"],
  handle: async ({ c, hub, storage }) => {
    const [product] = await hub.run(storage.catalogue.byIds([ProductId.make(idOf(c, "product"))]))
    if (product === undefined) throw new HttpProblem("notFound", "No such product. Check the id.")
    return json(product)
  }
}

const Upsert = Schema.Struct({ products: Schema.NonEmptyArray(ProductView).check(Schema.isMaxLength(10_000)) })
const decodeUpsert = decoder(Upsert)
const Upserted = Schema.Struct({ products: Schema.Int })

const putProducts: Operation = {
  id: "putProducts",
  method: "put",
  path: "/products",
  tag: "catalogue",
  summary: "Put products, whole",
  description: "New products are added, known ones replaced by id. At most 10,000 in one request.",
  body: { schema: Upsert, required: true, bulk: true },
  answers: { 200: { description: "How many were put.", schema: Upserted } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, storage, body }) => {
    const { products } = await decodeUpsert(body)
    await hub.run(storage.catalogue.upsert(products))
    return json({ products: products.length })
  }
}

export const catalogueOperations: ReadonlyArray<Operation> = [searchProducts, getProduct, putProducts]
