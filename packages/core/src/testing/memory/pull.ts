import { Clock, Effect } from "effect"
import { withEntry } from "../../exchange/outbox.ts"
import type { OrderId } from "../../kernel/ids.ts"
import type { Instant } from "../../kernel/time.ts"
import type { LetterDecision, PendingNews, PullStore } from "../../store/pull.ts"
import { isEnded, messageOf } from "./outbox.ts"
import { keyOf, type MemoryState, type OutboxRow } from "./state.ts"

const isNews = (row: OutboxRow, lane: string): boolean =>
  row.draft.lane === lane && row.draft.orderVersion !== undefined && !isEnded(row)

const pendingIn = (state: MemoryState, lane: string): ReadonlyArray<PendingNews> => {
  const seen = new Set<OrderId>()
  return state.outbox.filter((row) => {
    const { orderId } = row.draft
    if (!isNews(row, lane) || orderId === null || seen.has(orderId)) return false
    seen.add(orderId)
    return row.state !== "dead"
  }).sort((a, b) => a.availableAt - b.availableAt)
    .map((row) => ({ orderId: row.draft.orderId!, offers: row.attempts }))
}

export const pullStore = (state: MemoryState): PullStore => {
  const ofOrder = (lane: string, orderId: OrderId, version = Infinity): ReadonlyArray<OutboxRow> =>
    state.outbox.filter((row) =>
      isNews(row, lane) && row.draft.orderId === orderId && row.draft.orderVersion! <= version
    )
  return {
    pending: (lane, limit) => Effect.sync(() => pendingIn(state, lane).slice(0, limit)),
    told: (lane, orders) =>
      Effect.sync(() =>
        [...state.told.values()].filter((told) => told.lane === lane && orders.includes(told.orderId))
          .map(({ orderId, part }) => ({ orderId, part }))
      ),
    offered: (lane, offers) =>
      Effect.sync(() => {
        for (const { orderId, version, parts } of offers) {
          for (const row of ofOrder(lane, orderId, version)) row.attempts++
          for (const part of parts) state.told.set(keyOf(lane, part.id), { lane, orderId, part })
        }
      }),
    confirm: (lane, confirmations) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        for (const { orderId, version, gone } of confirmations) {
          for (const row of ofOrder(lane, orderId, version)) Object.assign(row, { state: "done", endedAt: at })
          if (ofOrder(lane, orderId).length === 0) for (const id of gone) state.told.delete(keyOf(lane, id))
        }
      }),
    quarantine: (lane, orderId, reason, actor) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        const rows = ofOrder(lane, orderId).filter((row) => row.state !== "dead")
        for (const row of rows) {
          row.state = "dead"
          row.lastError = reason
        }
        if (rows.length > 0) {
          const data = { lane, messages: rows.length }
          state.record([{ type: "outbox.quarantined", orderId, fulfilmentId: null, branchId: null, actor, at, data }])
          state.announce()
        }
        return rows.length > 0
      }),
    letter: (id) =>
      Effect.sync(() => {
        const row = state.outbox.find((one) => one.draft.id === id)
        return row === undefined ? null : messageOf(row)
      }),
    decide: (id, decision, actor, note, { payload, inDoubt = false } = {}) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        const row = state.outbox.find((one) => one.draft.id === id)
        if (row === undefined || !OPEN[decision].includes(row.state)) return null
        const { lane, orderId, orderVersion } = row.draft
        const alone = orderVersion === undefined || orderId === null || decision === "mended"
        const group = alone ? [row] : ofOrder(lane, orderId).filter((one) => one === row || one.state === "dead")
        row.history = withEntry(row.history, { at, outcome: decision, text: note, by: actor.id })
        row.payload = payload ?? row.payload
        for (const one of group) settleLetter(one, decision, at, note, inDoubt && alone)
        const data = { lane, message: id, reason: note }
        state.record([{ type: `outbox.${decision}`, orderId, fulfilmentId: null, branchId: null, actor, at, data }])
        state.announce()
        return messageOf(row)
      })
  }
}

/** What a person may decide on. */
const OPEN: Readonly<Record<LetterDecision, ReadonlyArray<OutboxRow["state"]>>> = {
  replayed: ["dead"],
  mended: ["dead"],
  discarded: ["dead", "waiting", "retry", "unknown"]
}

const settleLetter = (row: OutboxRow, decision: LetterDecision, at: Instant, note: string, inDoubt: boolean): void => {
  if (decision === "mended") return
  row.state = decision === "discarded" ? "dropped" : inDoubt ? "unknown" : "waiting"
  row.availableAt = at
  row.lastError = note
  row.uncertain = inDoubt
  if (decision === "replayed") row.attempts = 0
  else row.endedAt = at
}
