import { ChannelId, KEPT_SUBSCRIPTIONS, type KeptSubscription, type MessageStore, OrderId, progressOf } from "@aptekit/core"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import type { Driver } from "./driver.ts"
import type { BuyerMessageRow } from "./ops/messages.ts"
import type { Ask } from "./outbox.ts"

const hashOf = (endpoint: string): string => createHash("sha256").update(endpoint).digest("hex")

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
      rows.map((row) => ({
        seq: row.seq,
        orderId: OrderId.make(row.order_id),
        providerId: row.partner_ref,
        payload: JSON.parse(row.payload) as Record<string, unknown>
      }))),
  optOut: (address, out, now) =>
    Effect.asVoid(ask(() => (out ? driver.write("optOut", [address, now]) : driver.write("optIn", address)))),
  optedOut: (addresses) =>
    Effect.map(ask(() => driver.list("optedOut", addresses)), (rows) => new Set(rows.map(({ address }) => address))),
  subscribe: ({ channelId, owner, endpoint, keys }, now) =>
    Effect.asVoid(ask(() =>
      driver.write("subscribe", {
        row: { channel_id: channelId, owner, hash: hashOf(endpoint), endpoint, keys_json: JSON.stringify(keys), at: now },
        keep: KEPT_SUBSCRIPTIONS
      })
    )),
  unsubscribe: (endpoint, channelId) => Effect.asVoid(ask(() => driver.write("unsubscribe", [hashOf(endpoint), channelId]))),
  subscriptions: (owners) =>
    Effect.map(ask(() => driver.list("subscriptionsOf", owners)), (rows) =>
      rows.toSorted((a, b) => b.seq - a.seq).map((row) => ({
        channelId: ChannelId.make(row.channel_id),
        owner: row.owner,
        endpoint: row.endpoint,
        keys: JSON.parse(row.keys_json) as KeptSubscription["keys"]
      }))),
  count: (wishes) => (wishes.length === 0 ? Effect.succeed([]) : ask(() => driver.write("countMessages", wishes))),
  uncount: (counters) =>
    counters.length === 0 ? Effect.void : Effect.asVoid(ask(() => driver.write("uncountMessages", counters))),
  pruneBuyers: (before, day, limit) => ask(() => driver.write("pruneBuyers", [before, day, limit], "log")),
  prune: (before, limit) => ask(() => driver.write("pruneReports", [before, limit], "log"))
})
