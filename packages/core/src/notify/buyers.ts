import { Effect } from "effect"
import type { OutboxMessage } from "../exchange/outbox.ts"
import type { Order } from "../order/model.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import type { KeptSubscription } from "../store/messages.ts"
import type { StorageService } from "../store/ports.ts"
import { optOutKeysOf } from "./opt-out.ts"
import type { Counted, FullLimit } from "./limits.ts"
import type { MessageKind } from "./ports.ts"
import { type Step, wayOf } from "./route.ts"

/** A message and the order that it is about. */
export interface AboutBuyer {
  readonly message: OutboxMessage
  readonly order: Order
}

/** What is known of the buyers of a batch. */
export interface BuyerFacts {
  /** Keys of `optOutKeysOf` that are in force. */
  readonly out: ReadonlySet<string>
  /** Newest first. */
  readonly subscriptions: (order: Order) => ReadonlyArray<KeptSubscription>
  /** What stands against a message today, by its id. */
  readonly full: ReadonlyMap<string, FullLimit>
  /** Takes back what was counted for a message. */
  readonly uncount: (id: string) => Effect.Effect<void>
  /** Forgets a browser that is gone; what cannot be forgotten now will be gone at the next message too. */
  readonly forget: (endpoint: string) => Effect.Effect<void>
}

export const NOTHING_KNOWN: BuyerFacts = {
  out: new Set(), subscriptions: () => [], full: new Map(), uncount: () => Effect.void, forget: () => Effect.void
}

const ownersOf = ({ id, customer }: Order): ReadonlyArray<string> => (customer.phone === null ? [id] : [id, customer.phone])

/** Asks once for all of a batch: who wants no messages, and where browsers have subscribed. */
export const buyerFactsOf = (
  { messages }: StorageService,
  batch: ReadonlyArray<AboutBuyer>
): Effect.Effect<BuyerFacts, StorageUnavailable> =>
  Effect.gen(function*() {
    const keys = new Set(batch.flatMap(({ order }) => optOutKeysOf(order.customer)))
    const pushed = batch.filter(({ message }) => wayOf(message).kinds.includes("push"))
    const owners = new Set(pushed.flatMap(({ order }) => ownersOf(order)))
    const out = keys.size === 0 ? new Set<string>() : yield* messages.optedOut([...keys])
    const kept = owners.size === 0 ? [] : yield* messages.subscriptions([...owners])
    return {
      ...NOTHING_KNOWN,
      out,
      forget: (endpoint) => Effect.ignore(messages.unsubscribe(endpoint, null)),
      subscriptions: (order) => {
        const own = kept.filter(({ channelId, owner }) => channelId === order.channelId && ownersOf(order).includes(owner))
        // One browser may have subscribed to the order and to all orders of the phone.
        return [...new Map(own.map((one) => [one.endpoint, one])).values()]
      }
    }
  })

/** Why a buyer cannot be told by a kind; null: they can. */
export const unreachable = (kind: MessageKind, order: Order, { out, subscriptions }: BuyerFacts): string | null => {
  const { phone, email } = order.customer
  if (optOutKeysOf(order.customer, kind).some((key) => out.has(key))) return "the buyer wants no messages"
  if (kind === "push") return subscriptions(order).length === 0 ? "no browser has subscribed" : null
  if (kind === "email") return email === null ? "the order has no e-mail address" : null
  return phone === null ? "the order has no phone" : null
}

/** What a message counts on, where it goes by that step. */
export interface Wish {
  readonly id: string
  readonly step: Step
  readonly counters: ReadonlyArray<Counted>
}

/** Counts the messages of a batch that are about to go: those that come up against a limit are named. */
export const counted = (
  { messages }: StorageService,
  facts: BuyerFacts,
  wishes: ReadonlyArray<Wish>
): Effect.Effect<BuyerFacts, StorageUnavailable> =>
  Effect.gen(function*() {
    const limited = wishes.filter(({ counters }) => counters.length > 0)
    if (limited.length === 0) return facts
    const ends = yield* messages.count(limited.map(({ counters }) => counters.map(({ counter }) => counter)))
    const full = limited.flatMap(({ id, step, counters }, i) => {
      const found = counters[ends[i]!]
      return found === undefined ? [] : [[id, { of: found.of, step, limit: found.counter.limit }] as const]
    })
    const taken = new Map(limited.filter((_, i) => ends[i] === -1).map(({ id, counters }) => [id, counters]))
    return {
      ...facts,
      full: new Map(full),
      // One too many until the day's end is the lesser harm where this fails.
      uncount: (id) => Effect.ignore(messages.uncount((taken.get(id) ?? []).map(({ counter }) => counter)))
    }
  })
