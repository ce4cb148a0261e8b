import { Cause, Clock, Duration, Effect, Fiber, Schedule } from "effect"
import { AdapterRegistry } from "../adapter/registry.ts"
import { inStep } from "../exchange/log.ts"
import { pruneLogOnce } from "../exchange/log-writer.ts"
import { runLane } from "../exchange/lane-work.ts"
import { Lanes } from "../exchange/lanes.ts"
import { SYSTEM } from "../kernel/actor.ts"
import type { OrderId } from "../kernel/ids.ts"
import { pruneReportsOnce } from "../notify/keep.ts"
import { pollStatusesOnce } from "../notify/poll.ts"
import { Network } from "../network/service.ts"
import { Sales } from "../order/sales.ts"
import { Orders } from "../order/service.ts"
import { Storage } from "../store/ports.ts"
import { type Keeping, tidyOnce } from "./tidy.ts"

const BATCH = 100
/** A new reservation never ends sooner than a minute away, so a look every second misses none (P4: 60 s). */
const SWEEP_EVERY = "1 second"
/** The same in milliseconds. */
const LOOK = 1_000
/** Intake answers after 2 s at the latest; what is still `placed` after 5 s was cut off (D15). */
const PLACED_AFTER = 5_000
const PLAN_EVERY = "1 second"
const PLAN_LEASE = 30_000
const PLAN_CONCURRENCY = 16
const ARRIVALS_EVERY = "5 seconds"
const SETTINGS_EVERY = "5 seconds"
const SHORTAGES_EVERY = "5 seconds"
const PRUNE_EVERY = "1 minute"
const POLL_EVERY = "1 minute"

const LANES_EVERY = "5 seconds"
const TIDY_EVERY = "1 hour"

/** A job never dies of one failure: it says so and goes on at the next turn. */
const steadily = <E, R>(name: string, every: "1 second" | "5 seconds" | "1 minute" | "1 hour", job: Effect.Effect<unknown, E, R>) =>
  job.pipe(
    inStep(name),
    Effect.catchCause((cause) => Effect.logWarning(`job ${name} failed; it goes on at the next turn`, cause)),
    Effect.repeat(Schedule.spaced(every))
  )

/** One order that nobody foresaw must not stop those behind it. */
const passing = <A, E, R>(name: string, id: string, work: Effect.Effect<A, E, R>) =>
  work.pipe(Effect.catchDefect((defect) => Effect.logError(`job ${name} cannot work on order ${id}`, Cause.die(defect))))

/** Ends due reservations (D10). Several replicas may do it at once: the order's version lets one win. */
export const sweepOnce = Effect.gen(function*() {
  const storage = yield* Storage
  const orders = yield* Orders
  const now = yield* Clock.currentTimeMillis
  const due = yield* storage.orders.due(now, BATCH)
  yield* Effect.forEach(due, (id) =>
    passing("sweep", id, orders.sweep(id)).pipe(
      Effect.catchTags({ Refused: () => Effect.void, NotFound: () => Effect.void, VersionConflict: () => Effect.void })
    ))
  return due.length
})

/** Sleeps until the earliest end, if it comes before the next look: what is due is swept at once (D10). */
const untilNextSweep = Effect.gen(function*() {
  const storage = yield* Storage
  const next = yield* storage.orders.nextSweep
  const now = yield* Clock.currentTimeMillis
  if (next === null || next <= now || next - now >= LOOK) return
  yield* Effect.sleep(Duration.millis(next - now))
  yield* sweepOnce
})

/** Plans what intake could not finish (D15); one replica at a time. */
export const planOnce = (owner: string) =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const orders = yield* Orders
    const now = yield* Clock.currentTimeMillis
    if ((yield* storage.leases.acquire("plan-placed", owner, now, now + PLAN_LEASE)) === null) return 0
    const ids = yield* storage.orders.placedBefore(now - PLACED_AFTER, BATCH)
    // Each may have to wait for a geocoder that does not answer; side by side they all get to a person in time.
    yield* Effect.forEach(ids, (id) =>
      passing("plan", id, orders.settle(id)).pipe(
        Effect.catch((error) => Effect.logWarning(`order ${id} could not be planned: ${error.message}`))
      ), { concurrency: PLAN_CONCURRENCY })
    return ids.length
  })

