import type { StorageUnavailable } from "@aptekit/core"
import { Effect, Schedule, type Scope } from "effect"
import type { Driver } from "./driver.ts"
import type { Ask } from "./outbox.ts"

const LOOK_EVERY = "1 second"
/** Milliseconds between two questions for the database's time. */
const ASK_EVERY = 30_000
/** A clock that runs on by itself and the machine's clock part so far only where the latter was set. Milliseconds. */
const STEP = 200

/** By how much the machine's clock is before one that nobody sets. */
const drift = (): number => Date.now() - performance.timeOrigin - performance.now()

interface Measured {
  readonly offset: number
  /** At that time; another one now means that the machine's clock was set since. */
  readonly drift: number
  readonly at: number
}

/** How far the database's clock is ahead of the machine's, taken at the middle of a question's way (D24). */
const measure = async (serverTime: () => Promise<number>): Promise<Measured> => {
  // Before the question: where the clock is set meanwhile, it is asked again.
  const before = drift()
  const asked = Date.now()
  const server = await serverTime()
  return { offset: Math.round(server - (asked + Date.now()) / 2), drift: before, at: performance.now() }
}

/**
 * The database's clock as this process keeps it: milliseconds by which it is ahead of the machine's. Asked for at the start,
 * every half minute, and as soon as the machine's clock has been set.
 */
export const databaseOffset = ({ serverTime }: Driver, ask: Ask): Effect.Effect<() => number, StorageUnavailable, Scope.Scope> =>
  Effect.gen(function*() {
    if (serverTime === null) return () => 0
    let last = yield* ask(() => measure(serverTime))
    const again = Effect.map(ask(() => measure(serverTime)), (measured) => void (last = measured))
    const look = Effect.suspend(() =>
      Math.abs(drift() - last.drift) > STEP || performance.now() - last.at >= ASK_EVERY ? Effect.ignore(again) : Effect.void)
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced(LOOK_EVERY)))
    return () => last.offset
  })
