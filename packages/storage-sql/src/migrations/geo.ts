import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { addColumn } from "./tables.ts"

/** The places that an unclear address may mean stay with its case: they are addresses, and events hold none (D25). */
export const geo = (dialect: SqlDialect): Migration => ({
  up: (db: Kysely<unknown>) => addColumn(db, dialect, "operator_cases", "candidates", "text", "null")
})
