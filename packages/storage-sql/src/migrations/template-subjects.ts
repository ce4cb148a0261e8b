import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { addColumn } from "./tables.ts"

/** Subjects of e-mails and titles of push messages, beside their texts (SMS-2). */
export const templateSubjects = (dialect: SqlDialect): Migration => ({
  up: (db: Kysely<unknown>) => addColumn(db, dialect, "message_templates", "subject", "text", "null")
})
