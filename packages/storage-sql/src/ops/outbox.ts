import type { LaneDepth, LaneQuota, OutboxList, OutboxOutcome } from "@aptekit/core"
import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, inPieces, one, param, type Program, run, statement, updatePieces } from "../program.ts"
import type { Schema } from "../schema.ts"
import { laneQuotas } from "./lane-quotas.ts"
import { outboxBatches } from "./outbox-batches.ts"

export type OutboxRow = Selectable<Schema["outbox"]>

export interface ClaimArgs {
  readonly lane: string
  readonly now: number
  readonly leaseUntil: number
  readonly limit: number
  readonly quota: LaneQuota | null
}

const ENDED: ReadonlyArray<OutboxOutcome["state"]> = ["done", "rejected", "dropped"]

/** Never due: what waits for a person must not be looked through again and again. */
export const NEVER = 9_000_000_000_000_000

const LISTED = {
  dead: { ended: 0, states: ["dead"] },
  waiting: { ended: 0, states: ["waiting", "claimed", "sending", "retry", "unknown"] },
  rejected: { ended: 1, states: ["rejected"] },
  dropped: { ended: 1, states: ["dropped"] }
} as const satisfies Record<OutboxList, unknown>

export interface ListOutboxArgs {
  readonly state: OutboxList
  readonly limit: number
  readonly lane: string | null
  readonly after: number
}

export interface Held {
  readonly id: string
  readonly token: number
}

/** An outcome as its row will be; null in the last four: as it is. */
const settledOf = (outcome: OutboxOutcome) => {
  const ended = ENDED.includes(outcome.state)
  return {
    id: outcome.id,
    token: outcome.token,
    // In its new lane it is as one that nobody has called.
    state: outcome.state === "moved" ? "waiting" : outcome.state,
    ended: ended ? 1 : 0,
    available: outcome.state === "dead" ? NEVER : outcome.availableAt ?? outcome.at,
    // A text that was cut through a character is no JSON to MariaDB, and would keep the whole batch from being recorded.
    error: outcome.error?.toWellFormed() ?? null,
    ref: outcome.partnerRef?.toWellFormed() ?? null,
    endedAt: ended ? outcome.at : null,
    history: outcome.history === undefined ? null : JSON.stringify(outcome.history),
    lane: outcome.to ?? null,
    payload: outcome.payload === undefined ? null : JSON.stringify(outcome.payload),
    attempts: outcome.attempts ?? null
  }
}
export type Settled = ReturnType<typeof settledOf>

