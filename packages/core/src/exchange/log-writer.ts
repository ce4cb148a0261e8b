import { Clock, Context, Effect, Latch, Layer, Metric } from "effect"
import { DAY } from "../kernel/time.ts"
import { nextUuid } from "../kernel/uuid.ts"
import { Storage, type StorageService } from "../store/ports.ts"
import { type CallRecord, ExchangeLog, type ExchangeLogService, type LogEntry } from "./log.ts"
import { redactBody } from "./redact.ts"

/** While the database is away so many calls wait; then the oldest go, and are counted. */
export const LOG_BUFFER = 2_000
/** A statement of the log: short, so that nothing waits behind it (D17). */
const BATCH = 100
const WRITE_EVERY = "1 second"
const ERROR = 500
const OPERATION = 200

const NONE = Context.empty()
const lost = Metric.counter("aptekit_exchange_log_lost_total", {
  description: "Calls that the exchange log could not keep: the database was away for too long",
  incremental: true
})

const encoder = new TextEncoder()
const bytesOf = (body: unknown): number => {
  if (body === null || body === undefined) return 0
  return encoder.encode(typeof body === "string" ? body : JSON.stringify(body)).length
}

const entryOf = (call: CallRecord, id: string): LogEntry => ({
  ...call,
  id,
  // Of an entrance it holds what a stranger asked for.
  operation: redactBody(call.operation)!.slice(0, OPERATION),
  durationMs: Math.max(0, Math.round(call.durationMs)),
  sentBytes: call.sentBytes ?? bytesOf(call.direction === "out" ? call.request : call.response),
  receivedBytes: call.receivedBytes ?? bytesOf(call.direction === "out" ? call.response : call.request),
  request: redactBody(call.request),
  response: redactBody(call.response),
  error: call.error === null ? null : redactBody(call.error.slice(0, ERROR))
})

export interface LogWriter extends ExchangeLogService {
  /** Writes what waits. A database that is away keeps it waiting. */
  readonly flush: Effect.Effect<void>
  /** Until something waits: an idle hub has no timer for its log. */
  readonly something: Effect.Effect<void>
}

/** Gathers calls, and writes them in batches when asked to: redacting is done then, not while an order waits. */
export const makeLogWriter = (storage: StorageService, bound = LOG_BUFFER): LogWriter => {
  const some = Latch.makeUnsafe(false)
  const raw: Array<CallRecord> = []
  const ready: Array<LogEntry> = []
  const trim = (): void => {
    const over = ready.length + raw.length - bound
    if (over <= 0) return
    const old = ready.splice(0, over).length
    raw.splice(0, over - old)
    lost.updateUnsafe(over, NONE)
  }
  const prepare = Effect.gen(function*() {
    for (let call = raw.shift(); call !== undefined; call = raw.shift()) {
      ready.push(entryOf(call, yield* nextUuid))
      // A burst of large bodies takes long to redact, and orders are answered in the same thread.
      yield* Effect.yieldNow
    }
  })
  const writeAll = Effect.gen(function*() {
    while (ready.length > 0) {
      const batch = ready.slice(0, BATCH)
      yield* storage.log.write(batch)
      // Some of it may have been dropped meanwhile.
      const written = new Set(batch)
      while (ready[0] !== undefined && written.has(ready[0])) ready.shift()
    }
  })
  return {
    record: (call) => {
      raw.push(call)
      trim()
      some.openUnsafe()
    },
    something: some.await,
    flush: Effect.gen(function*() {
      some.closeUnsafe()
      yield* prepare
      yield* Effect.ignore(writeAll)
      if (ready.length > 0) some.openUnsafe()
    })
  }
}

/** The exchange log of a hub. What was recorded within the last second may be lost at a kill, not at a clean end. */
export const exchangeLogLayer = Layer.effect(
  ExchangeLog,
  Effect.gen(function*() {
    const writer = makeLogWriter(yield* Storage)
    yield* Effect.addFinalizer(() => writer.flush)
    const turn = Effect.andThen(writer.something, Effect.andThen(Effect.sleep(WRITE_EVERY), writer.flush))
    yield* Effect.forkScoped(Effect.forever(turn))
    return writer
  })
)

const PRUNE_BATCH = 500
const PRUNE_LEASE = 60_000
export const KEPT_DAYS = 30

/** Deletes what is older than so many days, in small steps; one replica at a time. Gives how many went. */
export const pruneLogOnce = (owner: string, keptDays = KEPT_DAYS) =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const now = yield* Clock.currentTimeMillis
    if ((yield* storage.leases.acquire("prune-exchange-log", owner, now, now + PRUNE_LEASE)) === null) return 0
    let all = 0
    for (;;) {
      const gone = yield* storage.log.prune(now - keptDays * DAY, PRUNE_BATCH)
      all += gone
      if (gone < PRUNE_BATCH || (yield* Clock.currentTimeMillis) - now > PRUNE_LEASE / 2) return all
    }
  })
