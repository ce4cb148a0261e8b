import type { UnendedQuery } from "@aptekit/core"
import { ENDED } from "@aptekit/core/plain"
import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, inPieces, param, type Program, raw, run, statement } from "../program.ts"
import type { Schema } from "../schema.ts"

export type ReportRow = Selectable<Schema["message_reports"]>

export interface BuyerMessageRow {
  readonly id: string
  readonly lane: string
  readonly payload: string
  readonly state: string
  readonly last_error: string | null
  readonly partner_ref: string | null
  readonly report_state: string | null
  readonly report_at: number | null
  readonly report_detail: string | null
}

export interface UnendedRow {
  readonly seq: number
  readonly order_id: string
  readonly partner_ref: string
  readonly payload: string
}

export const messageOps = ({ db, name }: SqlDialect) => {
  const known = name === "mariadb" ? "insert ignore into" : "insert or ignore into"
  const first = `${known} message_reports (connection, provider_id, state, progress, at, detail, changed_at) ` +
    "values (?, ?, ?, ?, ?, ?, ?)"
  // The condition is the rule: of reports that come at once, the farthest stands whoever is first.
  const later = "update message_reports set state = ?, progress = ?, at = ?, detail = ?, changed_at = ? " +
    "where connection = ? and provider_id = ? and progress < ?"
  const ofOrder = statement(
    db.selectFrom("outbox as o")
      .leftJoin("message_reports as r", (join) =>
        join.onRef("r.connection", "=", "o.lane").onRef("r.provider_id", "=", "o.partner_ref"))
      .select(["o.id", "o.lane", "o.payload", "o.state", "o.last_error", "o.partner_ref"])
      .select(["r.state as report_state", "r.at as report_at", "r.detail as report_detail"])
      .where("o.order_id", "=", param("order"))
      .where("o.method", "=", param("method"))
      .orderBy("o.seq")
  )
  const unended = statement(
    db.selectFrom("outbox as o")
      .leftJoin("message_reports as r", (join) =>
        join.onRef("r.connection", "=", "o.lane").onRef("r.provider_id", "=", "o.partner_ref"))
      .select(["o.seq", "o.order_id", "o.partner_ref", "o.payload"])
      .where("o.lane", "=", param("connection"))
      .where("o.ended", "=", 1)
      .where("o.available_at", ">=", param("from"))
      .where("o.available_at", "<", param("before"))
      .where("o.seq", ">", param("after"))
      .where("o.state", "=", "done")
      .where("o.method", "=", "messages.send")
      .where("o.partner_ref", "is not", null)
      .where("o.order_id", "is not", null)
      .where((eb) => eb.or([eb("r.progress", "is", null), eb("r.progress", "<", ENDED)]))
      .orderBy("o.seq")
      .limit(param("limit"))
  )
  const old = statement(
    db.selectFrom("message_reports").select(["connection", "provider_id"]).where("changed_at", "<", param("before"))
      .orderBy("changed_at").limit(param("limit"))
  )
  const remove = statement(
    db.deleteFrom("message_reports").where("connection", "=", param("connection")).where("provider_id", "=", param("provider_id"))
  )
  const putOptOut = statement(db.replaceInto("opt_outs").values({ address: param("address"), at: param("at") }))
  const removeOptOut = statement(db.deleteFrom("opt_outs").where("address", "=", param("address")))
  const out = inPieces<{ address: string }>((list) =>
    db.selectFrom("opt_outs").select("address").where("address", "in", list as Array<string>))
  return {
    *optOut([address, at]: readonly [string, number]): Program<null> {
      yield* run(putOptOut, { address, at })
      return null
    },
    *optIn(address: string): Program<null> {
      yield* run(removeOptOut, { address })
      return null
    },
    *optedOut(addresses: ReadonlyArray<string>): Program<ReadonlyArray<{ address: string }>> {
      return yield* out(addresses)
    },
    /** True when the report was news. */
    *putReport(row: ReportRow): Program<boolean> {
      const inserted = yield* raw("run", first, [
        row.connection, row.provider_id, row.state, row.progress, row.at, row.detail, row.changed_at
      ])
      if (inserted.changes > 0) return true
      const changed = yield* raw("run", later, [
        row.state, row.progress, row.at, row.detail, row.changed_at, row.connection, row.provider_id, row.progress
      ])
      return changed.changes > 0
    },
    *buyerMessages(order: string): Program<ReadonlyArray<BuyerMessageRow>> {
      return yield* all<BuyerMessageRow>(ofOrder, { order, method: "messages.send" })
    },
    *unendedMessages(query: UnendedQuery): Program<ReadonlyArray<UnendedRow>> {
      return yield* all<UnendedRow>(unended, { ...query })
    },
    *pruneReports([before, limit]: readonly [number, number]): Program<number> {
      const rows = yield* all<{ connection: string; provider_id: string }>(old, { before, limit })
      for (const row of rows) yield* run(remove, row)
      return rows.length
    }
  }
}
