import { type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { NEVER } from "../ops/outbox.ts"
import { addColumn, index } from "./tables.ts"

/** Messages keep how their tries ended; what has ended is found by age; dead ones are out of the way of what is due. */
export const lanes = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    await addColumn(db, dialect, "outbox", "history", "text", "null")
    await index(db, "outbox", ["ended_at"])
    await index(db, "idempotency_keys", ["at"])
    await sql`update outbox set available_at = ${NEVER} where ended = 0 and state = 'dead'`.execute(db)
    // A claimed one is due when its lease ends: one column says when to look.
    await sql`update outbox set available_at = leased_until where ended = 0 and leased_until > available_at`.execute(db)
  }
})
