import { sql } from "kysely"
import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, param, type Program, raw, run, statement } from "../program.ts"
import type { Schema } from "../schema.ts"
import { escapeLike } from "./orders.ts"

export type LogRow = Omit<Selectable<Schema["exchange_log"]>, "search" | "failed">

export interface LogArgs {
  readonly from: number | null
  readonly to: number | null
  readonly connection: string | null
  readonly direction: string | null
  readonly orderId: string | null
  readonly errorsOnly: boolean
  /** Folded. */
  readonly text: string | null
  readonly limit: number
  readonly after: readonly [number, string] | null
}

const COLUMNS = [
  "id", "at", "connection", "direction", "operation", "order_id", "outcome", "failed", "duration_ms", "sent_bytes",
  "received_bytes", "request", "response", "error", "step", "workplace", "search"
] as const
const SHOWN = COLUMNS.filter((column) => column !== "failed" && column !== "search")
const ROW = `(${COLUMNS.map(() => "?").join(", ")})`

export const logOps = ({ db, name, bulkRows }: SqlDialect) => {
  const known = name === "mariadb" ? "insert ignore into" : "insert or ignore into"
  const old = statement(
    db.selectFrom("exchange_log").select("id").where("at", "<", param("before")).orderBy("at").orderBy("id").limit(param("limit"))
  )
  const remove = statement(db.deleteFrom("exchange_log").where("id", "=", param("id")))
  return {
    *writeLog(rows: ReadonlyArray<Selectable<Schema["exchange_log"]>>): Program<null> {
      for (let at = 0; at < rows.length; at += bulkRows) {
        const piece = rows.slice(at, at + bulkRows)
        const text = `${known} exchange_log (${COLUMNS.join(", ")}) values ${piece.map(() => ROW).join(", ")}`
        yield* raw("run", text, piece.flatMap((row) => COLUMNS.map((column) => row[column])))
      }
      return null
    },
    *listLog(args: LogArgs): Program<ReadonlyArray<LogRow>> {
      let query = db.selectFrom("exchange_log").select(SHOWN)
      if (args.from !== null) query = query.where("at", ">=", args.from)
      if (args.to !== null) query = query.where("at", "<", args.to)
      if (args.connection !== null) query = query.where("connection", "=", args.connection)
      if (args.direction !== null) query = query.where("direction", "=", args.direction)
      if (args.orderId !== null) query = query.where("order_id", "=", args.orderId)
      if (args.errorsOnly) query = query.where("failed", "=", 1)
      if (args.text !== null) query = query.where(sql<boolean>`search like ${`%${escapeLike(args.text)}%`} escape '!'`)
      if (args.after !== null) query = query.where(sql<boolean>`(at, id) < (${args.after[0]}, ${args.after[1]})`)
      const compiled = query.orderBy("at", "desc").orderBy("id", "desc").limit(args.limit + 1).compile()
      return (yield* raw("all", compiled.sql, compiled.parameters)).rows as unknown as ReadonlyArray<LogRow>
    },
    /** Row by row: a range would lock what is being written on MariaDB. */
    *pruneLog([before, limit]: readonly [number, number]): Program<number> {
      const rows = yield* all<{ id: string }>(old, { before, limit })
      for (const { id } of rows) yield* run(remove, { id })
      return rows.length
    }
  }
}
