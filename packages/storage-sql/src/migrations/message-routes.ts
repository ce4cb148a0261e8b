import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { index, table } from "./tables.ts"

/** Browsers that buyers are told in, and how many messages went to whom and through whom on each day. */
export const messageRoutes = (dialect: SqlDialect): Migration => ({
  up: async (db: Kysely<unknown>) => {
    await table(db, dialect, "push_subscriptions", {
      seq: "serial", channel_id: "key", owner: "key", hash: "code", endpoint: "text", keys_json: "text", at: "int"
    }, "serial")
    await index(db, "push_subscriptions", ["channel_id", "owner", "hash"], true)
    await index(db, "push_subscriptions", ["owner"])
    await index(db, "push_subscriptions", ["hash"])
    await index(db, "push_subscriptions", ["at"])
    await table(db, dialect, "message_counts", { counter: "key", day: "code", sent: "int" }, ["counter", "day"])
    await index(db, "message_counts", ["day"])
  }
})
