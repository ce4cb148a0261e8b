import { Effect } from "effect"
import type { LogEntry } from "../../exchange/log.ts"
import { fold } from "../../kernel/text.ts"
import { isLogError, logCursor, logPlace, type LogQuery, type LogStore, logText } from "../../store/log.ts"
import type { MemoryState } from "./state.ts"

const newestFirst = (a: LogEntry, b: LogEntry): number => b.at - a.at || (a.id < b.id ? 1 : -1)

const wanted = (query: LogQuery) => (entry: LogEntry): boolean =>
  entry.at >= (query.from ?? 0) && entry.at < (query.to ?? Infinity) &&
  (query.connection ?? entry.connection) === entry.connection &&
  (query.direction ?? entry.direction) === entry.direction &&
  (query.orderId === undefined || query.orderId === entry.orderId) &&
  (query.errorsOnly !== true || isLogError(entry)) &&
  (query.text === undefined || logText(entry).includes(fold(query.text)))

export const logStore = (state: MemoryState): LogStore => ({
  write: (entries) =>
    Effect.sync(() => {
      for (const entry of entries) if (!state.calls.has(entry.id)) state.calls.set(entry.id, entry)
    }),
  list: (query) =>
    Effect.sync(() => {
      const all = [...state.calls.values()].filter(wanted(query)).sort(newestFirst)
      const [at, id] = query.after === undefined ? [Infinity, ""] : logPlace(query.after)
      const rest = all.filter((entry) => entry.at < at || (entry.at === at && entry.id < id))
      const items = rest.slice(0, query.limit)
      return { items, next: rest.length > items.length ? logCursor(items.at(-1)!) : null }
    }),
  prune: (before, limit) =>
    Effect.sync(() => {
      const old = [...state.calls.values()].filter((entry) => entry.at < before).slice(0, limit)
      for (const { id } of old) state.calls.delete(id)
      return old.length
    })
})
