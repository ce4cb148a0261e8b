import { Effect } from "effect"
import { ENDED, isNewState, progressOf } from "../../notify/reports.ts"
import { KEPT_SUBSCRIPTIONS } from "../../notify/subscriptions.ts"
import type { MessageStore } from "../../store/messages.ts"
import { keyOf, type MemoryState } from "./state.ts"

const add = (state: MemoryState, counter: string, day: string, units: number): void => {
  const key = keyOf(counter, day)
  state.counts.set(key, Math.max(0, (state.counts.get(key) ?? 0) + units))
}

const dayOfKey = (key: string): string => (JSON.parse(key) as [string, string])[1]

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
        return [{ seq: index + 1, orderId, providerId: row.partnerRef, payload: row.payload }]
      }).slice(0, limit)
    ),
  optOut: (address, out, now) =>
    Effect.sync(() => {
      if (out) state.optOuts.set(address, now)
      else state.optOuts.delete(address)
    }),
  optedOut: (addresses) => Effect.sync(() => new Set(addresses.filter((address) => state.optOuts.has(address)))),
  subscribe: (subscription, now) =>
    Effect.sync(() => {
      const { channelId, owner, endpoint } = subscription
      state.subscriptions.delete(keyOf(channelId, owner, endpoint))
      state.subscriptions.set(keyOf(channelId, owner, endpoint), { subscription, at: now })
      const own = [...state.subscriptions].filter(([, { subscription: one }]) => one.channelId === channelId && one.owner === owner)
      for (const [key] of own.slice(0, -KEPT_SUBSCRIPTIONS)) state.subscriptions.delete(key)
    }),
  unsubscribe: (endpoint, channelId) =>
    Effect.sync(() => {
      for (const [key, { subscription }] of state.subscriptions) {
        const put = channelId === null || subscription.channelId === channelId
        if (put && subscription.endpoint === endpoint) state.subscriptions.delete(key)
      }
    }),
  subscriptions: (owners) =>
    Effect.sync(() =>
      [...state.subscriptions.values()].filter(({ subscription }) => owners.includes(subscription.owner))
        .toReversed().map(({ subscription }) => subscription)
    ),
  count: (wishes) =>
    Effect.sync(() =>
      wishes.map((counters) => {
        const full = counters.findIndex(({ counter, day, limit }) => (state.counts.get(keyOf(counter, day)) ?? 0) >= limit)
        if (full === -1) counters.forEach(({ counter, day }) => add(state, counter, day, 1))
        return full
      })
    ),
  uncount: (counters) => Effect.sync(() => counters.forEach(({ counter, day }) => add(state, counter, day, -1))),
  pruneBuyers: (before, day, limit) =>
    Effect.sync(() => {
      const old = [...state.subscriptions].filter(([, { at }]) => at < before).slice(0, limit)
      for (const [key] of old) state.subscriptions.delete(key)
      const counts = [...state.counts.keys()].filter((key) => dayOfKey(key) < day).slice(0, limit)
      for (const key of counts) state.counts.delete(key)
      return old.length + counts.length
    }),
  prune: (before, limit) =>
    Effect.sync(() => {
      const old = [...state.reports].filter(([, { changedAt }]) => changedAt < before).slice(0, limit)
      for (const [id] of old) state.reports.delete(id)
      return old.length
    })
})
