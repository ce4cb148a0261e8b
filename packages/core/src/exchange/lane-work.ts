import { Clock, Duration, Effect, Fiber, Latch, Metric, Schedule } from "effect"
import type { AdapterMap } from "../adapter/registry.ts"
import type { Instant } from "../kernel/time.ts"
import type { NetworkView } from "../network/service.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import type { StorageService } from "../store/ports.ts"
import { answered, begun, type Breaker, breakerAt, CLOSED, notMade, permits, unanswered } from "./breaker.ts"
import { type Bucket, fullBucket, refilled, taken, tokensIn, untilToken } from "./bucket.ts"
import { divertMessage, type Ended, handleMessage, LONG_REST, needsMark } from "./lane-call.ts"
import { aboutOrder } from "./log.ts"
import { type LaneContext, type LaneQuota, type Lanes, type LaneSettings, type LaneState } from "./lanes.ts"
import type { OutboxMessage, OutboxOutcome } from "./outbox.ts"

/** Longer than twice the permitted clock offset (D24). What a dead hub had in hand is free again after it. */
const LEASE = 60_000
const RENEW_EVERY = LEASE / 3
/** Claimed at once. */
const BATCH = 64
/** Polling is only the safety net. Milliseconds. */
const LONGEST_PAUSE = 1_000
/** Small claims keep this distance: messages of so many milliseconds share their commits. */
const GATHER = 10
/** A hub that closes waits so long for its running calls. */
const GRACE = 10_000
/** Outcomes are written again after a failure of the database. */
const AGAIN = Schedule.spaced("1 second")

const outcomes = Metric.counter("aptekit_outbox_outcomes_total", {
  description: "How deliveries to partners ended, by lane and state",
  incremental: true
})

/** A lane and what its worker needs. */
export interface LaneWork {
  readonly lane: string
  readonly storage: StorageService
  readonly registry: AdapterMap
  readonly lanes: Lanes["Service"]
  readonly view: () => NetworkView
}

interface Claimed {
  readonly message: OutboxMessage
  readonly context: LaneContext
}

/** Messages of the lane under a lease; their orders are at hand. */
const claim = (work: LaneWork, limit: number, forCall: boolean): Effect.Effect<ReadonlyArray<Claimed>, StorageUnavailable> =>
  Effect.gen(function*() {
    const { storage, lane } = work
    const from = yield* Clock.currentTimeMillis
    const messages = yield* storage.outbox.claim(lane, from, from + LEASE, limit, forCall ? work.lanes.quota(lane) : null)
    if (messages.length === 0) return []
    const ids = [...new Set(messages.flatMap(({ orderId }) => (orderId === null ? [] : [orderId])))]
    const orders = new Map((yield* storage.orders.byIds(ids)).map((order) => [order.id, order]))
    const view = work.view()
    const orderOf = ({ orderId }: OutboxMessage) => (orderId === null ? null : orders.get(orderId) ?? null)
    const prepared = new Map<string, unknown>()
    for (const [method, batch] of Map.groupBy(messages, (message) => message.method)) {
      const prepare = work.lanes.methods.get(method)?.prepare
      if (prepare === undefined) continue
      const known = batch.map((message) => ({ message, order: orderOf(message) }))
      prepared.set(method, yield* prepare(known, { view, registry: work.registry, now: from, storage, forCall }))
    }
    const resting = work.lanes.resting()
    const claimed = messages.map((message) => ({
      message,
      context: { order: orderOf(message), view, registry: work.registry, now: from, resting, prepared: prepared.get(message.method) }
    }))
    return forCall ? yield* mine(work, claimed, from + LEASE) : claimed
  })

/**
 * Those that are still this worker's, marked as being sent; one that was held up past its lease marks nothing, and calls
 * nobody (D24). Where a repetition does no harm nobody need know afterwards that there was a call (D27): that saves a commit.
 */
const mine = ({ storage, lanes }: LaneWork, claimed: ReadonlyArray<Claimed>, leasedUntil: Instant) =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const marked = claimed.filter(({ message, context }) => needsMark(lanes.methods.get(message.method), message, context))
    const sent = marked.length === 0 ? [] : yield* storage.outbox.sending(marked.map(({ message }) => message), now)
    const held = new Set(sent)
    const unmarked = new Set(now < leasedUntil ? claimed.filter((one) => !marked.includes(one)).map(({ message }) => message.id) : [])
    return claimed.filter(({ message: { id } }) => held.has(id) || unmarked.has(id)).map(({ message, context }) => ({
      message,
      context: { ...context, now }
    }))
  })

