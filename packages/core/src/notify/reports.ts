import type { MessageState } from "./ports.ts"

/** What a gateway says became of a message: inward (`hub.messages.report`). */
export interface MessageReport {
  /** As `send` gave it. */
  readonly providerId: string
  readonly state: MessageState
  /** ISO 8601, the gateway's time; null where it says none. */
  readonly at: string | null
  /** The gateway's own code or word, without personal data. */
  readonly detail: string | null
}

/** How far each state is; a message does not go back, and an end is an end. */
const PROGRESS: Readonly<Record<MessageState, number>> = {
  unknown: 0,
  accepted: 1,
  sent: 2,
  undelivered: 3,
  expired: 3,
  rejected: 3,
  delivered: 4
}

/** 0: says nothing. */
export const progressOf = (state: MessageState): number => PROGRESS[state]

/** From this progress on a message has come to its end. */
export const ENDED = PROGRESS.undelivered

/**
 * Is a report news, as reports come doubled, late and in any order? Once per state, never backwards; `delivered` alone
 * overtakes another end, since a gateway that had given up may still be told by the operator.
 */
export const isNewState = (known: MessageState | null, said: MessageState): boolean =>
  PROGRESS[said] > (known === null ? 0 : PROGRESS[known])
