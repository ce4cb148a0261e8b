import { Clock, Duration, Effect, Metric, Random } from "effect"
import { AdapterError } from "../adapter/errors.ts"
import { findPort, type AdapterMap } from "../adapter/registry.ts"
import type { PortService } from "../adapter/port.ts"
import { messagesPort } from "../notify/ports.ts"
import type { Notice } from "../notify/rules.ts"
import type { NetworkView } from "../network/service.ts"
import { isEnded, orderStatus } from "../order/life.ts"
import type { Order } from "../order/model.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import type { StorageService } from "../store/ports.ts"
import { aboutOrder } from "./log.ts"
import { backOff, MAX_ATTEMPTS, type OutboxMessage, type OutboxOutcome } from "./outbox.ts"

/** A batch must end within its lease: two messages one after the other, a look-up and a call each, 10 s at the most. */
const LEASE = 60_000
const BATCH = 32
const CONCURRENCY = 16

/** Polling is only the safety net. Milliseconds. */
const LONGEST_PAUSE = 1_000
/** Messages of so many milliseconds share a round: three commits for a batch, not for each. */
const GATHER = 10

const outcomes = Metric.counter("aptekit_outbox_outcomes_total", { incremental: true })

const NOT_REPEATED = "its answer was lost, and this gateway cannot be asked what became of it: not repeated"

type Messages = PortService<typeof messagesPort.methods>

/** A notice that came too late to be of use is dropped, with a record. */
const isLate = (notice: Notice, order: Order): boolean =>
  (notice === "reserved" || notice === "assembled") && isEnded(orderStatus(order.fulfilments))

interface Delivered {
  readonly state: OutboxOutcome["state"]
  readonly error?: string
  readonly partnerRef?: string
}

const deliver = (
  message: OutboxMessage,
  order: Order,
  messages: Messages,
  view: NetworkView
): Effect.Effect<Delivered, AdapterError> =>
  Effect.gen(function*() {
    const notice = message.payload["notice"] as Notice
    const to = order.customer.phone
    if (to === null) return { state: "dropped", error: "the order has no phone" }
    if (isLate(notice, order)) return { state: "dropped", error: "late: the order has ended" }
    if (message.uncertain) {
      // The call may have arrived: ask before anything is repeated (D27). Who cannot be asked gets nothing twice.
      const found = yield* messages.find({ id: message.id, to }).pipe(
        Effect.catchIf((error) => error.reason === "unsupported", () => Effect.succeed(null)),
        Effect.mapError(stillInDoubt)
      )
      if (found === null) return { state: "dropped", error: NOT_REPEATED }
      if (found.providerId !== null) return { state: "done", partnerRef: found.providerId }
    }
    const branchId = message.payload["branchId"] as string | null
    const branch = view.branches.find((candidate) => candidate.id === branchId)
    const text = view.texts.render({ notice, order, branch, expiresAt: message.payload["expiresAt"] as number | null })
    const sent = yield* messages.send({ id: message.id, to, text, language: order.customer.language, kind: "sms" })
    return { state: "done", partnerRef: sent.providerId }
  })

/** A look-up that did not get through says nothing about the call before it: the next try must ask again (D27). */
const stillInDoubt = (error: AdapterError): AdapterError =>
  error.outcome === "unavailable"
    ? new AdapterError({
      message: error.message,
      adapter: error.adapter,
      instance: error.instance,
      method: error.method,
      outcome: "unknown",
      reason: error.reason
    })
    : error

/**
 * One round of a lane: claims what is due, calls the partner, records how each call ended. At least once; in order
 * per order. Gives the number of messages handled.
 */
export const dispatchOnce = (
  storage: StorageService,
  registry: AdapterMap,
  lane: string,
  view: () => NetworkView
): Effect.Effect<number, StorageUnavailable> =>
  Effect.gen(function*() {
    const port = findPort(registry, messagesPort, lane)
    if (port === undefined) return 0
    const now = yield* Clock.currentTimeMillis
    const claimed = yield* storage.outbox.claim(lane, now, now + LEASE, BATCH)
    if (claimed.length === 0) return 0
    yield* storage.outbox.sending(claimed)
    const ids = claimed.flatMap((message) => (message.orderId === null ? [] : [message.orderId]))
    const orders = new Map((yield* storage.orders.byIds([...new Set(ids)])).map((order) => [order.id, order]))
    const handled = (message: OutboxMessage) =>
      handle(message, message.orderId === null ? undefined : orders.get(message.orderId), port.service, view()).pipe(aboutOrder(message.orderId))
    const settled = yield* Effect.forEach(claimed, handled, { concurrency: CONCURRENCY })
    yield* storage.outbox.settle(settled)
    for (const outcome of settled) {
      yield* Metric.update(Metric.withAttributes(outcomes, { lane, state: outcome.state }), 1)
    }
    return claimed.length
  })

const handle = (
  message: OutboxMessage,
  order: Order | undefined,
  messages: Messages,
  view: NetworkView
): Effect.Effect<OutboxOutcome> =>
  Effect.gen(function*() {
    const ended: Delivered = order === undefined
      ? { state: "dropped", error: "the order is gone" }
      : yield* deliver(message, order, messages, view).pipe(
        Effect.catch((error) => Effect.succeed<Delivered>({ state: stateOf(error, message), error: error.message }))
      )
    const at = yield* Clock.currentTimeMillis
    const again = ended.state === "retry" || ended.state === "unknown"
    const wait = again ? backOff(message.attempts, yield* Random.next) : 0
    return {
      id: message.id,
      token: message.token,
      at,
      state: ended.state,
      availableAt: again ? at + wait : null,
      error: ended.error ?? null,
      partnerRef: ended.partnerRef ?? null
    }
  })

const stateOf = (error: AdapterError, message: OutboxMessage): OutboxOutcome["state"] => {
  if (error.outcome === "rejected") return "rejected"
  if (message.attempts >= MAX_ATTEMPTS) return "dead"
  return error.outcome === "unknown" ? "unknown" : "retry"
}

/** Works a lane for ever: at once when something is committed, and by the clock for what was put off. */
export const runLane = (
  storage: StorageService,
  registry: AdapterMap,
  lane: string,
  view: () => NetworkView,
  woken: Effect.Effect<void>
): Effect.Effect<never, StorageUnavailable> => {
  const pause = Effect.gen(function*() {
    const due = yield* storage.outbox.nextDue(lane)
    const now = yield* Clock.currentTimeMillis
    const wait = due === null ? LONGEST_PAUSE : Math.min(LONGEST_PAUSE, due - now)
    if (wait > 0) yield* Effect.raceFirst(woken, Effect.sleep(Duration.millis(wait)))
    yield* Effect.sleep(Duration.millis(GATHER))
  })
  const round = dispatchOnce(storage, registry, lane, view)
  return Effect.forever(Effect.flatMap(round, (done) => (done === BATCH ? Effect.void : pause)))
}
