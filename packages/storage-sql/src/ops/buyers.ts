import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, inPieces, param, type Program, raw, run, statement } from "../program.ts"
import type { Schema } from "../schema.ts"

export type SubscriptionRow = Omit<Selectable<Schema["push_subscriptions"]>, "seq">

export interface SubscribeArgs {
  readonly row: SubscriptionRow
  readonly keep: number
}

/** A counter of a day, and what it may come to. */
export interface CounterRow {
  readonly counter: string
  readonly day: string
  readonly limit: number
}

export const buyerOps = ({ db, name }: SqlDialect) => {
  const put = statement(
    db.replaceInto("push_subscriptions").values({
      channel_id: param("channel_id"),
      owner: param("owner"),
      hash: param("hash"),
      endpoint: param("endpoint"),
      keys_json: param("keys_json"),
      at: param("at")
    })
  )
  const ofOwner = statement(
    db.selectFrom("push_subscriptions").select("seq").where("channel_id", "=", param("channel"))
      .where("owner", "=", param("owner")).orderBy("seq", "desc")
  )
  const remove = statement(db.deleteFrom("push_subscriptions").where("seq", "=", param("seq")))
  const gone = statement(db.deleteFrom("push_subscriptions").where("hash", "=", param("hash")))
  const goneOf = statement(
    db.deleteFrom("push_subscriptions").where("hash", "=", param("hash")).where("channel_id", "=", param("channel"))
  )
  const ofOwners = inPieces<Selectable<Schema["push_subscriptions"]>>((owners) =>
    db.selectFrom("push_subscriptions").selectAll().where("owner", "in", owners as Array<string>))
  const old = statement(
    db.selectFrom("push_subscriptions").select("seq").where("at", "<", param("before")).orderBy("at").limit(param("limit"))
  )
  const known = name === "mariadb" ? "insert ignore into" : "insert or ignore into"
  const begin = `${known} message_counts (counter, day, sent) values (?, ?, 0)`
  const more = "update message_counts set sent = sent + 1 where counter = ? and day = ? and sent < ?"
  const less = "update message_counts set sent = sent - 1 where counter = ? and day = ? and sent > 0"
  const oldCounts = statement(
    db.selectFrom("message_counts").select(["counter", "day"]).where("day", "<", param("before")).orderBy("day").limit(param("limit"))
  )
  const removeCount = statement(
    db.deleteFrom("message_counts").where("counter", "=", param("counter")).where("day", "=", param("day"))
  )

  /** The condition is the limit: of those who count at once none goes beyond it. */
  function* counted({ counter, day, limit }: CounterRow): Program<boolean> {
    if ((yield* raw("run", more, [counter, day, limit])).changes > 0) return true
    yield* raw("run", begin, [counter, day])
    return (yield* raw("run", more, [counter, day, limit])).changes > 0
  }
  function* uncounted(counters: ReadonlyArray<Omit<CounterRow, "limit">>): Program<null> {
    for (const { counter, day } of counters) yield* raw("run", less, [counter, day])
    return null
  }

  return {
    *subscribe({ row, keep }: SubscribeArgs): Program<null> {
      yield* run(put, { ...row })
      const own = yield* all<{ seq: number }>(ofOwner, { channel: row.channel_id, owner: row.owner })
      for (const { seq } of own.slice(keep)) yield* run(remove, { seq })
      return null
    },
    *unsubscribe([hash, channel]: readonly [string, string | null]): Program<null> {
      yield* channel === null ? run(gone, { hash }) : run(goneOf, { hash, channel })
      return null
    },
    *subscriptionsOf(owners: ReadonlyArray<string>): Program<ReadonlyArray<Selectable<Schema["push_subscriptions"]>>> {
      return yield* ofOwners(owners)
    },
    /** Of each wish the place of the counter that was full, or -1 where all of its counters were counted. */
    *countMessages(wishes: ReadonlyArray<ReadonlyArray<CounterRow>>): Program<ReadonlyArray<number>> {
      const full: Array<number> = []
      for (const counters of wishes) {
        let place = 0
        while (place < counters.length && (yield* counted(counters[place]!))) place++
        if (place < counters.length) yield* uncounted(counters.slice(0, place))
        full.push(place < counters.length ? place : -1)
      }
      return full
    },
    uncountMessages: uncounted,
    *pruneBuyers([subscribed, day, limit]: readonly [number, string, number]): Program<number> {
      const rows = yield* all<{ seq: number }>(old, { before: subscribed, limit })
      for (const { seq } of rows) yield* run(remove, { seq })
      const counts = yield* all<{ counter: string; day: string }>(oldCounts, { before: day, limit })
      for (const row of counts) yield* run(removeCount, row)
      return rows.length + counts.length
    }
  }
}
