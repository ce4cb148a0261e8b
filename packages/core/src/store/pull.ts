import type { Effect } from "effect"
import type { OutboxMessage } from "../exchange/outbox.ts"
import type { Actor } from "../kernel/actor.ts"
import type { FulfilmentId, OrderId } from "../kernel/ids.ts"
import type { Fulfilment } from "../order/model.ts"
import type { StorageUnavailable } from "./errors.ts"

type Read<A> = Effect.Effect<A, StorageUnavailable>

/** An order with news in a pull lane. */
export interface PendingNews {
  readonly orderId: OrderId
  /** How often its oldest unconfirmed message was offered. */
  readonly offers: number
}

/** A part as a connection was last told of it. */
export interface ToldPart {
  readonly orderId: OrderId
  readonly part: Fulfilment
}

/** What a connection is told in one answer. */
export interface Offer {
  readonly orderId: OrderId
  readonly version: number
  readonly parts: ReadonlyArray<Fulfilment>
}

/** What a partner confirms: the order as of the version that it was offered. */
export interface Confirmation {
  readonly orderId: OrderId
  /** Everything up to here has arrived. */
  readonly version: number
  /** Told parts that the connection now knows to be gone; kept where newer news wait, which say it again. */
  readonly gone: ReadonlyArray<FulfilmentId>
}

/** A person's word on a message that waits or is dead. */
export type LetterDecision = "replayed" | "discarded" | "mended"

/** Pull lanes (D28): messages that are fetched, offered until they are confirmed, and never sent. */
export interface PullStore {
  /** Orders with unconfirmed news, oldest first; none that a dead letter blocks. Changes nothing. */
  readonly pending: (lane: string, limit: number) => Read<ReadonlyArray<PendingNews>>
  /** What the lane's connection has been told of these orders. */
  readonly told: (lane: string, orders: ReadonlyArray<OrderId>) => Read<ReadonlyArray<ToldPart>>
  /** Counts an offer of each message up to the version, and remembers which parts were told. */
  readonly offered: (lane: string, offers: ReadonlyArray<Offer>) => Read<void>
  /** Ends all messages of an order up to the version, dead ones too; newer ones stay. */
  readonly confirm: (lane: string, confirmations: ReadonlyArray<Confirmation>) => Read<void>
  /** Makes the unended messages of an order dead letters, with their event. False where there were none. */
  readonly quarantine: (lane: string, order: OrderId, reason: string, actor: Actor) => Read<boolean>
  /** A message by its id, whatever its lane and state. */
  readonly letter: (id: string) => Read<OutboxMessage | null>
  /**
   * A person's word on a message, with its event and a line in its history: a dead one goes again from the start, or
   * gets another payload and stays dead; a dead or waiting one is dropped. In a pull lane replay and discard are meant
   * for all dead letters of the order, for they are one state. Null where the message is not there, has ended, or is
   * being sent. `payload`: what it says from now on. `inDoubt`: it may have arrived before, and is claimed as uncertain.
   */
  readonly decide: (
    id: string,
    decision: LetterDecision,
    actor: Actor,
    note: string,
    more?: { readonly payload?: OutboxMessage["payload"]; readonly inDoubt?: boolean }
  ) => Read<OutboxMessage | null>
}
