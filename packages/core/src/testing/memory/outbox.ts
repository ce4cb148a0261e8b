import { Effect } from "effect"
import type { LaneDepth, OutboxList, OutboxMessage } from "../../exchange/outbox.ts"
import type { Instant } from "../../kernel/time.ts"
import type { OutboxStore } from "../../store/ports.ts"
import type { MemoryState, OutboxRow } from "./state.ts"

export const isEnded = (row: OutboxRow): boolean =>
  row.state === "done" || row.state === "rejected" || row.state === "dropped"
const isLeased = (row: OutboxRow): boolean => row.state === "claimed" || row.state === "sending"

/** When a row may be claimed; a dead one waits for a person. */
const readyAt = (row: OutboxRow): Instant =>
  row.state === "dead" ? Infinity : isLeased(row) ? row.leaseUntil : row.availableAt

/** Of each order the oldest unended message of this lane, in the order of their commits (D28). */
const heads = (state: MemoryState, lane: string): ReadonlyArray<OutboxRow> => {
  const seen = new Set<string>()
  return state.outbox.filter((row) => {
    const { orderId } = row.draft
    if (row.lane !== lane || row.draft.orderVersion !== undefined || isEnded(row)) return false
    if (orderId === null) return true
    if (seen.has(orderId)) return false
    seen.add(orderId)
    return true
  })
}

export const messageOf = (row: OutboxRow): OutboxMessage => ({
  id: row.draft.id,
  seq: row.seq,
  lane: row.lane,
  method: row.draft.method,
  orderId: row.draft.orderId,
  payload: row.payload,
  attempts: row.attempts,
  token: row.token,
  uncertain: row.uncertain,
  lastError: row.lastError,
  orderVersion: row.draft.orderVersion ?? null,
  partnerRef: row.partnerRef,
  state: row.state,
  createdAt: row.createdAt,
  history: row.history
})

const claimRow = (row: OutboxRow, leaseUntil: Instant): OutboxMessage => {
  // A claim that ended before it reached the partner leaves the doubt of the claim before it.
  const untouched = row.state === "claimed" && row.uncertain
  row.uncertain = row.state === "sending" || row.state === "unknown" || untouched
  row.state = "claimed"
  row.leaseUntil = leaseUntil
  row.attempts++
  row.token++
  return messageOf(row)
}

export const outboxStore = (state: MemoryState): OutboxStore => {
  const held = (id: string, token: number): OutboxRow | undefined =>
    state.outbox.find((row) => row.draft.id === id && row.token === token && isLeased(row))
  return {
    claim: (lane, now, leaseUntil, limit) =>
      Effect.sync(() =>
        heads(state, lane).filter((row) => readyAt(row) <= now).slice(0, limit).map((row) => claimRow(row, leaseUntil))
      ),
    sending: (messages, now) =>
      Effect.sync(() =>
        messages.flatMap(({ id, token }) => {
          const row = held(id, token)
          if (row === undefined || row.leaseUntil <= now) return []
          row.state = "sending"
          return [id]
        })
      ),
    renew: (messages, leaseUntil) =>
      Effect.sync(() =>
        messages.flatMap(({ id, token }) => {
          const row = held(id, token)
          if (row === undefined) return []
          row.leaseUntil = leaseUntil
          return [id]
        })
      ),
    settle: (outcomes) =>
      Effect.sync(() => {
        for (const outcome of outcomes) {
          const row = held(outcome.id, outcome.token)
          if (row === undefined) continue
          row.state = outcome.state === "moved" ? "waiting" : outcome.state
          row.lane = outcome.to ?? row.lane
          row.payload = outcome.payload ?? row.payload
          row.attempts = outcome.attempts ?? row.attempts
          row.availableAt = outcome.availableAt ?? row.availableAt
          row.lastError = outcome.error
          row.partnerRef = outcome.partnerRef
          row.history = outcome.history ?? row.history
          row.endedAt = isEnded(row) ? outcome.at : null
        }
      }),
    nextDue: (lane) =>
      Effect.sync(() => {
        const next = heads(state, lane).reduce((least, row) => Math.min(least, readyAt(row)), Infinity)
        return Number.isFinite(next) ? next : null
      }),
    list: (wanted, limit, { lane, after = 0 } = {}) =>
      Effect.sync(() =>
        state.outbox
          .filter((row) => listOf(row) === wanted && row.seq > after && (lane === undefined || row.lane === lane))
          .slice(0, limit).map(messageOf)
      ),
    depths: Effect.sync(() => [...new Set(state.outbox.map((row) => row.lane))].sort().map((lane) => depthOf(state, lane)))
  }
}

const listOf = (row: OutboxRow): OutboxList | null => {
  if (row.state === "dead" || row.state === "rejected" || row.state === "dropped") return row.state
  return row.state === "done" ? null : "waiting"
}

const depthOf = (state: MemoryState, lane: string): LaneDepth => {
  const rows = state.outbox.filter((row) => row.lane === lane && !isEnded(row))
  const waiting = rows.filter((row) => row.state !== "dead")
  return {
    lane,
    waiting: waiting.length,
    dead: rows.length - waiting.length,
    oldest: waiting.length === 0 ? null : Math.min(...waiting.map((row) => row.createdAt))
  }
}
