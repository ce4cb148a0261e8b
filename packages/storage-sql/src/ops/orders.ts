import { sql } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, inPieces, one, param, type Program, statement } from "../program.ts"
import type { CaseRow, FulfilmentRow, LineRow, OrderRow, OrderRows } from "../rows.ts"

export interface ListArgs {
  readonly channelId: string | null
  readonly branchId: string | null
  readonly status: ReadonlyArray<string> | null
  readonly text: string | null
  readonly dueBefore: number | null
  readonly limit: number
  readonly after: string | null
}

/** What still holds goods for a person or a branch to decide about (D7). */
const HOLDING = ["operator", "assigned", "accepted", "awaiting"]

/** Wildcards in what a person typed are letters, not wildcards. */
export const escapeLike = (text: string): string => text.replace(/[!%_]/gu, (c) => `!${c}`)

/** `in ()` is no SQL for MariaDB: a list of no states finds nothing by asking for one that no order has. */
const someOf = (list: ReadonlyArray<string>): ReadonlyArray<string> => (list.length === 0 ? [""] : list)

export const orderOps = ({ db }: SqlDialect) => {
  const orders = inPieces<OrderRow>((ids) => db.selectFrom("orders").selectAll().where("id", "in", ids as Array<string>))
  const parts = inPieces<FulfilmentRow>((ids) =>
    db.selectFrom("fulfilments").selectAll().where("order_id", "in", ids as Array<string>)
  )
  const lines = inPieces<LineRow>((ids) =>
    db.selectFrom("order_lines").selectAll().where("order_id", "in", ids as Array<string>)
  )
  const cases = inPieces<CaseRow>((ids) =>
    db.selectFrom("operator_cases").selectAll().where("order_id", "in", ids as Array<string>)
  )
  const idBy = (column: "number" | "id") =>
    statement(db.selectFrom("orders").select("id").where(column, "=", param("value")))
  const byNumber = idBy("number")
  const byNumbers = inPieces<{ id: string }>((numbers) =>
    db.selectFrom("orders").select("id").where("number", "in", numbers as Array<string>)
  )
  const byFulfilment = statement(db.selectFrom("fulfilments").select("order_id as id").where("id", "=", param("value")))
  const byKey = statement(
    db.selectFrom("orders").select("id").where("channel_id", "=", param("channel")).where("external_id", "=", param("external"))
  )
  const usedKey = statement(
    db.selectFrom("idempotency_keys").select(["order_id as orderId", "fingerprint"]).where("scope", "=", param("scope"))
      .where("key_text", "=", param("key"))
  )
  const due = statement(
    db.selectFrom("fulfilments").select("order_id as id").where("sweep_at", "<=", param("now"))
      .orderBy("sweep_at").limit(param("limit"))
  )
  const nextSweep = statement(
    db.selectFrom("fulfilments").select((eb) => eb.fn.min("sweep_at").as("at")).where("sweep_at", "is not", null)
  )
  // `assigned` keeps its goods when its time is up (it goes to the operator): only these two let go (D11).
  const dueUnits = statement(
    db.selectFrom("fulfilments as f").innerJoin("order_lines as l", (on) =>
      on.onRef("l.order_id", "=", "f.order_id").onRef("l.part", "=", "f.part"))
      .select(["f.order_id as orderId", "l.product_id as productId", "f.branch_id as branchId", "l.held as units"])
      .where("f.sweep_at", "<=", param("now")).where("f.status", "in", ["assembled", "accepted"])
      .where("l.held", ">", 0).where("l.tracked", "=", 1).limit(10_000)
  )
  const holders = statement(
    db.selectFrom("order_lines as l").innerJoin("fulfilments as f", (on) =>
      on.onRef("f.order_id", "=", "l.order_id").onRef("f.part", "=", "l.part"))
      .select("l.order_id as id").distinct().where("l.product_id", "=", param("product")).where("l.held", ">", 0)
      .where("l.tracked", "=", 1).where("f.branch_id", "=", param("branch")).where("f.status", "in", HOLDING)
      .orderBy("l.order_id", "desc").limit(1000)
  )
  const placed = statement(
    db.selectFrom("orders").select("id").where("status", "=", "placed").where("created_at", "<", param("before"))
      .orderBy("id").limit(param("limit"))
  )
  const awaiting = statement(
    db.selectFrom("orders").innerJoin("fulfilments as f", "f.order_id", "orders.id").select("orders.id").distinct()
      .where("f.status", "=", "awaiting").where("orders.id", ">", param("after")).orderBy("orders.id").limit(param("limit"))
  )
  const events = statement(
    db.selectFrom("events").selectAll().where("order_id", "=", param("id")).orderBy("seq").limit(10_000)
  )
  const position = statement(db.selectFrom("feed").select("last").where("id", "=", 1))

  function* load(ids: ReadonlyArray<string>): Program<ReadonlyArray<OrderRows>> {
    if (ids.length === 0) return []
    const heads = new Map((yield* orders(ids)).map((row) => [row.id, row]))
    const found = { parts: yield* parts(ids), lines: yield* lines(ids), cases: yield* cases(ids) }
    return ids.flatMap((id) => {
      const order = heads.get(id)
      return order === undefined ? [] : [{
        order,
        fulfilments: found.parts.filter((row) => row.order_id === id),
        lines: found.lines.filter((row) => row.order_id === id),
        cases: found.cases.filter((row) => row.order_id === id)
      }]
    })
  }

  function* loadOne(id: string | undefined): Program<OrderRows | null> {
    return id === undefined ? null : ((yield* load([id]))[0] ?? null)
  }

  /** Built per request: a list's conditions differ, and it runs in the reader's thread. */
  const listQuery = (args: ListArgs) => {
    let query = db.selectFrom("orders as o").select("o.id")
    if (args.branchId !== null || args.dueBefore !== null) {
      query = query.where((eb) => {
        let part = eb.selectFrom("fulfilments as f").select("f.id").whereRef("f.order_id", "=", "o.id")
        if (args.branchId !== null) part = part.where("f.branch_id", "=", args.branchId)
        if (args.status !== null) part = part.where("f.status", "in", someOf(args.status))
        if (args.dueBefore !== null) {
          part = part.where("f.expires_at", "<", args.dueBefore).where("f.sweep_at", "is", null)
            .where("f.status", "in", ["operator", "accepted", "awaiting"])
        }
        return eb.exists(part)
      })
    } else if (args.status !== null) query = query.where("o.status", "in", someOf(args.status))
    if (args.channelId !== null) query = query.where("o.channel_id", "=", args.channelId)
    if (args.text !== null) {
      query = query.where(sql<boolean>`o.search like ${`%${escapeLike(args.text)}%`} escape '!'`)
    }
    if (args.after !== null) query = query.where("o.id", "<", args.after)
    return query.orderBy("o.id", "desc").limit(args.limit + 1)
  }

  return {
    orderById: loadOne,
    ordersByIds: load,
    *orderByNumber(value: string): Program<OrderRows | null> {
      return yield* loadOne((yield* one<{ id: string }>(byNumber, { value }))?.id)
    },
    *ordersByNumbers(numbers: ReadonlyArray<string>): Program<ReadonlyArray<OrderRows>> {
      return yield* load((yield* byNumbers(numbers)).map((row) => row.id))
    },
    *orderByFulfilment(value: string): Program<OrderRows | null> {
      return yield* loadOne((yield* one<{ id: string }>(byFulfilment, { value }))?.id)
    },
    *orderByKey([channel, external]: readonly [string, string]): Program<OrderRows | null> {
      return yield* loadOne((yield* one<{ id: string }>(byKey, { channel, external }))?.id)
    },
    *usedKey([scope, key]: readonly [string, string]): Program<{ orderId: string | null; fingerprint: string } | null> {
      return yield* one(usedKey, { scope, key })
    },
    *listOrders(args: ListArgs): Program<{ rows: ReadonlyArray<OrderRows>; next: string | null; position: number }> {
      const at = (yield* one<{ last: number }>(position))!.last
      const query = listQuery(args).compile()
      const ids = (yield { kind: "all", sql: query.sql, values: query.parameters }).rows.map((row) => row["id"] as string)
      const shown = ids.slice(0, args.limit)
      return { rows: yield* load(shown), next: ids.length > args.limit ? shown.at(-1)! : null, position: at }
    },
    *dueOrders([now, limit]: readonly [number, number]): Program<ReadonlyArray<string>> {
      const rows = yield* all<{ id: string }>(due, { now, limit })
      return [...new Set(rows.map((row) => row.id))]
    },
    *nextSweep(): Program<number | null> {
      return (yield* one<{ at: number | null }>(nextSweep))?.at ?? null
    },
    *dueUnits(now: number): Program<ReadonlyArray<{ orderId: string; productId: string; branchId: string; units: number }>> {
      return yield* all(dueUnits, { now })
    },
    *holders([product, branch]: readonly [string, string]): Program<ReadonlyArray<string>> {
      return (yield* all<{ id: string }>(holders, { product, branch })).map((row) => row.id)
    },
    *placedBefore([before, limit]: readonly [number, number]): Program<ReadonlyArray<string>> {
      return (yield* all<{ id: string }>(placed, { before, limit })).map((row) => row.id)
    },
    *awaitingOrders([after, limit]: readonly [string, number]): Program<ReadonlyArray<string>> {
      return (yield* all<{ id: string }>(awaiting, { after, limit })).map((row) => row.id)
    },
    *orderEvents(id: string): Program<ReadonlyArray<Record<string, unknown>>> {
      return yield* all(events, { id })
    }
  }
}
