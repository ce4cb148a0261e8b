import { Effect } from "effect"
import { isNewState } from "../../notify/reports.ts"
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
        const known = row.partnerRef === null ? undefined : state.reports.get(keyOf(row.draft.lane, row.partnerRef))
        const { report } = known ?? {}
        return {
          id: row.draft.id,
          connection: row.draft.lane,
          payload: row.draft.payload,
          state: row.state,
          error: row.lastError,
          providerId: row.partnerRef,
          report: report === undefined ? null : { state: report.state, at: report.at, detail: report.detail }
        }
      })
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
