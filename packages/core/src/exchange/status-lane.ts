import { Clock, Effect, Random } from "effect"
import { Network } from "../network/service.ts"
import type { Order } from "../order/model.ts"
import { Storage } from "../store/ports.ts"
import { ChannelWebhooks, type DeliveredStatus, isTold, webhookLane } from "./channel-status.ts"
import { DEFAULT_LANE } from "./lanes.ts"
import { backOff, type OutboxMessage, type OutboxOutcome } from "./outbox.ts"

const LEASE = 60_000
const BATCH = 32
const CONCURRENCY = 8

const outcomeOf = (message: OutboxMessage, order: Order | undefined) =>
  Effect.gen(function*() {
    const webhooks = yield* ChannelWebhooks
    const delivered: DeliveredStatus = { state: "dropped", error: "the order is gone" }
    const ended = yield* (order === undefined ? Effect.succeed(delivered) : webhooks.deliver(message, order)).pipe(
      Effect.map(({ state, error }) => ({ state: state as OutboxOutcome["state"], error: error ?? null })),
      // The same id goes again: a receiver that has it already says 2xx, so 'unknown' is no more than 'later'.
      Effect.catch((error) => {
        const again: OutboxOutcome["state"] = message.attempts >= DEFAULT_LANE.maxAttempts ? "dead" : "retry"
        const state: OutboxOutcome["state"] = error.outcome === "rejected" ? "rejected" : again
        return Effect.succeed({ state, error: error.message })
      })
    )
    const at = yield* Clock.currentTimeMillis
    const availableAt = ended.state === "retry" ? at + backOff(message.attempts, yield* Random.next) : null
    return { id: message.id, token: message.token, at, availableAt, partnerRef: null, ...ended } satisfies OutboxOutcome
  })

const lane = (name: string) =>
  Effect.gen(function*() {
    const { outbox, orders } = yield* Storage
    const now = yield* Clock.currentTimeMillis
    const claimed = yield* outbox.claim(name, now, now + LEASE, BATCH)
    if (claimed.length === 0) return 0
    const ids = claimed.flatMap(({ orderId }) => (orderId === null ? [] : [orderId]))
    const found = new Map((yield* orders.byIds([...new Set(ids)])).map((order) => [order.id, order]))
    const settled = yield* Effect.forEach(claimed, (message) => outcomeOf(message, found.get(message.orderId!)), {
      concurrency: CONCURRENCY
    })
    yield* outbox.settle(settled)
    return claimed.length
  })

/** One round of every channel's lane, side by side: claims what is due, delivers it, records how it ended. */
export const tellChannelsOnce = Effect.gen(function*() {
  const network = yield* Network
  const told = network.view().channels.filter(isTold)
  const counts = yield* Effect.forEach(told, (channel) => lane(webhookLane(channel.id)), { concurrency: "unbounded" })
  return counts.reduce((sum, count) => sum + count, 0)
})
