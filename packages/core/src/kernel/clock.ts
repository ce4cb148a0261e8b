import { type Clock, Effect } from "effect"

/**
 * The process's clock set by the database's (D24): every replica judges reservations and leases by one time, whatever
 * its own clock says. `offset` is asked at each look, for it is measured again while the hub runs.
 */
export const clockAhead = (own: Clock.Clock, offset: () => number): Clock.Clock => ({
  currentTimeMillisUnsafe: () => own.currentTimeMillisUnsafe() + offset(),
  currentTimeMillis: Effect.map(own.currentTimeMillis, (now) => now + offset()),
  currentTimeNanosUnsafe: () => own.currentTimeNanosUnsafe() + BigInt(offset()) * 1_000_000n,
  currentTimeNanos: Effect.map(own.currentTimeNanos, (now) => now + BigInt(offset()) * 1_000_000n),
  monotonicTimeNanosUnsafe: () => own.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: own.monotonicTimeNanos,
  sleep: (duration) => own.sleep(duration)
})
