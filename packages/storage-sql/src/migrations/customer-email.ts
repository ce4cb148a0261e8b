import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { addColumn } from "./tables.ts"

/** Where else a buyer may be told. */
export const customerEmail = (dialect: SqlDialect): Migration => ({
  up: (db: Kysely<unknown>) => addColumn(db, dialect, "orders", "customer_email", "key", "null")
})
