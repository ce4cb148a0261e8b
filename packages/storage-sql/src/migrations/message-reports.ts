import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { index, table } from "./tables.ts"

/** How messages stand at their gateways. Not columns of the outbox: a report may be there before its message is settled. */
export const messageReports = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    await table(db, dialect, "message_reports", {
      connection: "code", provider_id: "key", state: "code", progress: "int", at: "int?", detail: "text?", changed_at: "int"
    }, ["connection", "provider_id"])
    await index(db, "message_reports", ["changed_at"])
  }
})
