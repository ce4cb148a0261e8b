import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { table } from "./tables.ts"

/** Phones and e-mail addresses whose owners want no messages. */
export const optOuts = (dialect: SqlDialect): Migration => ({
  up: (db: Kysely<unknown>) => table(db, dialect, "opt_outs", { address: "key", at: "int" }, ["address"])
})
