import { Clock, Effect } from "effect"
import { AdapterRegistry, findPort } from "../adapter/registry.ts"
import { aboutOrder } from "../exchange/log.ts"
import type { UnendedMessage } from "../store/messages.ts"
import { Storage } from "../store/ports.ts"
import { addressOf } from "./gateways.ts"
import { keepReport } from "./keep.ts"
import { messagesPort } from "./ports.ts"
import { wayOf } from "./route.ts"

const BATCH = 50
const CONCURRENCY = 4
const LEASE = 60_000
/** Calls that do not end within it are given up; it is shorter than the lease. */
const PATIENCE = "40 seconds"
/** Gateways forget, and buyers do not care, after so many days. */
const ASKED_FOR = 2 * 86_400_000
/** A message has a moment to arrive; where the gateway reports by itself, it has the time to do so. */
const MOMENT = 30_000
const REPORTED = 15 * 60_000

/** Where each connection's round stands; one process asks, and one that takes over begins anew. */
export type PollPlaces = Map<string, number>

/**
 * Asks gateways with the capability `status` how messages stand whose end they have not told: a batch of each connection, round
 * after round, so that a message that never ends keeps none behind it from being asked for. Gives how many were asked for.
 */
export const pollStatusesOnce = (owner: string, places: PollPlaces) =>
  Effect.gen(function*() {
    const { all } = yield* AdapterRegistry
    let asked = 0
    for (const [id, { capabilities }] of all) {
      if (capabilities["status"] === true) asked += yield* pollConnection(id, capabilities["deliveryReports"] === true, owner, places)
    }
    return asked
  })

const pollConnection = (connection: string, reports: boolean, owner: string, places: PollPlaces) =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const port = findPort(yield* AdapterRegistry, messagesPort, connection)
    const now = yield* Clock.currentTimeMillis
    if (port === undefined) return 0
    if ((yield* storage.leases.acquire(`message-status/${connection}`, owner, now, now + LEASE)) === null) return 0
    const batch = yield* storage.messages.unended({
      connection,
      from: now - ASKED_FOR,
      before: now - (reports ? REPORTED : MOMENT),
      after: places.get(connection) ?? 0,
      limit: BATCH
    })
    places.set(connection, batch.length < BATCH ? 0 : batch.at(-1)!.seq)
    const orders = yield* storage.orders.byIds([...new Set(batch.map(({ orderId }) => orderId))])
    const customers = new Map(orders.map((order) => [order.id, order.customer]))
    const ask = ({ orderId, providerId, payload }: UnendedMessage) =>
      Effect.gen(function*() {
        const customer = customers.get(orderId)
        const { kind } = wayOf({ payload, attempts: 0 })
        const to = customer === undefined || kind === "push" ? null : addressOf(customer, kind)
        if (to === null) return
        const said = yield* port.service.status({ providerId, to })
        yield* keepReport(storage.messages, connection, { providerId, ...said })
      }).pipe(
        aboutOrder(orderId),
        // The gateway refuses this one, or says of it what nobody understands; those behind it may still be known.
        Effect.catchIf((error) => error._tag === "AdapterError" && error.outcome !== "unavailable", () => Effect.void)
      )
    // A gateway that is away is left alone until the next turn.
    yield* Effect.forEach(batch, ask, { concurrency: CONCURRENCY, discard: true }).pipe(
      Effect.timeoutOrElse({ duration: PATIENCE, orElse: () => Effect.logWarning(`${connection}: asking for states took too long`) }),
      Effect.catchTag("AdapterError", (error) => Effect.logWarning(`states of messages are asked for later: ${error.message}`))
    )
    return batch.length
  })
