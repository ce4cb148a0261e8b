import { Clock, Effect, Exit } from "effect"
import { AboutCall, type ExchangeLogService } from "../exchange/log.ts"
import type { AdapterError } from "./errors.ts"

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
          orderId: about.orderId,
          step: about.step,
          workplace: about.workplace,
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