/** Gives goods that came to the orders that wait for them, oldest first (D11). */
export const arriveOnce = Effect.gen(function*() {
  const storage = yield* Storage
  const orders = yield* Orders
  const arrive = (id: OrderId) =>
    Effect.gen(function*() {
      const order = yield* storage.orders.byId(id)
      const waiting = order?.fulfilments.filter((f) => f.status === "awaiting") ?? []
      yield* Effect.forEach(waiting, (f) =>
        orders.command(f.id, { name: "arrive", input: {} }, { actor: SYSTEM }).pipe(
          // Refused: the goods are not there yet.
          Effect.catchTags({ Refused: () => Effect.void, VersionConflict: () => Effect.void })
        ))
    })
  // All of them: the oldest may wait for weeks, and must not keep the goods of the others from them.
  let seen = 0
  let after: OrderId | undefined
  do {
    const ids: ReadonlyArray<OrderId> = yield* storage.orders.awaiting(BATCH, after)
    yield* Effect.forEach(ids, (id) => passing("arrivals", id, arrive(id)))
    seen += ids.length
    after = ids.length < BATCH ? undefined : ids.at(-1)
  } while (after !== undefined)
  return seen
})

/** After a statement of stock: reservations that no longer fit get their case (D7). */
export const shortagesOnce = (seen: { statements: number }) =>
  Effect.gen(function*() {
    const { stock: { image } } = yield* Storage
    const sales = yield* Sales
    const { statements } = image
    if (statements === seen.statements) return 0
    const cells = image.short()
    yield* sales.settleShortages(cells)
    seen.statements = statements
    return cells.length
  })

/** Keeps every lane at work that the settings name, side by side; those that they no longer name end. */
const keepLanes = Effect.gen(function*() {
  const storage = yield* Storage
  const network = yield* Network
  const registry = yield* AdapterRegistry
  const lanes = yield* Lanes
  const running = new Map<string, Fiber.Fiber<unknown>>()
  const look = Effect.gen(function*() {
    const view = network.view()
    const wanted = new Set([...lanes.methods.values()].flatMap((method) => method.lanes({ view, registry })))
    for (const lane of wanted) {
      if (running.has(lane)) continue
      const work = runLane({ lane, storage, registry, lanes, view: () => network.view() })
      running.set(lane, yield* Effect.forkScoped(steadily(`lane ${lane}`, "1 second", work)))
    }
    for (const [lane, fiber] of running) {
      if (wanted.has(lane)) continue
      running.delete(lane)
      yield* Effect.forkScoped(Fiber.interrupt(fiber))
    }
  })
  yield* Effect.forkScoped(steadily("lanes", LANES_EVERY, look))
})

/** All jobs of a hub, for as long as the scope lives. */
export const runJobs = (owner: string, keeping: Keeping = {}, keepLogDays?: number) =>
  Effect.gen(function*() {
    const network = yield* Network
    yield* Effect.forkScoped(steadily("sweep", SWEEP_EVERY, Effect.andThen(sweepOnce, untilNextSweep)))
    yield* Effect.forkScoped(steadily("plan", PLAN_EVERY, planOnce(owner)))
    yield* Effect.forkScoped(steadily("arrivals", ARRIVALS_EVERY, arriveOnce))
    // The first turn looks whatever happened: a hub that was killed may have left some that nobody was told of.
    yield* Effect.forkScoped(steadily("shortages", SHORTAGES_EVERY, shortagesOnce({ statements: -1 })))
    // Settings that another replica has changed.
    yield* Effect.forkScoped(steadily("settings", SETTINGS_EVERY, network.reload))
    yield* Effect.forkScoped(steadily("prune-log", PRUNE_EVERY, pruneLogOnce(owner, keepLogDays)))
    yield* Effect.forkScoped(steadily("tidy", TIDY_EVERY, tidyOnce(owner, keeping)))
    yield* Effect.forkScoped(steadily("message-status", POLL_EVERY, pollStatusesOnce(owner, new Map())))
    yield* Effect.forkScoped(steadily("prune-reports", PRUNE_EVERY, pruneReportsOnce(owner)))
    yield* keepLanes
  })
