import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { addColumn, table } from "./tables.ts"

/** VAT, group, units and description of products, and the tree of groups. */
export const productCard = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    await addColumn(db, dialect, "products", "vat", "int", "null")
    await addColumn(db, dialect, "products", "group_id", "key", "null")
    await addColumn(db, dialect, "products", "units", "text", "null")
    await table(db, dialect, "product_descriptions", {
      product: "int", ru: "text?", kk: "text?", en: "text?"
    }, ["product"])
    await table(db, dialect, "product_groups", {
      id: "key", name_ru: "text", name_kk: "text?", name_en: "text?", parent: "key?", shown: "int"
    }, ["id"])
  }
})