const callOf = (work: LaneWork, { message, context }: Claimed, settings: LaneSettings): Effect.Effect<Ended> => {
  const method = work.lanes.methods.get(message.method)
  return handleMessage(method, message, context, settings).pipe(
    Effect.tap(({ mayHaveGone }) => mayHaveGone ? Effect.void : method?.undo?.(message, context) ?? Effect.void),
    aboutOrder(message.orderId)
  )
}

/** Lanes that messages went to need not wait for their next look. */
const wakeOthers = ({ lanes }: LaneWork, settled: ReadonlyArray<OutboxOutcome>): void =>
  new Set(settled.flatMap(({ to }) => (to === undefined ? [] : [to]))).forEach((lane) => lanes.wake(lane))

const count = (lane: string, settled: ReadonlyArray<OutboxOutcome>): Effect.Effect<void> =>
  Effect.forEach(
    settled,
    ({ state }) => Metric.update(Metric.withAttributes(outcomes, { lane, state }), 1),
    { discard: true }
  )

/**
 * One round of a lane: claims what is due, calls the partner, records how each call ended. Gives the number of
 * messages handled. For who runs lanes by a clock of his own; the hub's jobs use `runLane`.
 */
export const dispatchOnce = (work: LaneWork): Effect.Effect<number, StorageUnavailable> =>
  Effect.gen(function*() {
    const settings = work.lanes.settings(work.lane)
    const claimed = yield* claim(work, Math.min(BATCH, settings.concurrency), true)
    const ended = yield* Effect.forEach(claimed, (one) => callOf(work, one, settings), { concurrency: settings.concurrency })
    const settled = ended.map(({ outcome }) => outcome)
    if (settled.length > 0) yield* work.storage.outbox.settle(settled)
    yield* count(work.lane, settled)
    return claimed.length
  })

/** Opened by whoever has something; waiting takes it. */
const signal = (): { readonly give: () => void; readonly take: Effect.Effect<void> } => {
  const latch = Latch.makeUnsafe(false)
  return {
    give: () => void latch.openUnsafe(),
    take: Effect.andThen(latch.await, Effect.sync(() => void latch.closeUnsafe()))
  }
}

/** What a working lane has in hand. */
class Hand {
  readonly #work: LaneWork
  readonly settings: LaneSettings
  readonly calls = new Map<string, { readonly message: OutboxMessage; readonly fiber: Fiber.Fiber<void> }>()
  /** Ended, not yet given to the database. */
  ended: Array<OutboxOutcome> = []
  /** Ended, not yet recorded: others may be called meanwhile, but of these there are at most `BATCH` before they wait. */
  #unrecorded = 0
  breaker: Breaker = CLOSED
  bucket: Bucket | null = null
  /** The partner asked to be left alone until then. */
  #restsUntil: Instant = 0
  /** Until then no message of this lane finds a detour, as far as was looked. */
  noDetourUntil: Instant = 0
  #now: Instant = 0
  /** Something ended, or its record is written. */
  readonly changed = signal()
  readonly toSettle = signal()

  constructor(work: LaneWork) {
    this.#work = work
    this.settings = work.lanes.settings(work.lane)
  }

