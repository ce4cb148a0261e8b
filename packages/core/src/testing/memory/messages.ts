import { Effect } from "effect"
import { ENDED, isNewState, progressOf } from "../../notify/reports.ts"
import type { MessageStore } from "../../store/messages.ts"
import { keyOf, type MemoryState } from "./state.ts"

export const messageStore = (state: MemoryState): MessageStore => ({
  report: (report, now) =>
    Effect.sync(() => {
      const id = keyOf(report.connection, report.providerId)
      if (!isNewState(state.reports.get(id)?.report.state ?? null, report.state)) return false
      state.reports.set(id, { report, changedAt: now })
      return true
    }),
  ofOrder: (id) =>
    Effect.sync(() =>
      state.outbox.filter(({ draft }) => draft.orderId === id && draft.method === "messages.send").map((row) => {
        const known = row.partnerRef === null ? undefined : state.reports.get(keyOf(row.lane, row.partnerRef))
        const { report } = known ?? {}
        return {
          id: row.draft.id,
          connection: row.lane,
          payload: row.payload,
          state: row.state,
          error: row.lastError,
          providerId: row.partnerRef,
          report: report === undefined ? null : { state: report.state, at: report.at, detail: report.detail }
        }
      })
    ),
  unended: ({ connection, from, before, after, limit }) =>
    Effect.sync(() =>
      state.outbox.flatMap((row, index) => {
        const { lane, draft: { method, orderId } } = row
        if (lane !== connection || method !== "messages.send" || row.state !== "done" || row.partnerRef === null) return []
        if (orderId === null || index < after || row.availableAt < from || row.availableAt >= before) return []
        const known = state.reports.get(keyOf(lane, row.partnerRef))?.report.state
        if (known !== undefined && progressOf(known) >= ENDED) return []
        return [{ seq: index + 1, orderId, providerId: row.partnerRef }]
      }).slice(0, limit)
    ),
  optOut: (address, out, now) =>
    Effect.sync(() => {
      if (out) state.optOuts.set(address, now)
      else state.optOuts.delete(address)
    }),
  optedOut: (addresses) => Effect.sync(() => new Set(addresses.filter((address) => state.optOuts.has(address)))),
  prune: (before, limit) =>
    Effect.sync(() => {
      const old = [...state.reports].filter(([, { changedAt }]) => changedAt < before).slice(0, limit)
      for (const [id] of old) state.reports.delete(id)
      return old.length
    })
})
