import type { ToldPlace } from "@aptekit/core"
import type { SqlDialect } from "../dialect.ts"
import { all, param, type Program, run, statement } from "../program.ts"

export interface OldArgs {
  readonly before: number
  readonly limit: number
}

export interface ToldRow {
  readonly lane: string
  readonly fulfilmentId: string
  /** Of its order; null where that is gone. */
  readonly status: string | null
  readonly updated: number | null
}

/** What is old is looked for by reads; then small batches go by their keys, and nobody waits long for them. */
export const tidyOps = (dialect: SqlDialect) => {
  const { db } = dialect
  const endedMessages = statement(
    db.selectFrom("outbox").select("seq").where("ended_at", "<", param("before")).orderBy("ended_at").limit(param("limit"))
  )
  const oldKeys = statement(
    db.selectFrom("idempotency_keys").select(["scope", "key_text as key"]).where("at", "<", param("before")).orderBy("at")
      .limit(param("limit"))
  )
  const toldPage = statement(
    db.selectFrom("told_parts as t").leftJoin("orders as o", "o.id", "t.order_id")
      .select(["t.lane as lane", "t.fulfilment_id as fulfilmentId", "o.status as status", "o.updated_at as updated"])
      .where((eb) =>
        eb.or([
          eb("t.lane", ">", param("lane")),
          eb.and([eb("t.lane", "=", param("sameLane")), eb("t.fulfilment_id", ">", param("id"))])
        ])
      ).orderBy("t.lane").orderBy("t.fulfilment_id").limit(param("limit"))
  )
  const dropMessage = statement(db.deleteFrom("outbox").where("seq", "=", param("seq")))
  const dropKey = statement(
    db.deleteFrom("idempotency_keys").where("scope", "=", param("scope")).where("key_text", "=", param("key"))
      .where("at", "<", param("before"))
  )
  const dropTold = statement(
    db.deleteFrom("told_parts").where("lane", "=", param("lane")).where("fulfilment_id", "=", param("id"))
  )

  return {
    *oldMessages(args: OldArgs): Program<ReadonlyArray<{ seq: number }>> {
      return yield* all(endedMessages, { ...args })
    },
    *dropMessages(rows: ReadonlyArray<{ seq: number }>): Program<null> {
      for (const { seq } of rows) yield* run(dropMessage, { seq })
      return null
    },
    *oldKeys(args: OldArgs): Program<ReadonlyArray<{ scope: string; key: string }>> {
      return yield* all(oldKeys, { ...args })
    },
    *dropKeys([rows, before]: readonly [ReadonlyArray<{ scope: string; key: string }>, number]): Program<null> {
      for (const { scope, key } of rows) yield* run(dropKey, { scope, key, before })
      return null
    },
    *toldPage([place, limit]: readonly [ToldPlace | null, number]): Program<ReadonlyArray<ToldRow>> {
      const lane = place?.lane ?? ""
      return yield* all(toldPage, { lane, sameLane: lane, id: place?.fulfilmentId ?? "", limit })
    },
    *dropTold(places: ReadonlyArray<ToldPlace>): Program<null> {
      for (const { lane, fulfilmentId } of places) yield* run(dropTold, { lane, id: fulfilmentId })
      return null
    }
  }
}
