import { type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { addColumn, index, table } from "./tables.ts"

/** Runs that are held for a person, with their difference, and previews. */
export const runs = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    // Their form is another one now; without them an old statement is judged by its rows alone.
    await sql`delete from stated_times`.execute(db)
    await addColumn(db, dialect, "sync_runs", "preview", "int", "not null default 0")
    await addColumn(db, dialect, "sync_runs", "decided_by", "key", "null")
    await index(db, "sync_runs", ["state"])
    await table(db, dialect, "sync_difference", {
      run_id: "code", part: "int", kind: "code", price_type: "key?", data: "blob"
    }, ["run_id", "part"])
  }
})
