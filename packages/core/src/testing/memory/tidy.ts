import { Effect } from "effect"
import { isEnded } from "../../order/life.ts"
import type { TidyStore } from "../../store/ports.ts"
import type { MemoryState } from "./state.ts"

export const tidyStore = (state: MemoryState): TidyStore => ({
  outbox: (before, limit) =>
    Effect.sync(() => {
      const old = new Set(state.outbox.filter((row) => row.endedAt !== null && row.endedAt < before).slice(0, limit))
      state.outbox = state.outbox.filter((row) => !old.has(row))
      return old.size
    }),
  keys: (before, limit) =>
    Effect.sync(() => {
      const old = [...state.keys].filter(([, { at }]) => at < before).slice(0, limit)
      for (const [key] of old) state.keys.delete(key)
      return old.length
    }),
  told: (before, limit, after) =>
    Effect.sync(() => {
      const place = (lane: string, id: string): string => `${lane}\n${id}`
      const from = after === null ? "" : place(after.lane, after.fulfilmentId)
      const page = [...state.told].filter(([, { lane, part }]) => place(lane, part.id) > from)
        .sort(([, a], [, b]) => (place(a.lane, a.part.id) < place(b.lane, b.part.id) ? -1 : 1)).slice(0, limit)
      const old = page.filter(([, { orderId }]) => {
        const order = state.orders.get(orderId)
        return order === undefined || (order.updatedAt < before && order.fulfilments.every((part) => isEnded(part.status)))
      })
      for (const [key] of old) state.told.delete(key)
      const last = page.at(-1)?.[1]
      return {
        removed: old.length,
        next: page.length < limit || last === undefined ? null : { lane: last.lane, fulfilmentId: last.part.id }
      }
    })
})
