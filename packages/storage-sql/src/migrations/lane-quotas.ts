import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { SqlDialect } from "../dialect.ts"
import { table } from "./tables.ts"

/** How many calls a second are left of a lane, whichever hub makes them. */
export const laneQuotas = (dialect: SqlDialect): Migration => ({
  up: (db: Kysely<unknown>) => table(db, dialect, "lane_quotas", { lane: "code", tokens: "real", at: "int" }, ["lane"])
})
