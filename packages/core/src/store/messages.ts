import type { Effect } from "effect"
import type { OutboxState } from "../exchange/outbox.ts"
import type { ChannelId, OrderId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"
import type { MessageState } from "../notify/ports.ts"
import type { PushSubscription, SubscriptionOwner } from "../notify/subscriptions.ts"
import type { StorageUnavailable } from "./errors.ts"

type Read<A> = Effect.Effect<A, StorageUnavailable>

/** What a gateway says became of a message, as it is kept. */
export interface KeptReport {
  readonly connection: string
  /** As the gateway named the message when it took it. */
  readonly providerId: string
  readonly state: MessageState
  /** The gateway's time. */
  readonly at: Instant | null
  readonly detail: string | null
}

/** A message to the buyer of an order: how it stands with us, and how at its gateway. */
export interface BuyerMessage {
  readonly id: string
  readonly connection: string
  readonly payload: Readonly<Record<string, unknown>>
  readonly state: OutboxState
  readonly error: string | null
  readonly providerId: string | null
  readonly report: Pick<KeptReport, "state" | "at" | "detail"> | null
}

/** A browser that may be told, and whose it is. */
export interface KeptSubscription extends SubscriptionOwner, PushSubscription {}

/** How many messages have gone on a day: to an address, through a gateway. `day`: `2026-11-28`, in the zone of its rule. */
export interface DayCounter {
  readonly counter: string
  readonly day: string
}
export interface LimitedCounter extends DayCounter {
  readonly limit: number
}

export interface UnendedQuery {
  readonly connection: string
  /** Due from then on … */
  readonly from: Instant
  /** … and before that. */
  readonly before: Instant
  /** The `seq` of the last one of the page before; 0: from the beginning. */
  readonly after: number
  readonly limit: number
}

export interface UnendedMessage {
  readonly seq: number
  readonly orderId: OrderId
  readonly providerId: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface MessageStore {
  /** Keeps a report if it is news (`isNewState`), whatever order reports come in and whether or not its message is known yet. */
  readonly report: (report: KeptReport, now: Instant) => Read<boolean>
  /** The messages about an order, oldest first. */
  readonly ofOrder: (id: OrderId) => Read<ReadonlyArray<BuyerMessage>>
  /** Sent messages of a connection whose end nobody has told, in the order in which they were written. */
  readonly unended: (query: UnendedQuery) => Read<ReadonlyArray<UnendedMessage>>
  /** From now on the owner of an address wants no messages; or does again. */
  readonly optOut: (address: string, out: boolean, now: Instant) => Read<void>
  /** Which of these addresses want no messages: one query for a batch. */
  readonly optedOut: (addresses: ReadonlyArray<string>) => Read<ReadonlySet<string>>
  /** Keeps a browser of an owner; the same again replaces it, and of more than `KEPT_SUBSCRIPTIONS` the oldest go. */
  readonly subscribe: (subscription: KeptSubscription, now: Instant) => Read<void>
  /** Forgets a browser, whoever's it is; with a channel only what this one put. */
  readonly unsubscribe: (endpoint: string, channelId: ChannelId | null) => Read<void>
  /** The browsers of these owners, newest first: one query for a batch. */
  readonly subscriptions: (owners: ReadonlyArray<string>) => Read<ReadonlyArray<KeptSubscription>>
  /**
   * Counts one message more for each wish, on all of its counters or on none: whichever comes first, a counter never goes beyond
   * its limit. Gives for each wish the place of the counter that was full, or -1.
   */
  readonly count: (wishes: ReadonlyArray<ReadonlyArray<LimitedCounter>>) => Read<ReadonlyArray<number>>
  /** Takes back what was counted for messages that did not go. */
  readonly uncount: (counters: ReadonlyArray<DayCounter>) => Read<void>
  /** Forgets browsers put before an instant and counters of days before `day`, at most so many of each; gives how many. */
  readonly pruneBuyers: (before: Instant, day: string, limit: number) => Read<number>
  /** Forgets at most so many reports that last changed before an instant; gives how many. */
  readonly prune: (before: Instant, limit: number) => Read<number>
}
