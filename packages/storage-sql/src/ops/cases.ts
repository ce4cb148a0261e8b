import { sql } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import type { Program } from "../program.ts"

export interface CaseArgs {
  readonly reasons: ReadonlyArray<string> | null
  readonly branchId: string | null
  readonly limit: number
  readonly after: readonly [number, string, number] | null
}

export interface OpenCaseRow {
  readonly orderId: string
  readonly number: string
  readonly channelId: string
  readonly part: number
  readonly fulfilmentId: string | null
  readonly branchId: string | null
  readonly status: string | null
  readonly caseId: number
  readonly reason: string
  readonly lineId: number | null
  readonly comment: string | null
  readonly openedAt: number
}

/** Cases that wait for a person, read from their own index: most orders have none. */
export const caseOps = ({ db }: SqlDialect) => ({
  *openCases({ reasons, branchId, limit, after }: CaseArgs): Program<ReadonlyArray<OpenCaseRow>> {
    let query = db.selectFrom("operator_cases as c").innerJoin("orders as o", "o.id", "c.order_id")
      .leftJoin("fulfilments as f", (on) => on.onRef("f.order_id", "=", "c.order_id").onRef("f.part", "=", "c.part"))
      .select([
        "c.order_id as orderId", "o.number", "o.channel_id as channelId", "c.part", "f.id as fulfilmentId",
        "f.branch_id as branchId", "f.status", "c.case_id as caseId", "c.reason", "c.line_id as lineId", "c.comment",
        "c.opened_at as openedAt"
      ]).where("c.closed_at", "is", null)
    if (reasons !== null) query = query.where("c.reason", "in", [...reasons, ""])
    if (branchId !== null) query = query.where("f.branch_id", "=", branchId)
    if (after !== null) {
      const [at, order, id] = after
      query = query.where(sql<boolean>`(c.opened_at, c.order_id, c.case_id) > (${at}, ${order}, ${id})`)
    }
    const compiled = query.orderBy("c.opened_at").orderBy("c.order_id").orderBy("c.case_id").limit(limit + 1).compile()
    return (yield { kind: "all", sql: compiled.sql, values: compiled.parameters }).rows as unknown as ReadonlyArray<OpenCaseRow>
  }
})
