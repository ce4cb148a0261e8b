import { Clock, Duration, Effect, Result } from "effect"
import type { AdapterError } from "../adapter/errors.ts"

/** A connection that can be asked. */
export interface Link<Service> {
  readonly connection: string
  readonly service: Service
}

/** What a chain brought: the answers in the order in which they came, and what stood against the others. */
export interface Asked<A> {
  readonly answers: ReadonlyArray<{ readonly connection: string; readonly answer: A }>
  readonly failures: ReadonlyArray<{ readonly connection: string; readonly why: string }>
}

/** So many failures in a row and a connection is left alone for a while: orders do not wait for it one by one. */
const FAILURES = 3
const REST = 10_000

interface Health {
  failures: number
  restsUntil: number
}

/**
 * Asks connections one after another until an answer is enough. All of them share the patience: each may take its
 * share of what is left, so that one that hangs does not eat the time of those behind it.
 */
export const askInTurn = <Service>(links: ReadonlyArray<Link<Service>>) => {
  const health = new Map(links.map(({ connection }): [string, Health] => [connection, { failures: 0, restsUntil: 0 }]))

  const askOne = <A>(link: Link<Service>, patience: number, call: (service: Service) => Effect.Effect<A, AdapterError>) =>
    Effect.gen(function*() {
      const state = health.get(link.connection)!
      const now = yield* Clock.currentTimeMillis
      if (now < state.restsUntil) return Result.fail("resting after failures")
      let said: string | undefined
      const ended = yield* call(link.service).pipe(
        Effect.map(Result.succeed),
        Effect.timeoutOrElse({
          duration: Duration.millis(patience),
          orElse: () => Effect.succeed(Result.fail(`no answer within ${Math.round(patience)} ms`))
        }),
        Effect.catch((error) => {
          said = error.message
          return Effect.succeed(Result.fail(`${error.outcome} (${error.reason})`))
        })
      )
      // Refused with reason, such as one odd address, is no sign of being down.
      const failed = Result.isFailure(ended) && !ended.failure.startsWith("rejected")
      state.failures = failed ? state.failures + 1 : 0
      if (state.failures >= FAILURES) {
        state.failures = 0
        state.restsUntil = (yield* Clock.currentTimeMillis) + REST
        const why = said ?? (Result.isFailure(ended) ? ended.failure : "")
        yield* Effect.logWarning(`${link.connection} failed ${FAILURES} times in a row and rests for ${REST / 1_000} s: ${why}`)
      }
      return ended
    })

  return <A>(
    patience: number,
    call: (service: Service) => Effect.Effect<A, AdapterError>,
    enough: (answer: A) => boolean
  ): Effect.Effect<Asked<A>> =>
    Effect.gen(function*() {
      const answers: Array<Asked<A>["answers"][number]> = []
      const failures: Array<Asked<A>["failures"][number]> = []
      const until = (yield* Clock.currentTimeMillis) + patience
      for (const [i, link] of links.entries()) {
        const left = until - (yield* Clock.currentTimeMillis)
        const ended = left <= 0
          ? Result.fail("no time was left to ask")
          : yield* askOne(link, left / (links.length - i), call)
        const { connection } = link
        if (Result.isFailure(ended)) failures.push({ connection, why: ended.failure })
        else {
          answers.push({ connection, answer: ended.success })
          if (enough(ended.success)) break
        }
      }
      return { answers, failures }
    })
}