export const outboxOps = (dialect: SqlDialect) => {
  const { db } = dialect
  // In SQLite a statement is a call of a function; elsewhere it is a way to the server and back.
  const quotaLeft = laneQuotas(dialect)
  const batch = dialect.name === "mariadb" ? outboxBatches() : null
  /**
   * Rows of a lane that is sent, whose order has no older unended one (D28); in the order of the lane's index, so that
   * a look stops at the first ones, however long the lane is. A claimed row is due when its lease ends.
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
    ).orderBy("o.available_at").orderBy("o.seq")
  // On MariaDB the rows are locked, and rows that another replica has locked are passed over.
  const claimable = (() => {
    const query = open.selectAll("o").where("o.available_at", "<=", param("now")).limit(param("limit"))
    return statement(dialect.name === "mariadb" ? query.forUpdate().skipLocked() : query)
  })()
  const lease = updatePieces((seqs) =>
    db.updateTable("outbox").set((eb) => ({
      leased_until: param("until"),
      available_at: param("until"),
      token: eb("token", "+", 1),
      attempts: eb("attempts", "+", 1)
    })).where("seq", "in", seqs as Array<number>))
  const held = db.updateTable("outbox").where("id", "=", param("id")).where("token", "=", param("token")).where("ended", "=", 0)
  const sending = statement(held.set({ state: "sending" }).where("leased_until", ">", param("now")))
  const renew = statement(
    held.set({ leased_until: param("until"), available_at: param("until") }).where("leased_until", ">", 0)
  )
  const settle = statement(
    held.set((eb) => ({
      state: param("state"),
      ended: param("ended"),
      available_at: param("available"),
      leased_until: 0,
      last_error: param("error"),
      partner_ref: param("ref"),
      ended_at: param("endedAt"),
      history: eb.fn.coalesce(eb.val(param("history")), "history"),
      lane: eb.fn.coalesce(eb.val(param("lane")), "lane"),
      payload: eb.fn.coalesce(eb.val(param("payload")), "payload"),
      attempts: eb.fn.coalesce(eb.val(param("attempts")), "attempts")
    }))
  )
  const nextDue = statement(open.select("o.available_at as at").limit(1))
  const listed = (state: OutboxList, ofLane: boolean) => {
    const { ended, states } = LISTED[state]
    const query = db.selectFrom("outbox").selectAll().where("ended", "=", ended).where("state", "in", states)
      .where("seq", ">", param("after")).orderBy("seq").limit(param("limit"))
    return statement(ofLane ? query.where("lane", "=", param("lane")) : query)
  }
  const lists = new Map(
    (Object.keys(LISTED) as ReadonlyArray<OutboxList>).map((state) => [state, [listed(state, false), listed(state, true)] as const])
  )
  const byIds = inPieces<OutboxRow>((ids) => db.selectFrom("outbox").selectAll().where("id", "in", ids as Array<string>))
  const nextLane = statement(
    db.selectFrom("outbox").select((eb) => eb.fn.min("lane").as("lane")).where("lane", ">", param("after"))
  )
  const depth = statement(
    db.selectFrom("outbox").where("lane", "=", param("lane")).where("ended", "=", 0).select((eb) => {
      const alive = eb("state", "!=", "dead")
      return [
        eb.fn.countAll().as("all"),
        eb.fn.count(eb.case().when(alive).then(1).end()).as("waiting"),
        eb.fn.min(eb.case().when(alive).then(eb.ref("created_at")).end()).as("oldest")
      ]
    })
  )

  return {
    outboxByIds: byIds,
    *claimOutbox(args: ClaimArgs): Program<ReadonlyArray<OutboxRow>> {
      const { lane, now, quota } = args
      // One hub alone counts for itself.
      const left = quota === null || dialect.name === "sqlite" ? null : yield* quotaLeft(lane, quota, now)
      const limit = Math.min(args.limit, left?.count ?? Infinity)
      if (limit <= 0) return []
      const rows = yield* all<OutboxRow>(claimable, { lane, now, limit })
      if (left !== null) yield* left.take(rows.length)
      yield* lease(rows.map(({ seq }) => seq), { until: args.leaseUntil })
      return rows
    },
    /** Gives the ids of those that were still the caller's. */
    *markSending([messages, now]: readonly [ReadonlyArray<Held>, number]): Program<ReadonlyArray<string>> {
      if (batch !== null) return yield* batch.sending(messages, now)
      const marked: Array<string> = []
      for (const { id, token } of messages) if ((yield* run(sending, { id, token, now })) > 0) marked.push(id)
      return marked
    },
    *renewOutbox([messages, until]: readonly [ReadonlyArray<Held>, number]): Program<ReadonlyArray<string>> {
      if (batch !== null) return yield* batch.renew(messages, until)
      const renewed: Array<string> = []
      for (const { id, token } of messages) if ((yield* run(renew, { id, token, until })) > 0) renewed.push(id)
      return renewed
    },
    *settleOutbox(outcomes: ReadonlyArray<OutboxOutcome>): Program<null> {
      const settled = outcomes.map(settledOf)
      if (batch !== null) yield* batch.settle(settled)
      else for (const one of settled) yield* run(settle, one)
      return null
    },
    *outboxNextDue(lane: string): Program<number | null> {
      return (yield* one<{ at: number | null }>(nextDue, { lane }))?.at ?? null
    },
    *listOutbox({ state, limit, lane, after }: ListOutboxArgs): Program<ReadonlyArray<OutboxRow>> {
      const [any, ofLane] = lists.get(state)!
      return lane === null ? yield* all(any, { limit, after }) : yield* all(ofLane, { limit, after, lane })
    },
    /** Lane by lane along the index: the whole table is never read. */
    *outboxDepths(): Program<ReadonlyArray<LaneDepth>> {
      const depths: Array<LaneDepth> = []
      for (let after = "";;) {
        const lane = (yield* one<{ lane: string | null }>(nextLane, { after }))?.lane ?? null
        if (lane === null) return depths
        const { all: total, waiting, oldest } = (yield* one<{ all: number; waiting: number; oldest: number | null }>(depth, { lane }))!
        depths.push({ lane, waiting: Number(waiting), dead: Number(total) - Number(waiting), oldest })
        after = lane
      }
    }
  }
}
