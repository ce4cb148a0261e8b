import { Clock, Duration, Effect, Random } from "effect"
import { AdapterError } from "../adapter/errors.ts"
import type { Repeat } from "../adapter/port.ts"
import type { Instant } from "../kernel/time.ts"
import type { Detour, LaneContext, LaneMethod, LaneSettings } from "./lanes.ts"
import { backOff, type OutboxMessage, type OutboxOutcome, withEntry } from "./outbox.ts"

/** How a message ended, and whether the partner was there: null where it was not called. */
export interface Ended {
  readonly outcome: OutboxOutcome
  readonly answered: boolean | null
  /** Did it reach the partner in this try, as far as anybody knows? */
  readonly mayHaveGone: boolean
  /** So many milliseconds the partner wants to be left alone. */
  readonly restMs?: number
}

interface Result {
  readonly state: OutboxOutcome["state"]
  readonly answered: boolean | null
  readonly error?: string
  readonly partnerRef?: string
  readonly payload?: OutboxMessage["payload"]
  readonly detour?: Detour
  readonly restMs?: number
  readonly mayHaveGone?: true
  /** It is put off until then as it is. */
  readonly putOffUntil?: Instant
}

/** A partner that rests for longer is worth a detour; for less its messages wait. Milliseconds. */
export const LONG_REST = 10_000
/** A partner may ask for an hour; what asks for a week is a mistake. Milliseconds. */
const LONGEST_REST = 60 * 60_000

export const repeatOf = (method: LaneMethod, message: OutboxMessage, context: Pick<LaneContext, "view" | "registry">): Repeat => {
  const repeat = typeof method.repeat === "function" ? method.repeat(message, context) : method.repeat
  // Where nobody can be asked, asking first is no way out.
  return repeat === "ask" && method.find === undefined ? "never" : repeat
}

/**
 * Must it be known after a crash that there was a call? Not where the call may be made again as it is. A message that may go
 * elsewhere must not do so after a call that nobody remembers; one in doubt already stays so.
 */
export const needsMark = (method: LaneMethod | undefined, message: OutboxMessage, context: LaneContext): boolean => {
  if (method === undefined) return false
  try {
    return message.uncertain || method.detour !== undefined || repeatOf(method, message, context) !== "safe"
  } catch {
    // A rule of the method that throws has its outcome when the message is handled.
    return true
  }
}

const inDoubt = (method: LaneMethod): Result => ({
  state: method.doubt ?? "dead",
  error: "nobody knows whether it arrived, and it may not be sent twice",
  answered: null,
  mayHaveGone: true
})

/** Whether an earlier call may have arrived: while it may, nobody else gets the message. */
interface Doubt {
  open: boolean
}

/** The call, after the question whether an earlier one arrived (D27). */
const deliver = (
  method: LaneMethod,
  message: OutboxMessage,
  context: LaneContext,
  repeat: Repeat,
  doubt: Doubt
): Effect.Effect<Result, AdapterError> =>
  Effect.gen(function*() {
    if (doubt.open && repeat === "ask") {
      const found = yield* method.find!(message, context).pipe(Effect.mapError(stillInDoubt))
      if (found !== null) return { state: "done", partnerRef: found, answered: true }
      doubt.open = false
    }
    const delivered = yield* method.deliver(message, context)
    // What may have arrived here is not taken elsewhere, whatever its method says.
    if (delivered.state === "moved" && doubt.open) return inDoubt(method)
    return delivered.state === "done" ? { ...delivered, answered: true, mayHaveGone: true } : { ...delivered, answered: null }
  })

/** A look-up that did not get through says nothing about the call before it: the next try must ask again. */
const stillInDoubt = (error: AdapterError): AdapterError => (error.outcome === "unavailable" ? unknown(error) : error)

const unknown = (
  { message, adapter, instance, method, reason, retryAfterMs }:
    & Pick<AdapterError, "message" | "adapter" | "instance" | "method" | "reason">
    & Partial<Pick<AdapterError, "retryAfterMs">>
): AdapterError =>
  new AdapterError({
    message, adapter, instance, method, reason, outcome: "unknown", ...(retryAfterMs === undefined ? {} : { retryAfterMs })
  })

interface Try {
  readonly method: LaneMethod
  readonly message: OutboxMessage
  readonly context: LaneContext
  readonly repeat: Repeat
  readonly settings: LaneSettings
  readonly doubt: Doubt
}

/** Who asks for a long rest is as one that is not called. */
const detourAfter = (error: AdapterError, last: boolean, method: LaneMethod, message: OutboxMessage, context: LaneContext): Detour | null => {
  const found = method.detour?.(message, context, { error, last }) ?? null
  return found === null && (error.retryAfterMs ?? 0) > LONG_REST ? method.detour?.(message, context, { error: null, last }) ?? null : found
}

