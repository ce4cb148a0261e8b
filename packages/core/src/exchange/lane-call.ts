import { Clock, Duration, Effect, Random } from "effect"
import { AdapterError } from "../adapter/errors.ts"
import type { Repeat } from "../adapter/port.ts"
import { type Delivered, type LaneContext, type LaneMethod, type LaneSettings } from "./lanes.ts"
import { backOff, type OutboxMessage, type OutboxOutcome, withEntry } from "./outbox.ts"

/** How a message ended, and whether the partner was there: null where it was not called. */
export interface Ended {
  readonly outcome: OutboxOutcome
  readonly answered: boolean | null
}

interface Result extends Omit<Delivered, "state"> {
  readonly state: OutboxOutcome["state"]
  readonly answered: boolean | null
}

const repeatOf = (method: LaneMethod, message: OutboxMessage, context: LaneContext): Repeat => {
  const repeat = typeof method.repeat === "function" ? method.repeat(message, context) : method.repeat
  // Where nobody can be asked, asking first is no way out.
  return repeat === "ask" && method.find === undefined ? "never" : repeat
}

const inDoubt = (method: LaneMethod): Result => ({
  state: method.doubt ?? "dead",
  error: "nobody knows whether it arrived, and it may not be sent twice",
  answered: null
})

/** The call, after the question whether an earlier one arrived (D27). */
const deliver = (
  method: LaneMethod,
  message: OutboxMessage,
  context: LaneContext,
  repeat: Repeat
): Effect.Effect<Result, AdapterError> =>
  Effect.gen(function*() {
    if (message.uncertain && repeat === "ask") {
      const found = yield* method.find!(message, context).pipe(Effect.mapError(stillInDoubt))
      if (found !== null) return { state: "done", partnerRef: found, answered: true }
    }
    const delivered = yield* method.deliver(message, context)
    return { ...delivered, answered: delivered.state === "done" ? true : null }
  })

/** A look-up that did not get through says nothing about the call before it: the next try must ask again. */
const stillInDoubt = (error: AdapterError): AdapterError => (error.outcome === "unavailable" ? unknown(error) : error)

const unknown = (
  { message, adapter, instance, method, reason }: Pick<AdapterError, "message" | "adapter" | "instance" | "method" | "reason">
): AdapterError => new AdapterError({ message, adapter, instance, method, reason, outcome: "unknown" })

const failed = (
  error: AdapterError,
  method: LaneMethod,
  message: OutboxMessage,
  repeat: Repeat,
  settings: LaneSettings
): Result => {
  if (error.outcome === "rejected") return { state: "rejected", error: error.message, answered: true }
  if (error.outcome === "unknown" && repeat === "never") {
    return { ...inDoubt(method), error: `${inDoubt(method).error}: ${error.message}`, answered: false }
  }
  const state = message.attempts >= settings.maxAttempts ? "dead" : error.outcome === "unknown" ? "unknown" : "retry"
  return { state, error: error.message, answered: false }
}

/** Nothing is called where the message is of no use, is nobody's, or was in doubt and may not be repeated. */
const withoutCall = (
  method: LaneMethod | undefined,
  message: OutboxMessage,
  context: LaneContext
): Result | null => {
  if (method === undefined) {
    const error = `nobody delivers ${message.method} in this lane; replay it when its adapter is configured again`
    return { state: "dead", error, answered: null }
  }
  if (message.orderId !== null && context.order === null) return { state: "dropped", error: "the order is gone", answered: null }
  const late = method.deadline?.(message, context.order, context.now) ?? null
  if (late !== null) return { state: "dropped", error: `late: ${late}`, answered: null }
  return message.uncertain && repeatOf(method, message, context) === "never" ? inDoubt(method) : null
}

/** The hub's own word on a call: it gave no answer, or its method broke down. */
const ownError = (message: OutboxMessage, reason: "timeout" | "thrown", text: string): AdapterError =>
  unknown({ adapter: "hub", instance: message.lane, method: message.method, reason, message: text })

const called = (
  method: LaneMethod,
  message: OutboxMessage,
  context: LaneContext,
  settings: LaneSettings
): Effect.Effect<Result> => {
  const repeat = repeatOf(method, message, context)
  return Effect.suspend(() => deliver(method, message, context, repeat)).pipe(
    // Of a bug only its kind: its text may hold a person's data.
    Effect.catchDefect((defect) => Effect.fail(ownError(message, "thrown", brokeDown(method, defect)))),
    Effect.timeoutOrElse({
      duration: Duration.millis(settings.timeoutMs),
      orElse: () => Effect.fail(ownError(message, "timeout", `no answer within ${settings.timeoutMs} ms`))
    }),
    Effect.catch((fault) => Effect.succeed(failed(fault, method, message, repeat, settings)))
  )
}

const brokeDown = (method: LaneMethod, defect: unknown): string =>
  `${method.name} broke down: ${defect instanceof Error ? defect.name : typeof defect}`

/** Delivers a claimed message; says how it ended. Never fails: whatever a method does, its message has an outcome. */
export const handleMessage = (
  method: LaneMethod | undefined,
  message: OutboxMessage,
  context: LaneContext,
  settings: LaneSettings
): Effect.Effect<Ended> =>
  Effect.gen(function*() {
    const tried = Effect.suspend(() => {
      const ended = withoutCall(method, message, context)
      return ended === null ? called(method!, message, context, settings) : Effect.succeed(ended)
    })
    // The rules are a method's own: one that throws must not take the lane with it.
    const result = yield* Effect.catchDefect(tried, (defect) =>
      Effect.succeed(failed(ownError(message, "thrown", brokeDown(method!, defect)), method!, message, "ask", settings)))
    const at = yield* Clock.currentTimeMillis
    const again = result.state === "retry" || result.state === "unknown"
    const error = result.error ?? null
    return {
      answered: result.answered,
      outcome: {
        id: message.id,
        token: message.token,
        at,
        state: result.state,
        availableAt: again ? at + backOff(message.attempts, yield* Random.next) : null,
        error,
        partnerRef: result.partnerRef ?? null,
        ...(result.state === "done"
          ? {}
          : { history: withEntry(message.history, { at, outcome: result.state, text: error, by: null }) })
      }
    }
  })
