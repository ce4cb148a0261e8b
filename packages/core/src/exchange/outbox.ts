import type { OrderId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"

/** A message to a partner, claimed under a lease. */
export interface OutboxMessage {
  readonly id: string
  /** Its place in the outbox: lists go on after it. */
  readonly seq: number
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
  /** The partner's id of what was made. */
  readonly partnerRef: string | null
  /** In a pull lane the order's version that its news belong to (D28); null in a lane that is sent. */
  readonly orderVersion: number | null
  /** Listed: how it stands. */
  readonly state: OutboxState
  readonly createdAt: Instant
  /** What became of it before, oldest first: failures and people's decisions, the last `KEPT_HISTORY` of them. */
  readonly history: ReadonlyArray<OutboxEntry>
}

/** A line of a message's history. */
export interface OutboxEntry {
  readonly at: Instant
  /** How a try ended, or what a person decided. */
  readonly outcome: Exclude<OutboxOutcome["state"], "done"> | "replayed" | "discarded" | "mended"
  /** The error, or the person's reason. */
  readonly text: string | null
  /** Who decided; null for a try. */
  readonly by: string | null
}

export const KEPT_HISTORY = 20

export const withEntry = (history: ReadonlyArray<OutboxEntry>, entry: OutboxEntry): ReadonlyArray<OutboxEntry> =>
  [...history, entry].slice(-KEPT_HISTORY)

/** `dead` waits for a person; done, rejected and dropped have ended. */
export const OUTBOX_STATES = [
  "waiting", "claimed", "sending", "retry", "unknown", "done", "rejected", "dropped", "dead"
] as const
export type OutboxState = (typeof OUTBOX_STATES)[number]

/** How a delivery ended (`domain.md`, Toward a partner). */
export interface OutboxOutcome {
  readonly id: string
  readonly token: number
  readonly at: Instant
  /** `moved`: it waits in another lane now, see `to`. */
  readonly state: "done" | "rejected" | "dropped" | "dead" | "retry" | "unknown" | "moved"
  /** When to try again (`retry`, `unknown`, `moved`). */
  readonly availableAt: Instant | null
  /** Of `moved`: the lane. */
  readonly to?: string
  /** What the message says from now on; left out: as before. */
  readonly payload?: OutboxMessage["payload"]
  /** How often it was tried, where this claim was no try; left out: as it was counted when claimed. */
  readonly attempts?: number
  readonly error: string | null
  /** The partner's id of what was made. */
  readonly partnerRef: string | null
  /** The message's history with this outcome; left out: it stays as it is. */
  readonly history?: ReadonlyArray<OutboxEntry>
}

/** What lists of the outbox can be asked for; `waiting`: all that is neither ended nor dead. */
export const OUTBOX_LISTS = ["dead", "waiting", "rejected", "dropped"] as const
export type OutboxList = (typeof OUTBOX_LISTS)[number]

/** What waits in a lane. */
export interface LaneDepth {
  readonly lane: string
  readonly waiting: number
  readonly dead: number
  /** When the oldest waiting message was written; null where none waits. */
  readonly oldest: Instant | null
}

const FIRST_WAIT = 1_000
const LONGEST_WAIT = 10 * 60_000

/** Exponential back-off with full jitter above one half. `random` in [0, 1). Milliseconds. */
export const backOff = (attempts: number, random: number): number => {
  const cap = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.max(0, attempts - 1))
  return Math.round(cap / 2 + (cap / 2) * random)
}
