import { fault } from "./fault.ts"
import type { Outside } from "./outside.ts"

/** Nobody waits longer for a turn: the order's answer does not, and the next geocoder may have time. Milliseconds. */
const LONGEST_WAIT = 1_500

/**
 * At most one call each `every` milliseconds, counted from their beginnings; 0: as many as come.
 * @throws AdapterFault `unavailable` where too many wait already
 */
export const createPace = (every: number, service: string, { now, sleep }: Outside) => {
  let next = Number.NEGATIVE_INFINITY
  return async (signal: AbortSignal): Promise<void> => {
    if (every === 0) return
    // No turn is given farther ahead: the clock was put back.
    if (next - now() > LONGEST_WAIT + every) next = now() + every
    const wait = Math.max(0, next - now())
    if (wait > LONGEST_WAIT) throw fault(`${service}: busy, at most one request each ${every} ms is allowed`, "unavailable")
    const turn = now() + wait
    next = turn + every
    // A timer may ring a millisecond early.
    while (now() < turn) await sleep(turn - now(), signal)
  }
}