  state(): LaneState {
    const restsUntil = this.#restsUntil > this.#now ? this.#restsUntil : null
    return { lane: this.#work.lane, breaker: this.breaker.state, inFlight: this.calls.size - this.#unrecorded, restsUntil }
  }

  /** Until when the partner is left alone, where that is long enough for messages to go elsewhere; else null. */
  closedUntil(now: Instant): Instant | null {
    if (this.breaker.state === "open") return this.breaker.until
    return this.#restsUntil - now > LONG_REST ? this.#restsUntil : null
  }

  /** How many calls may begin now; `wait`: where none may, how many milliseconds until that can change by itself. */
  free(now: Instant): { readonly count: number; readonly wait: number } {
    const { concurrency, perSecond } = this.settings
    this.#now = now
    this.breaker = breakerAt(this.breaker, now)
    if (this.#restsUntil > now) return { count: 0, wait: this.#restsUntil - now }
    const places = Math.min(concurrency - (this.calls.size - this.#unrecorded), concurrency + BATCH - this.calls.size)
    const count = Math.min(places, permits(this.breaker), BATCH)
    const wait = this.breaker.state === "open" ? this.breaker.until - now : LONGEST_PAUSE
    if (perSecond === null) return { count, wait }
    this.bucket = refilled(this.bucket ?? fullBucket(perSecond, now), perSecond, now)
    const tokens = tokensIn(this.bucket)
    if (tokens > 0) return { count: Math.min(count, tokens), wait }
    return { count: 0, wait: this.breaker.state === "open" ? wait : untilToken(this.bucket, perSecond) }
  }

  begin(count: number): void {
    this.breaker = begun(this.breaker)
    if (this.bucket !== null) this.bucket = taken(this.bucket, count)
  }

  end({ outcome, answered: there, restMs = 0 }: Ended): void {
    this.#restsUntil = Math.max(this.#restsUntil, outcome.at + restMs)
    if (there === null) this.breaker = notMade(this.breaker)
    else this.breaker = there ? answered(this.breaker) : unanswered(this.breaker, outcome.at, this.settings.breaker)
    this.ended.push(outcome)
    this.#unrecorded++
    this.toSettle.give()
    this.changed.give()
  }

  recorded(settled: ReadonlyArray<OutboxOutcome>): void {
    for (const { id } of settled) this.calls.delete(id)
    this.#unrecorded -= settled.length
    this.changed.give()
  }

  /** Another worker has the message now: what this call brings is nobody's affair any more. */
  lost(id: string): void {
    this.calls.delete(id)
    this.breaker = notMade(this.breaker)
    this.changed.give()
  }
}

const sleep = (ms: number): Effect.Effect<void> => Effect.sleep(Duration.millis(ms))

/** Until something changed, or so many milliseconds. */
const changedWithin = (hand: Hand, ms: number): Effect.Effect<void> =>
  ms <= 0 ? Effect.void : Effect.raceFirst(hand.changed.take, sleep(ms))

const start = (work: LaneWork, hand: Hand, claimed: Claimed): Effect.Effect<void> =>
  Effect.gen(function*() {
    const call = Effect.map(callOf(work, claimed, hand.settings), (ended) => hand.end(ended))
    const { message } = claimed
    // Not this lane's child: when the lane is closed its running calls may end first.
    hand.calls.set(message.id, { message, fiber: yield* Effect.forkDetach(call) })
  })

/** May messages of this lane go elsewhere, as far as their methods know? */
const hasDetours = ({ lanes, lane }: LaneWork): boolean =>
  [...lanes.methods.values()].some((method) => method.hasDetours?.(lane) === true)

/** While the partner rests: what is due goes elsewhere where it can. Gives whether there may be more. */
const divert = (work: LaneWork, hand: Hand, until: Instant) =>
  Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const due = yield* work.storage.outbox.nextDue(work.lane)
    if (due === null || due > now) return false
    const claimed = yield* claim(work, BATCH, false)
    const diverted = claimed.map(({ message, context }) => divertMessage(work.lanes.methods.get(message.method), message, context, until))
    const outcomes = diverted.map(({ outcome }) => outcome)
    if (outcomes.length > 0) yield* work.storage.outbox.settle(outcomes)
    wakeOthers(work, outcomes)
    yield* count(work.lane, outcomes.filter(({ state }) => state === "moved"))
    // The others would not either: they are not touched again until the partner is tried.
    if (!diverted.some(({ moved }) => moved)) hand.noDetourUntil = until
    return claimed.length === BATCH
  })

/** How long until other hubs may have left something: the time of one call by the rate, else a guess. Milliseconds. */
const patience = (quota: LaneQuota | null): number =>
  Math.min(LONGEST_PAUSE, Math.max(GATHER, quota === null ? 0 : 1_000 / (quota.perSecond ?? 20)))

/** Claims as often as there is something due and room for it. */
const pump = (work: LaneWork, hand: Hand) => {
  let claimedAt = -Infinity
  let full = false
  return Effect.gen(function*() {
    const at = yield* Clock.currentTimeMillis
    const { count: room, wait } = hand.free(at)
    const closed = hand.closedUntil(at)
    if (closed !== null && closed > hand.noDetourUntil && hasDetours(work)) {
      if (yield* divert(work, hand, closed)) return
      return yield* changedWithin(hand, Math.min(LONGEST_PAUSE, wait))
    }
    if (room <= 0) return yield* changedWithin(hand, wait)
    const soon = claimedAt + GATHER - (yield* Clock.currentTimeMillis)
    if (!full && soon > 0) yield* sleep(soon)
    const due = yield* work.storage.outbox.nextDue(work.lane)
    const now = yield* Clock.currentTimeMillis
    full = false
    if (due === null || due > now) return yield* changedWithin(hand, Math.min(LONGEST_PAUSE, (due ?? Infinity) - now))
    claimedAt = now
    const claimed = yield* claim(work, room, true)
    if (claimed.length > 0) hand.begin(claimed.length)
    for (const one of claimed) yield* start(work, hand, one)
    full = claimed.length === room
    // Due, and not ours: other hubs use up what the partner bears, or have these messages.
    if (claimed.length === 0) yield* changedWithin(hand, patience(work.lanes.quota(work.lane)))
  })
}

/** Records what has ended, everything that is there at a time. A database that is away is asked again. */
const settle = (work: LaneWork, hand: Hand) =>
  Effect.gen(function*() {
    yield* hand.toSettle.take
    const batch = hand.ended
    hand.ended = []
    if (batch.length === 0) return
    yield* work.storage.outbox.settle(batch).pipe(
      Effect.tapError((error) => Effect.logWarning(`lane ${work.lane}: outcomes wait for the database: ${error.message}`)),
      Effect.retry({ schedule: AGAIN })
    )
    hand.recorded(batch)
    wakeOthers(work, batch)
    yield* count(work.lane, batch)
  })

/** Keeps the leases of long calls, and lets go of those that another worker has taken over. */
const renew = (work: LaneWork, hand: Hand) =>
  Effect.gen(function*() {
    const open = [...hand.calls.values()].map(({ message }) => message)
    if (open.length === 0) return
    const now = yield* Clock.currentTimeMillis
    const held = new Set(yield* work.storage.outbox.renew(open, now + LEASE))
    for (const { id } of open) {
      const call = hand.calls.get(id)
      // One that has ended is about to be recorded, or was a moment ago.
      if (held.has(id) || call === undefined || call.fiber.pollUnsafe() !== undefined) continue
      hand.lost(id)
      yield* Fiber.interrupt(call.fiber)
    }
  })

/** Running calls may end and be recorded; what still runs then is in doubt for whoever comes next. */
const drain = (hand: Hand): Effect.Effect<void> => {
  const ended: Effect.Effect<void> = Effect.suspend(() =>
    hand.calls.size === 0 ? Effect.void : Effect.andThen(hand.changed.take, ended))
  return Effect.raceFirst(ended, sleep(GRACE)).pipe(
    Effect.andThen(Effect.suspend(() => Fiber.interruptAll([...hand.calls.values()].map(({ fiber }) => fiber))))
  )
}

/**
 * Works a lane for ever: at once when something is committed, and by the clock for what was put off. Its calls run
 * side by side up to its settings; an outcome is recorded when its call ends, whatever the others do. A database that
 * is away is asked again; calls that run know nothing of it.
 */
export const runLane = (work: LaneWork): Effect.Effect<never> =>
  Effect.scoped(
    Effect.gen(function*() {
      const hand = new Hand(work)
      const leave = [work.storage.feed.subscribe(hand.changed.give), work.lanes.join(() => hand.state(), hand.changed.give)]
      yield* Effect.addFinalizer(() => Effect.sync(() => leave.forEach((go) => go())))
      yield* Effect.forkScoped(Effect.forever(settle(work, hand)))
      const renewing = Effect.andThen(sleep(RENEW_EVERY), Effect.ignore(renew(work, hand)))
      yield* Effect.forkScoped(Effect.forever(renewing))
      yield* Effect.addFinalizer(() => drain(hand))
      const claiming = pump(work, hand).pipe(Effect.catch((error) =>
        Effect.andThen(Effect.logWarning(`lane ${work.lane} waits for the database: ${error.message}`), sleep(LONGEST_PAUSE))))
      return yield* Effect.forever(claiming)
    })
  )
