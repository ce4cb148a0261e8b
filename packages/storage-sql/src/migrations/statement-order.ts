import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { addColumn } from "./tables.ts"

/** The feed's row orders movements and statements too, and a run says whose it is. */
export const statementOrder = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    await addColumn(db, dialect, "feed", "moves", "int", "not null default 0")
    await addColumn(db, dialect, "feed", "statements", "int", "not null default 0")
    await addColumn(db, dialect, "sync_runs", "owner", "code", "null")
  }
})
