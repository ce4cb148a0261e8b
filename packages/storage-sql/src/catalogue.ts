import { type CatalogueStore, type Description, fold, type Product, type ProductId } from "@aptekit/core"
import { Effect } from "effect"
import type { Driver } from "./driver.ts"
import type { ProductRow } from "./ops/catalogue.ts"
import type { Ask } from "./outbox.ts"
import { groupOf, groupRow } from "./groups.ts"
import { descriptionRow, productOf, productValues } from "./products.ts"

/** Rows of a catalogue write: short enough that orders pass between two of them. */
const UPSERT_ROWS = 200
const LINKS_PAGE = 2_000
/** Letters of descriptions in one, or one description of more: a copy of it is made in the hub's thread. */
const UPSERT_LETTERS = 100_000

const lettersOf = (description: Description | null | undefined): number =>
  (description?.ru?.length ?? 0) + (description?.kk?.length ?? 0) + (description?.en?.length ?? 0)

/** Where a piece that begins with the nth product ends. */
const endOfPiece = (
  products: ReadonlyArray<Product>, start: number, descriptions: ReadonlyMap<ProductId, Description | null>
): number => {
  const end = Math.min(products.length, start + UPSERT_ROWS)
  if (descriptions.size === 0) return end
  let letters = 0
  for (let i = start; i < end; i++) {
    if (letters >= UPSERT_LETTERS) return i
    letters += lettersOf(descriptions.get(products[i]!.id))
  }
  return end
}

/** Neighbours in an index are written together: ids are random, and a page for each of them is what a write costs. */
const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** `known`: the products that have a place in the image, by slot; `remember` gives one its place. */
export const catalogueStore = (
  driver: Driver,
  ask: Ask,
  known: ReadonlyMap<number, ProductId>,
  remember: (slot: number, id: string) => void
): CatalogueStore => {
  /** Products as they are read; one that another replica has added gets its place in the image. */
  const productsOf = (rows: ReadonlyArray<ProductRow>): ReadonlyArray<Product> =>
    rows.map((row) => {
      if (!known.has(row.slot)) remember(row.slot, row.id)
      return productOf(row)
    })
  return {
    byIds: (wanted) => Effect.map(ask(() => driver.read("productsByIds", wanted)), productsOf),
    bySkus: (skus) => Effect.map(ask(() => driver.read("productsBySkus", skus)), productsOf),
    byBarcodes: (codes) => Effect.map(ask(() => driver.read("productsByBarcodes", codes)), productsOf),
    upsert: (unsorted, descriptions = new Map()) =>
      ask(async () => {
        const products = unsorted.toSorted((a, b) => inOrder(a.id, b.id))
        for (let [i, end] = [0, 0]; i < products.length; i = end) {
          end = endOfPiece(products, i, descriptions)
          const piece = products.slice(i, end)
          const op = end < products.length ? "putProductsPiece" : "putProducts"
          const texts = piece.flatMap(({ id }, n) => {
            const description = descriptions.get(id)
            return description === undefined ? [] : [descriptionRow(n, description)]
          })
          const slots = await driver.write(op, { values: productValues(piece), descriptions: texts }, "log")
          piece.forEach((product, n) => remember(slots[n]!, product.id))
        }
      }),
    descriptions: (wanted) =>
      Effect.map(ask(() => driver.list("descriptionsOf", wanted)), (rows) =>
        new Map(rows.map(({ id, ru, kk, en }) => [id as ProductId, { ru, kk, en }]))),
    groups: Effect.map(ask(() => driver.list("productGroups", undefined)), (rows) =>
      rows.map(groupOf).sort((a, b) => inOrder(a.id, b.id))),
    putGroups: (groups) => ask(() => driver.write("putGroups", groups.map(groupRow))),
    search: (text, limit, after) =>
      Effect.map(
        ask(() => driver.list("searchProducts", { words: fold(text).split(" ").filter((w) => w !== ""), limit, after: Number(after ?? -1) })),
        (rows) => ({
          items: rows.slice(0, limit).map(productOf),
          next: rows.length > limit ? String(rows[limit - 1]!.slot) : null,
          position: 0
        })
      ),
    links: (connection, kind) =>
      ask(async () => {
        // In pages: tens of thousands at once would hold the event loop.
        const all: Array<{ connection: string; kind: string; externalId: string; id: string }> = []
        for (let after = ""; ;) {
          const rows = await driver.list("links", [connection, kind, after, LINKS_PAGE])
          for (const row of rows) all.push({ connection, kind, externalId: row.external_id, id: row.id })
          if (rows.length < LINKS_PAGE) return all
          after = rows.at(-1)!.external_id
        }
      }),
    linksOf: (connection, kind, ids) =>
      Effect.map(ask(() => driver.read("linksOf", [connection, kind, ids])), (rows) =>
        rows.map((row) => ({ connection, kind, externalId: row.external_id, id: row.id }))),
    putLinks: (unsorted) =>
      ask(async () => {
        const links = unsorted.toSorted((a, b) => inOrder(a.externalId, b.externalId))
        for (let i = 0; i < links.length; i += UPSERT_ROWS) {
          const piece = links.slice(i, i + UPSERT_ROWS)
          const op = i + UPSERT_ROWS < links.length ? "putLinksPiece" : "putLinks"
          await driver.write(op, piece.flatMap(({ connection, kind, externalId, id }) => [connection, kind, externalId, id]), "log")
        }
      })
  }
}
