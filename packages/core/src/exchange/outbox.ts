import type { OrderId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"

/** A message to a partner, claimed under a lease. */
export interface OutboxMessage {
  readonly id: string
  /** The connection that delivers it. */
  readonly lane: string
  readonly method: string
  readonly orderId: OrderId | null
  readonly payload: Readonly<Record<string, unknown>>
  /** Counted when claimed. */
  readonly attempts: number
  /** The fencing token of this claim. */
  readonly token: number
  /** It was being sent when its lease ran out: nobody knows whether it arrived (D27). */
  readonly uncertain: boolean
  readonly lastError: string | null
  /** In a pull lane the order's version that its news belong to (D28); null in a lane that is sent. */
  readonly orderVersion: number | null
  /** Listed: how it stands. */
  readonly state: OutboxState
}

/** `dead` waits for a person; done, rejected and dropped have ended. */
export type OutboxState = "waiting" | "claimed" | "sending" | "retry" | "unknown" | "done" | "rejected" | "dropped" | "dead"

/** How a delivery ended (`domain.md`, Toward a partner). */
export interface OutboxOutcome {
  readonly id: string
  readonly token: number
  readonly at: Instant
  readonly state: "done" | "rejected" | "dropped" | "dead" | "retry" | "unknown"
  /** When to try again (`retry`). */
  readonly availableAt: Instant | null
  readonly error: string | null
  /** The partner's id of what was made. */
  readonly partnerRef: string | null
}

const FIRST_WAIT = 1_000
const LONGEST_WAIT = 10 * 60_000
/** After that many failures a message is a dead letter that a person sees. */
export const MAX_ATTEMPTS = 12

/** Exponential back-off with full jitter above one half. `random` in [0, 1). Milliseconds. */
export const backOff = (attempts: number, random: number): number => {
  const cap = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.max(0, attempts - 1))
  return Math.round(cap / 2 + (cap / 2) * random)
}
