import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { table } from "./tables.ts"

/** Series with expiry dates per product and branch. */
export const series = (dialect: SqlDialect): Migration => ({
  up: (db: Kysely<unknown>) =>
    table(db, dialect, "stock_series", {
      cell: "int", series: "key", expires_at: "code?", units: "int", as_of: "int"
    }, ["cell", "series"])
})
