import { Clock, Context, Effect, Layer, Schema } from "effect"
import { AdapterError, AdapterFault, type FaultOutcome } from "../adapter/errors.ts"
import { retryAfterMs } from "../adapter/http.ts"
import { NotFound } from "../kernel/errors.ts"
import type { ChannelId } from "../kernel/ids.ts"
import { type Instant, toIso } from "../kernel/time.ts"
import { nextUuid } from "../kernel/uuid.ts"
import type { Channel } from "../network/model.ts"
import { Network } from "../network/service.ts"
import { orderStatus } from "../order/life.ts"
import { totalOf } from "../order/intake.ts"
import type { Order } from "../order/model.ts"
import type { OutboxDraft } from "../store/change.ts"
import { Storage } from "../store/ports.ts"
import { AboutCall, ExchangeLog } from "./log.ts"
import type { OutboxMessage } from "./outbox.ts"
import { answerOutcome, type ChannelWebhook, type WebhookSender } from "./webhook.ts"

/** As outbox rows name it. */
export const CHANNEL_STATUS = "channel.status"

/** One lane per channel: a receiver that is down keeps only its own. */
export const webhookLane = (channel: string): string => `webhook:${channel}`

/**
 * An order as its channel is told of it: what became of its lines, and where. Who the buyer is and where they live is
 * what the channel told us; it need not travel again.
 */
export const statusOf = (order: Order) => ({
  id: order.id,
  number: order.number,
  channel: order.channelId,
  externalId: order.externalId,
  status: orderStatus(order.fulfilments),
  createdAt: toIso(order.createdAt),
  payment: order.payment,
  total: totalOf(order),
  fulfilments: order.fulfilments.map((f) => ({
    id: f.id,
    number: `${order.number}-${f.part}`,
    branchId: f.branchId,
    status: f.status,
    reservation: f.reservation === null ? null : { state: f.reservation.state, expiresAt: toIso(f.reservation.expiresAt) },
    expectedAt: f.expectedAt === null ? null : toIso(f.expectedAt),
    endReason: f.endReason,
    lines: f.lines.map(({ lineId, productId, quantity, held, sold, price }) => ({ lineId, productId, quantity, held, sold, price }))
  }))
})

/** One message for each change that the channel can see. Its id is made of the version: the same at every try. */
export const statusNewsBetween = (before: Order | null, after: Order, now: Instant): ReadonlyArray<OutboxDraft> => {
  if (before !== null && JSON.stringify(statusOf(before)) === JSON.stringify(statusOf(after))) return []
  return [{
    id: `${after.id}:status:${after.version}`,
    lane: webhookLane(after.channelId),
    method: CHANNEL_STATUS,
    orderId: after.id,
    payload: { version: after.version },
    availableAt: now
  }]
}

export const isTold = (channel: Channel | undefined): boolean =>
  channel?.webhook !== undefined && channel.webhook !== null && channel.webhook.stopped === null

export interface DeliveredStatus {
  readonly state: "done" | "dropped"
  readonly error?: string
}

/** How a test delivery went. */
export const WebhookTest = Schema.Struct({
  outcome: Schema.Literals(["done", "unavailable", "rejected", "unknown", "gone"]),
  /** HTTP status; null where there was no answer. */
  status: Schema.NullOr(Schema.Int),
  durationMs: Schema.Int,
  error: Schema.NullOr(Schema.String)
}).annotate({ identifier: "WebhookTest" })
export type WebhookTest = typeof WebhookTest.Type

interface Attempt extends WebhookTest {
  readonly outcome: "done" | "gone" | FaultOutcome
  /** So many milliseconds the receiver wants to be left alone. */
  readonly restMs: number | undefined
}

interface Wanted {
  readonly channel: Channel
  readonly webhook: ChannelWebhook
  readonly id: string
  readonly orderId: string | null
  readonly body: string
}

