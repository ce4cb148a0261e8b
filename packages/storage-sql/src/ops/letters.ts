import type { LetterDecision, OutboxEntry } from "@aptekit/core"
import { withEntry } from "@aptekit/core/plain"
import type { SqlDialect } from "../dialect.ts"
import type { EncodedChange } from "../encode.ts"
import { one, param, type Program, run, statement } from "../program.ts"
import type { CommitResult } from "./commit.ts"
import type { OutboxRow } from "./outbox.ts"

export interface DecideArgs {
  readonly id: string
  readonly decision: LetterDecision
  readonly by: string
  readonly note: string
  readonly at: number
  /** The whole payload as it will be, as JSON; null: as it is. */
  readonly payload: string | null
  /** What a replayed one waits as: `unknown`, it may have arrived before. */
  readonly again: "waiting" | "unknown"
  readonly event: EncodedChange
}

/** What people decide on messages that are dead or wait (OPS-2). */
export const letterOps = (dialect: SqlDialect, commit: (change: EncodedChange) => Program<CommitResult>) => {
  const { db } = dialect
  const byId = (() => {
    const query = db.selectFrom("outbox").selectAll().where("id", "=", param("id"))
    return statement(dialect.name === "mariadb" ? query.forUpdate() : query)
  })()
  // A leased one is on its way: what becomes of it is not known yet. A new token ends what its last worker may still say.
  const decided = db.updateTable("outbox").where("ended", "=", 0).where("leased_until", "<=", param("at"))
  const ofOne = decided.where("id", "=", param("id"))
  const ofOrder = decided.where("order_id", "=", param("order")).where("lane", "=", param("lane"))
    .where("order_version", "is not", null).where("state", "=", "dead")
  const again = { state: param("again"), attempts: 0, available_at: param("at"), leased_until: 0, last_error: param("note") }
  const dropped = { state: "dropped", ended: 1, ended_at: param("at"), last_error: param("note") }
  const log = { history: param("history") }
  const ofMessage = {
    replayed: statement(ofOne.where("state", "=", "dead").set((eb) => ({ ...again, ...log, token: eb("token", "+", 1) }))),
    discarded: statement(
      ofOne.where("state", "in", ["dead", "waiting", "retry", "unknown"])
        .set((eb) => ({ ...dropped, ...log, token: eb("token", "+", 1) }))
    ),
    mended: statement(ofOne.where("state", "=", "dead").set({ ...log, payload: param("payload") }))
  }
  const ofItsOrder = { replayed: statement(ofOrder.set(again)), discarded: statement(ofOrder.set(dropped)) }

  return {
    *decideLetter({ id, decision, by, note, at, payload, again: state, event }: DecideArgs): Program<OutboxRow | null> {
      const row = yield* one<OutboxRow>(byId, { id })
      if (row === null) return null
      const entries = JSON.parse(row.history ?? "[]") as ReadonlyArray<OutboxEntry>
      const history = JSON.stringify(withEntry(entries, { at, outcome: decision, text: note, by }))
      const values = { id, note, at, history, payload: payload ?? row.payload, again: state }
      if ((yield* run(ofMessage[decision], values)) === 0) return null
      if (row.order_version !== null && decision !== "mended") {
        yield* run(ofItsOrder[decision], { order: row.order_id, lane: row.lane, note, at, again: state })
      }
      yield* commit(event)
      return yield* one<OutboxRow>(byId, { id })
    }
  }
}
