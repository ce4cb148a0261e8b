import { fold, isLogError, type LogEntry, logCursor, logPlace, type LogStore, logText } from "@aptekit/core"
import { Effect } from "effect"
import type { Driver } from "./driver.ts"
import type { LogRow } from "./ops/log.ts"
import type { Ask } from "./outbox.ts"

const rowOf = (entry: LogEntry) => ({
  id: entry.id,
  at: entry.at,
  connection: entry.connection,
  direction: entry.direction,
  operation: entry.operation,
  order_id: entry.orderId,
  outcome: entry.outcome,
  failed: isLogError(entry) ? (1 as const) : (0 as const),
  duration_ms: entry.durationMs,
  sent_bytes: entry.sentBytes,
  received_bytes: entry.receivedBytes,
  request: entry.request,
  response: entry.response,
  error: entry.error,
  step: entry.step,
  workplace: entry.workplace,
  search: logText(entry)
})

const entryOf = (row: LogRow): LogEntry => ({
  id: row.id,
  at: row.at,
  connection: row.connection,
  direction: row.direction as LogEntry["direction"],
  operation: row.operation,
  orderId: row.order_id,
  outcome: row.outcome as LogEntry["outcome"],
  durationMs: row.duration_ms,
  sentBytes: row.sent_bytes,
  receivedBytes: row.received_bytes,
  request: row.request,
  response: row.response,
  error: row.error,
  step: row.step,
  workplace: row.workplace
})

/** The exchange log over a driver. Its writes are the least urgent of all (D17). */
export const logStore = (driver: Driver, ask: Ask): LogStore => ({
  write: (entries) => Effect.asVoid(ask(() => driver.write("writeLog", entries.map(rowOf), "log"))),
  list: (query) =>
    Effect.map(
      ask(() =>
        driver.list("listLog", {
          from: query.from ?? null,
          to: query.to ?? null,
          connection: query.connection ?? null,
          direction: query.direction ?? null,
          orderId: query.orderId ?? null,
          errorsOnly: query.errorsOnly === true,
          text: query.text === undefined ? null : fold(query.text),
          limit: query.limit,
          after: query.after === undefined ? null : logPlace(query.after)
        })
      ),
      (rows) => {
        const items = rows.slice(0, query.limit).map(entryOf)
        return { items, next: rows.length > query.limit ? logCursor(items.at(-1)!) : null }
      }
    ),
  prune: (before, limit) => ask(() => driver.write("pruneLog", [before, limit], "log"))
})
