import {
  MAX_GROUPS, Product, ProductCard, ProductGroup, ProductId, ProductPut, putGroups, putProducts as putAll, Schema
} from "@aptekit/core"
import { cursorOf, cursorText, idOf, limitOf, textOf } from "../http/query.ts"
import type { Operation } from "../operation.ts"
import { HttpProblem } from "../problems.ts"
import { CURSOR, decoder, ID, json, LIMIT, page } from "./shared.ts"

/** The product as the API shows it; the name gives it its place among the document's components. */
const ProductView = Product.annotate({ identifier: "Product" })
const CardView = ProductCard.annotate({ identifier: "ProductCard" })
const GroupView = ProductGroup.annotate({ identifier: "ProductGroup" })

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
  description: "With its description, which lists leave out.",
  parameters: [ID("product")],
  answers: { 200: { description: "The product.", schema: CardView } },
  problems: ["notFound"],
  handle: async ({ c, hub, storage: { catalogue } }) => {
    const id = ProductId.make(idOf(c, "product"))
    const [product] = await hub.run(catalogue.byIds([id]))
    if (product === undefined) throw new HttpProblem("notFound", "No such product. Check the id.")
    const description = (await hub.run(catalogue.descriptions([id]))).get(id) ?? null
    return json({ ...product, description } satisfies ProductCard)
  }
}

const Upsert = Schema.Struct({ products: Schema.NonEmptyArray(ProductPut.annotate({ identifier: "ProductPut" })).check(Schema.isMaxLength(10_000)) })
const decodeUpsert = decoder(Upsert)
const Upserted = Schema.Struct({ products: Schema.Int })

const putProducts: Operation = {
  id: "putProducts",
  method: "put",
  path: "/products",
  tag: "catalogue",
  summary: "Put products, whole",
  description: "New products are added, known ones replaced by id; all or none. A `description` that is left out stays, " +
    "null takes it away. Groups must be there first. At most 10,000 in one request.",
  body: { schema: Upsert, required: true, bulk: true },
  answers: { 200: { description: "How many were put.", schema: Upserted } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, body }) => {
    const { products } = await decodeUpsert(body)
    await hub.run(putAll(products))
    return json({ products: products.length })
  }
}

const listGroups: Operation = {
  id: "listProductGroups",
  method: "get",
  path: "/product-groups",
  tag: "catalogue",
  summary: "List groups of products",
  description: "A page of the tree, by id: a group may come before the one that it lies in.",
  parameters: [LIMIT(1_000, 500), CURSOR],
  answers: { 200: { description: "A page of groups.", schema: page(GroupView) } },
  problems: ["invalidInput"],
  handle: async ({ c, hub, storage }) => {
    const [limit, after] = [limitOf(c, 500, 1_000), cursorOf(c, "product-groups") ?? ""]
    const rest = (await hub.run(storage.catalogue.groups)).filter(({ id }) => id > after)
    const items = rest.slice(0, limit)
    return json({ items, next: cursorText("product-groups", rest.length > limit ? items.at(-1)!.id : null) })
  }
}

const PutGroups = Schema.Struct({ groups: Schema.NonEmptyArray(GroupView).check(Schema.isMaxLength(MAX_GROUPS)) })
const decodeGroups = decoder(PutGroups)

const putProductGroups: Operation = {
  id: "putProductGroups",
  method: "put",
  path: "/product-groups",
  tag: "catalogue",
  summary: "Put groups of products, whole",
  description: "New groups are added, known ones replaced by id; all or none. A parent must be there or in the same request, " +
    `and no group may lie in itself. At most ${MAX_GROUPS} groups in all.`,
  body: { schema: PutGroups, required: true, bulk: true },
  answers: { 200: { description: "How many were put.", schema: Schema.Struct({ groups: Schema.Int }) } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, body }) => {
    const { groups } = await decodeGroups(body)
    await hub.run(putGroups(groups))
    return json({ groups: groups.length })
  }
}

export const catalogueOperations: ReadonlyArray<Operation> = [
  searchProducts, getProduct, putProducts, listGroups, putProductGroups
]
