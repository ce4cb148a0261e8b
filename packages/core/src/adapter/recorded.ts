import { Clock, Effect, Exit } from "effect"
import { AboutCall, CallOutcome, type CallRecord, type ExchangeLogService } from "../exchange/log.ts"
import type { Instant } from "../kernel/time.ts"
import type { AdapterError } from "./errors.ts"
import type { InboundCall } from "./inward.ts"

/** Tells the exchange log of a call that was made, however it ended. */
export type Recorder = <A>(request: unknown, call: Effect.Effect<A, AdapterError>) => Effect.Effect<A, AdapterError>

export const recorder = (log: ExchangeLogService, connection: string, operation: string): Recorder => (request, call) =>
  Effect.gen(function*() {
    const about = yield* AboutCall
    const at = yield* Clock.currentTimeMillis
    return yield* Effect.onExit(call, (exit) =>
      Effect.map(Clock.currentTimeMillis, (ended) => {
        const error = Exit.isFailure(exit) ? exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error : undefined
        log.record({
          ...about,
          at,
          connection,
          direction: "out",
          operation,
          // Given up by whoever asked: nobody knows whether it arrived.
          outcome: Exit.isSuccess(exit) ? "done" : error?.outcome ?? "unknown",
          durationMs: ended - at,
          sentBytes: null,
          receivedBytes: null,
          request,
          response: Exit.isSuccess(exit) ? exit.value : null,
          error: Exit.isSuccess(exit) ? null : error?.message ?? "given up before its answer"
        })
      }))
  })

/** More of a text is never looked at. Characters. */
const LONGEST = 16_384

const text = (value: unknown): string | null => (typeof value === "string" ? value.slice(0, LONGEST) : null)
const named = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value.slice(0, 100) : null)
const count = (value: unknown): number | null => (Number.isSafeInteger(value) && (value as number) >= 0 ? value as number : null)

/** An adapter's own word on a call: whatever its author wrote, it is a record that can be kept. */
export const recordOf = (connection: string, call: InboundCall, now: Instant): CallRecord => {
  const durationMs = Number.isFinite(call.durationMs) ? Math.max(0, call.durationMs) : 0
  return {
    orderId: named(call.orderId),
    step: named(call.step),
    workplace: named(call.workplace),
    at: Math.round(now - durationMs),
    connection,
    direction: call.direction === "in" ? "in" : "out",
    operation: text(call.operation)?.slice(0, 200) ?? "",
    outcome: CallOutcome.literals.includes(call.outcome) ? call.outcome : "unknown",
    durationMs,
    sentBytes: count(call.sentBytes),
    receivedBytes: count(call.receivedBytes),
    request: text(call.request),
    response: text(call.response),
    error: text(call.error)
  }
}
