import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { addColumn, index, table } from "./tables.ts"

/** Pull lanes: news carry the order's version, what each connection was told is kept (D28); cases are listed and closed. */
export const ordersOut = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    await addColumn(db, dialect, "outbox", "order_version", "int", "null")
    await table(db, dialect, "told_parts", {
      lane: "code", fulfilment_id: "code", order_id: "code", data: "text"
    }, ["lane", "fulfilment_id"])
    await index(db, "told_parts", ["order_id", "lane"])
    await index(db, "links", ["connection", "kind", "id"])
    await addColumn(db, dialect, "operator_cases", "resolution", "text", "null")
    await index(db, "operator_cases", ["closed_at", "opened_at", "order_id", "case_id"])
  }
})
