import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { index, table } from "./tables.ts"

/** Every call to and from partners (EXP-4). `failed`: what 'errors only' asks for. */
export const exchangeLog = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    await table(db, dialect, "exchange_log", {
      id: "code", at: "int", connection: "code", direction: "code", operation: "text", order_id: "code?", outcome: "code",
      failed: "int", duration_ms: "int", sent_bytes: "int", received_bytes: "int", request: "text?", response: "text?",
      error: "text?", step: "text?", workplace: "text?", search: "text"
    }, ["id"])
    await index(db, "exchange_log", ["at", "id"])
    await index(db, "exchange_log", ["failed", "at", "id"])
    await index(db, "exchange_log", ["connection", "at", "id"])
    await index(db, "exchange_log", ["order_id", "at", "id"])
  }
})