const failed = (error: AdapterError, { method, message, context, repeat, settings, doubt }: Try): Result => {
  const last = message.attempts >= settings.maxAttempts
  const rest = error.retryAfterMs === undefined ? {} : { restMs: Math.min(error.retryAfterMs, LONGEST_REST) }
  // Who names a time is there.
  const answered = error.outcome === "rejected" || error.retryAfterMs !== undefined
  const detour = error.outcome === "unknown" || doubt.open ? null : detourAfter(error, last, method, message, context)
  if (detour !== null) return { state: "moved", detour, error: error.message, answered, ...rest }
  if (error.outcome === "rejected") return { state: "rejected", error: error.message, answered }
  if (error.outcome === "unknown" && repeat === "never") {
    return { ...inDoubt(method), error: `${inDoubt(method).error}: ${error.message}`, answered: false }
  }
  // A repetition that surely did not arrive says nothing of the call before it.
  const state = last ? "dead" : error.outcome === "unknown" || doubt.open ? "unknown" : "retry"
  return { state, error: error.message, answered, ...rest, ...(error.outcome === "unknown" ? { mayHaveGone: true } : {}) }
}

/** Nothing is called where the message is of no use, is nobody's, was in doubt and may not be repeated, or must wait. */
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
  if (message.uncertain && repeatOf(method, message, context) === "never") return inDoubt(method)
  const until = method.notBefore?.(message, context) ?? null
  return until === null || until <= context.now ? null : { state: "retry", answered: null, putOffUntil: until }
}

/** It waits as it was: that was no try. */
const putOff = (message: OutboxMessage, at: Instant, until: Instant): OutboxOutcome => ({
  id: message.id,
  token: message.token,
  at,
  state: message.uncertain ? "unknown" : "retry",
  availableAt: until,
  attempts: message.attempts - 1,
  error: message.lastError,
  partnerRef: message.partnerRef
})

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
  const doubt: Doubt = { open: message.uncertain }
  return Effect.suspend(() => deliver(method, message, context, repeat, doubt)).pipe(
    // Of a bug only its kind: its text may hold a person's data.
    Effect.catchDefect((defect) => Effect.fail(ownError(message, "thrown", brokeDown(method, defect)))),
    Effect.timeoutOrElse({
      duration: Duration.millis(settings.timeoutMs),
      orElse: () => Effect.fail(ownError(message, "timeout", `no answer within ${settings.timeoutMs} ms`))
    }),
    Effect.catch((fault) => Effect.succeed(failed(fault, { method, message, context, repeat, settings, doubt })))
  )
}

const brokeDown = (method: LaneMethod, defect: unknown): string =>
  `${method.name} broke down: ${defect instanceof Error ? defect.name : typeof defect}`

const outcomeOf = (message: OutboxMessage, result: Result, at: Instant, random: number): OutboxOutcome => {
  const { state, detour, partnerRef = null } = result
  const wait = Math.max(backOff(message.attempts, random), result.restMs ?? 0)
  const again = state === "retry" || state === "unknown"
  const payload = detour?.payload ?? result.payload
  const error = result.error ?? detour?.why ?? null
  const text = detour === undefined ? error : `${message.lane} → ${detour.lane}: ${error === detour.why ? error : `${detour.why}: ${error}`}`
  return {
    id: message.id,
    token: message.token,
    at,
    state,
    availableAt: again || detour?.waits === true ? at + wait : detour === undefined ? null : at,
    error,
    partnerRef,
    ...(detour === undefined ? {} : { to: detour.lane }),
    ...(payload === undefined ? {} : { payload }),
    ...(state === "done" ? {} : { history: withEntry(message.history, { at, outcome: state, text, by: null }) })
  }
}

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
      Effect.succeed(
        failed(ownError(message, "thrown", brokeDown(method!, defect)), {
          method: method!, message, context, repeat: "ask", settings, doubt: { open: true }
        })
      ))
    const at = yield* Clock.currentTimeMillis
    return {
      answered: result.answered,
      mayHaveGone: result.mayHaveGone === true,
      ...(result.restMs === undefined ? {} : { restMs: result.restMs }),
      outcome: result.putOffUntil === undefined
        ? outcomeOf(message, result, at, yield* Random.next)
        : putOff(message, at, result.putOffUntil)
    }
  })

/**
 * What becomes of a claimed message while its partner rests: it goes elsewhere, or is put off until then; that was no try.
 * Nobody is called. `moved` says whether it went.
 */
export const divertMessage = (
  method: LaneMethod | undefined,
  message: OutboxMessage,
  context: LaneContext,
  until: Instant
): { readonly outcome: OutboxOutcome; readonly moved: boolean } => {
  const detour = message.uncertain ? null : method?.detour?.(message, context, { error: null, last: false }) ?? null
  if (detour !== null) {
    return { moved: true, outcome: outcomeOf(message, { state: "moved", detour, answered: null }, context.now, 0) }
  }
  return { moved: false, outcome: putOff(message, context.now, until) }
}
