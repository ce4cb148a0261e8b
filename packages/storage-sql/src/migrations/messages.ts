import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { table } from "./tables.ts"

/** Texts to buyers that stand instead of the hub's own. */
export const messages = (dialect: SqlDialect): Migration => ({
  up: (db: Kysely<unknown>) =>
    table(db, dialect, "message_templates", { language: "code", notice: "code", text: "text?" }, ["language", "notice"])
})
