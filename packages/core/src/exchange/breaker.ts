import type { Instant } from "../kernel/time.ts"

/** When a lane stops calling a partner that does not answer, and for how long. */
export interface BreakerSettings {
  /** So many calls without an answer one after the other open it. */
  readonly failures: number
  /** Milliseconds until one call may try whether the partner is back. */
  readonly openMs: number
}

/**
 * The breaker of a lane. `closed`: calls go. `open`: none goes until then. `halfOpen`: one call tries; the others wait
 * for how it ends.
 */
export type Breaker =
  | { readonly state: "closed"; readonly failures: number }
  | { readonly state: "open"; readonly until: Instant }
  | { readonly state: "halfOpen"; readonly probing: boolean }

export const CLOSED: Breaker = { state: "closed", failures: 0 }

/** Time alone turns `open` into `halfOpen`. */
export const breakerAt = (breaker: Breaker, now: Instant): Breaker =>
  breaker.state === "open" && breaker.until <= now ? { state: "halfOpen", probing: false } : breaker

/** How many more calls may begin. */
export const permits = (breaker: Breaker): number => {
  if (breaker.state === "closed") return Infinity
  return breaker.state === "halfOpen" && !breaker.probing ? 1 : 0
}

/** Calls have begun that `permits` allowed. */
export const begun = (breaker: Breaker): Breaker =>
  breaker.state === "halfOpen" ? { state: "halfOpen", probing: true } : breaker

/** The partner answered, be it by a refusal: it is there. A call that began before it opened says so too. */
export const answered = (_breaker: Breaker): Breaker => CLOSED

/** The partner did not answer. Calls that began before the breaker opened change nothing any more. */
export const unanswered = (breaker: Breaker, now: Instant, settings: BreakerSettings): Breaker => {
  if (breaker.state === "open") return breaker
  const failures = breaker.state === "closed" ? breaker.failures + 1 : settings.failures
  return failures >= settings.failures ? { state: "open", until: now + settings.openMs } : { state: "closed", failures }
}

/** A call ended without having been made (it was late, or a person must look): the next one may try. */
export const notMade = (breaker: Breaker): Breaker =>
  breaker.state === "halfOpen" ? { state: "halfOpen", probing: false } : breaker
