import type { SqlDialect } from "../dialect.ts"
import type { EncodedChange } from "../encode.ts"
import { all, inPiecesWith, one, param, type Program, run, statement } from "../program.ts"
import type { CommitResult } from "./commit.ts"
import { NEVER } from "./outbox.ts"

export interface OfferRow {
  readonly order: string
  readonly version: number
  /** Fulfilment id and the part as JSON. */
  readonly parts: ReadonlyArray<readonly [string, string]>
}

export interface ConfirmRow {
  readonly order: string
  readonly version: number
  readonly gone: ReadonlyArray<string>
}

/** Pull lanes (D28). A row of one has the order's version; rows without are sent by their lane. */
export const pullOps = (dialect: SqlDialect, commit: (change: EncodedChange) => Program<CommitResult>) => {
  const { db } = dialect
  const news = db.selectFrom("outbox as o").where("o.lane", "=", param("lane")).where("o.ended", "=", 0)
    .where("o.order_version", "is not", null)
  // The oldest of each order; a dead one blocks those behind it. In the order of the lane's index, so it stops early.
  const pending = statement(
    news.select(["o.order_id as orderId", "o.attempts as offers"]).where("o.state", "!=", "dead")
      .where((eb) =>
        eb.not(eb.exists(
          eb.selectFrom("outbox as p").select("p.seq").whereRef("p.order_id", "=", "o.order_id")
            .whereRef("p.lane", "=", "o.lane").where("p.ended", "=", 0).where("p.order_version", "is not", null)
            .whereRef("p.seq", "<", "o.seq")
        ))
      ).orderBy("o.available_at").orderBy("o.seq").limit(param("limit"))
  )
  const told = inPiecesWith<{ order_id: string; data: string }>((ids) =>
    db.selectFrom("told_parts").select(["order_id", "data"]).where("lane", "=", param("lane"))
      .where("order_id", "in", ids as Array<string>).orderBy("fulfilment_id")
  )
  const upTo = db.updateTable("outbox").where("lane", "=", param("lane")).where("order_id", "=", param("order"))
    .where("ended", "=", 0).where("order_version", "<=", param("version"))
  const count = statement(upTo.set((eb) => ({ attempts: eb("attempts", "+", 1) })))
  const confirm = statement(upTo.set({ state: "done", ended: 1, ended_at: param("at") }))
  const tell = statement(
    db.replaceInto("told_parts").values({
      lane: param("lane"), fulfilment_id: param("part"), order_id: param("order"), data: param("data")
    })
  )
  const forget = statement(
    db.deleteFrom("told_parts").where("lane", "=", param("lane")).where("fulfilment_id", "=", param("part"))
  )
  const left = statement(news.select("o.seq").where("o.order_id", "=", param("order")).limit(1))
  const kill = statement(
    db.updateTable("outbox").set({ state: "dead", available_at: NEVER, last_error: param("reason") }).where("lane", "=", param("lane"))
      .where("order_id", "=", param("order")).where("ended", "=", 0).where("order_version", "is not", null)
      .where("state", "!=", "dead")
  )

  return {
    *pendingNews([lane, limit]: readonly [string, number]): Program<ReadonlyArray<{ orderId: string; offers: number }>> {
      return yield* all(pending, { lane, limit })
    },
    *toldParts([lane, ids]: readonly [string, ReadonlyArray<string>]): Program<
      ReadonlyArray<{ order_id: string; data: string }>
    > {
      return yield* told(ids, { lane })
    },
    *offerNews([lane, offers]: readonly [string, ReadonlyArray<OfferRow>]): Program<null> {
      for (const { order, version, parts } of offers) {
        yield* run(count, { lane, order, version })
        for (const [part, data] of parts) yield* run(tell, { lane, order, part, data })
      }
      return null
    },
    *confirmNews([lane, rows, at]: readonly [string, ReadonlyArray<ConfirmRow>, number]): Program<null> {
      for (const { order, version, gone } of rows) {
        yield* run(confirm, { lane, order, version, at })
        // Newer news say once more what has left; until they are confirmed it is not forgotten.
        if (gone.length === 0 || (yield* one(left, { lane, order })) !== null) continue
        for (const part of gone) yield* run(forget, { lane, part })
      }
      return null
    },
    /** False where there was nothing to put aside: then nothing is told either. */
    *quarantineNews(args: { lane: string; order: string; reason: string; event: EncodedChange }): Program<boolean> {
      const { event, ...row } = args
      if ((yield* run(kill, row)) === 0) return false
      yield* commit(event)
      return true
    }
  }
}
