import type { OutboxOutcome } from "@aptekit/core"
import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, inPieces, one, param, type Program, run, statement } from "../program.ts"
import type { Schema } from "../schema.ts"

export type OutboxRow = Selectable<Schema["outbox"]>

export interface ClaimArgs {
  readonly lane: string
  readonly now: number
  readonly leaseUntil: number
  readonly limit: number
}

const ENDED: ReadonlyArray<OutboxOutcome["state"]> = ["done", "rejected", "dropped"]

export const outboxOps = (dialect: SqlDialect) => {
  const { db } = dialect
  /**
   * Free rows of a lane that is sent, whose order has no older unended one (D28). `dead` is unended but never due.
   * On MariaDB the rows are locked, and rows that another replica has locked are passed over.
   */
  const open = db.selectFrom("outbox as o").where("o.lane", "=", param("lane")).where("o.ended", "=", 0)
    .where("o.order_version", "is", null).where("o.state", "!=", "dead").where((eb) =>
      eb.or([
        eb("o.order_id", "is", null),
        eb.not(eb.exists(
          eb.selectFrom("outbox as p").select("p.seq").whereRef("p.order_id", "=", "o.order_id")
            .whereRef("p.lane", "=", "o.lane").where("p.ended", "=", 0).where("p.order_version", "is", null)
            .whereRef("p.seq", "<", "o.seq")
        ))
      ])
    )
  const claimable = (() => {
    const query = open.selectAll("o").where("o.available_at", "<=", param("now")).where("o.leased_until", "<=", param("now"))
      .orderBy("o.seq").limit(param("limit"))
    return statement(dialect.name === "mariadb" ? query.forUpdate().skipLocked() : query)
  })()
  const lease = statement(
    db.updateTable("outbox").set((eb) => ({
      leased_until: param("until"),
      token: eb("token", "+", 1),
      attempts: eb("attempts", "+", 1)
    })).where("seq", "=", param("seq"))
  )
  const sending = statement(
    db.updateTable("outbox").set({ state: "sending" }).where("id", "=", param("id")).where("token", "=", param("token"))
  )
  const settle = statement(
    db.updateTable("outbox").set({
      state: param("state"),
      ended: param("ended"),
      available_at: param("available"),
      leased_until: 0,
      last_error: param("error"),
      partner_ref: param("ref"),
      ended_at: param("endedAt")
    }).where("id", "=", param("id")).where("token", "=", param("token"))
  )
  const nextDue = statement(
    open.select((eb) => [
      eb.fn.min(eb.case().when("o.leased_until", ">", eb.ref("o.available_at")).then(eb.ref("o.leased_until"))
        .else(eb.ref("o.available_at")).end()).as("at")
    ])
  )
  /** `waiting` is all that is not ended and not dead: put off, being sent, or of unknown end. */
  const list = (dead: boolean) =>
    statement(
      db.selectFrom("outbox").selectAll().where("ended", "=", 0).where("state", dead ? "=" : "!=", "dead").orderBy("seq")
        .limit(param("limit"))
    )
  const byIds = inPieces<OutboxRow>((ids) => db.selectFrom("outbox").selectAll().where("id", "in", ids as Array<string>))
  const lists = { dead: list(true), waiting: list(false) }

  return {
    outboxByIds: byIds,
    *claimOutbox(args: ClaimArgs): Program<ReadonlyArray<OutboxRow>> {
      const rows = yield* all<OutboxRow>(claimable, { lane: args.lane, now: args.now, limit: args.limit })
      for (const row of rows) yield* run(lease, { seq: row.seq, until: args.leaseUntil })
      return rows
    },
    *markSending(messages: ReadonlyArray<{ id: string; token: number }>): Program<null> {
      for (const { id, token } of messages) yield* run(sending, { id, token })
      return null
    },
    *settleOutbox(outcomes: ReadonlyArray<OutboxOutcome>): Program<null> {
      for (const outcome of outcomes) {
        const ended = ENDED.includes(outcome.state)
        yield* run(settle, {
          id: outcome.id,
          token: outcome.token,
          state: outcome.state,
          ended: ended ? 1 : 0,
          available: outcome.availableAt ?? outcome.at,
          error: outcome.error,
          ref: outcome.partnerRef,
          endedAt: ended ? outcome.at : null
        })
      }
      return null
    },
    *outboxNextDue(lane: string): Program<number | null> {
      return (yield* one<{ at: number | null }>(nextDue, { lane }))?.at ?? null
    },
    *listOutbox([state, limit]: readonly ["dead" | "waiting", number]): Program<ReadonlyArray<OutboxRow>> {
      return yield* all(lists[state], { limit })
    }
  }
}