/** Tells channels of their orders (ORD-13). */
export class ChannelWebhooks extends Context.Service<ChannelWebhooks, {
  /** A claimed message, with its order as it is now. */
  readonly deliver: (message: OutboxMessage, order: Order) => Effect.Effect<DeliveredStatus, AdapterError>
  /** Sends a signed delivery of type `test` at once, past the lane. */
  readonly test: (channel: ChannelId) => Effect.Effect<WebhookTest, NotFound>
}>()("@aptekit/core/exchange/ChannelWebhooks") {
  static readonly layer = (sender: WebhookSender = noSender) =>
    Layer.effect(
      ChannelWebhooks,
      Effect.gen(function*() {
        const storage = yield* Storage
        const network = yield* Network
        const log = yield* ExchangeLog

        const attempt = ({ channel, webhook, id, orderId, body }: Wanted): Effect.Effect<Attempt> =>
          Effect.gen(function*() {
            const at = yield* Clock.currentTimeMillis
            const answered = yield* Effect.tryPromise({
              try: () => sender({ id, at, url: webhook.url, secrets: webhook.secrets, body }),
              catch: faultOf
            }).pipe(
              Effect.map(({ status, text, retryAfter = null }) => ({ outcome: answerOutcome(status), status, error: null, text, retryAfter })),
              Effect.catch(({ outcome, message }) => Effect.succeed({ outcome, status: null, error: message, text: "", retryAfter: null }))
            )
            const { outcome, status, text } = answered
            const error = answered.error ?? (outcome === "done" ? null : `HTTP ${status}`)
            const durationMs = (yield* Clock.currentTimeMillis) - at
            log.record({
              at,
              connection: webhookLane(channel.id),
              direction: "out",
              operation: CHANNEL_STATUS,
              ...(yield* AboutCall),
              orderId,
              outcome: outcome === "gone" ? "rejected" : outcome,
              durationMs,
              sentBytes: null,
              receivedBytes: null,
              request: body,
              response: text === "" ? null : text,
              error
            })
            const restMs = outcome === "unavailable" ? retryAfterMs(answered.retryAfter, at + durationMs) : undefined
            return { outcome, status, durationMs, error, restMs }
          })

        /**
         * The receiver has said that it wants nothing any more: an administrator puts its webhook anew. Settings may have
         * changed while it was asked: another address is not stopped, and nothing that was put meanwhile is taken back.
         */
        const stop = (id: ChannelId, { url, secrets }: ChannelWebhook) =>
          Effect.gen(function*() {
            yield* network.reload
            const channel = network.view().channel(id)
            const webhook = channel?.webhook ?? null
            if (channel === undefined || webhook?.url !== url || webhook.secrets.join() !== secrets.join()) return
            const stopped = `the receiver answered 410 Gone at ${toIso(yield* Clock.currentTimeMillis)}; put the webhook again to go on`
            yield* Effect.logWarning(`webhook of channel ${id} is stopped: 410 Gone`)
            yield* network.save({ channels: [{ ...channel, webhook: { ...webhook, stopped } }] })
          }).pipe(Effect.catch((error) => Effect.logWarning(`webhook of channel ${id} could not be stopped: ${error.message}`)))

        const deliver = (message: OutboxMessage, order: Order) =>
          Effect.gen(function*() {
            const channel = network.view().channel(order.channelId)
            if (channel === undefined || !isTold(channel)) {
              return { state: "dropped", error: "the channel has no webhook, or it is stopped" } satisfies DeliveredStatus
            }
            const webhook = channel.webhook!
            const seq = yield* storage.orders.events(order.id).pipe(
              Effect.map((events) => events.at(-1)?.seq ?? 0),
              Effect.mapError(() => failure(channel.id, "unavailable", "the order's events could not be read"))
            )
            const data = { seq, version: order.version, messageVersion: message.payload["version"], order: statusOf(order) }
            const body = JSON.stringify({ type: "order.changed", timestamp: toIso(order.updatedAt), data })
            const ended = yield* attempt({ channel, webhook, id: message.id, orderId: order.id, body })
            if (ended.outcome === "done") return { state: "done" } satisfies DeliveredStatus
            if (ended.outcome === "gone") yield* stop(channel.id, webhook)
            const outcome = ended.outcome === "gone" ? "rejected" : ended.outcome
            return yield* failure(channel.id, outcome, ended.error ?? "no answer", ended.restMs)
          })

        const test = (id: ChannelId) =>
          Effect.gen(function*() {
            const channel = network.view().channel(id)
            if (channel?.webhook === undefined || channel.webhook === null) return yield* NotFound.of("webhook of channel", id)
            const at = toIso(yield* Clock.currentTimeMillis)
            const body = JSON.stringify({ type: "test", timestamp: at, data: { channel: id } })
            const { outcome, status, durationMs, error } = yield* attempt({
              channel, webhook: channel.webhook, id: `test-${yield* nextUuid}`, orderId: null, body
            })
            return { outcome, status, durationMs, error }
          })

        return ChannelWebhooks.of({ deliver, test })
      })
    )
}

const noSender: WebhookSender = () =>
  Promise.reject(new AdapterFault("this hub has no way to send webhooks: give createHub { webhooks }", { outcome: "unavailable" }))

/** Anything but the sender's own word says nothing about whether the call arrived. */
const faultOf = (error: unknown): { readonly outcome: FaultOutcome; readonly message: string } =>
  error instanceof AdapterFault
    ? { outcome: error.outcome, message: error.message }
    : { outcome: "unknown", message: `threw: ${error instanceof Error ? error.name : typeof error}` }

const failure = (channel: string, outcome: FaultOutcome, text: string, restMs?: number): AdapterError =>
  new AdapterError({
    adapter: "webhook",
    instance: webhookLane(channel),
    method: CHANNEL_STATUS,
    reason: "fault",
    outcome,
    message: `[webhook] [${channel}] ${text}`,
    ...(restMs === undefined ? {} : { retryAfterMs: restMs })
  })
