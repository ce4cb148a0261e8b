import { type MessageStore, OrderId, progressOf } from "@aptekit/core"
import { Effect } from "effect"
import type { Driver } from "./driver.ts"
import type { BuyerMessageRow } from "./ops/messages.ts"
import type { Ask } from "./outbox.ts"

type Messages = Effect.Success<ReturnType<MessageStore["ofOrder"]>>

const messageOf = (row: BuyerMessageRow): Messages[number] => ({
  id: row.id,
  connection: row.lane,
  payload: JSON.parse(row.payload) as Record<string, unknown>,
  state: row.state as Messages[number]["state"],
  error: row.last_error,
  providerId: row.partner_ref,
  report: row.report_state === null
    ? null
    : {
      state: row.report_state as NonNullable<Messages[number]["report"]>["state"],
      at: row.report_at,
      detail: row.report_detail
    }
})

/** Delivery reports over a driver, written after everything that orders wait for. */
export const messageStore = (driver: Driver, ask: Ask): MessageStore => ({
  report: (report, now) =>
    progressOf(report.state) === 0
      ? Effect.succeed(false)
      : ask(() =>
        driver.write("putReport", {
          connection: report.connection,
          provider_id: report.providerId,
          state: report.state,
          progress: progressOf(report.state),
          at: report.at,
          detail: report.detail,
          changed_at: now
        }, "log")
      ),
  ofOrder: (id) => Effect.map(ask(() => driver.list("buyerMessages", id)), (rows) => rows.map(messageOf)),
  unended: (query) =>
    Effect.map(ask(() => driver.list("unendedMessages", query)), (rows) =>
      rows.map((row) => ({ seq: row.seq, orderId: OrderId.make(row.order_id), providerId: row.partner_ref }))),
  optOut: (address, out, now) =>
    Effect.asVoid(ask(() => (out ? driver.write("optOut", [address, now]) : driver.write("optIn", address)))),
  optedOut: (addresses) =>
    Effect.map(ask(() => driver.list("optedOut", addresses)), (rows) => new Set(rows.map(({ address }) => address))),
  prune: (before, limit) => ask(() => driver.write("pruneReports", [before, limit], "log"))
})
