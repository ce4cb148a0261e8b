import type { Actor } from "../kernel/actor.ts"
import type { BranchId, FulfilmentId, OrderId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"
import type { CommandName } from "../order/life.ts"
import type { Order } from "../order/model.ts"
import type { Sale } from "../order/sale.ts"
import type { HoldChange, Movement } from "../stock/model.ts"

/** What can happen, by name. Fulfilment events carry the command that caused them. */
export type EventType =
  | "order.placed"
  | "order.settled"
  | "order.changed"
  | "order.located"
  | "order.paid"
  | "order.refunded"
  | `fulfilment.${CommandName}`
  | "sale.recorded"
  | "stock.imported"
  | "run.held"
  | "run.released"
  | "run.discarded"
  | "network.changed"
  | "case.opened"
  | "case.closed"
  | "outbox.quarantined"
  | "outbox.replayed"
  | "outbox.discarded"
  | "outbox.mended"

/** Something that happened: chronology, audit and live boards are made of it. Ids only, no personal data (D25). */
export interface DomainEvent {
  readonly type: EventType
  readonly orderId: OrderId | null
  readonly fulfilmentId: FulfilmentId | null
  /** The branch whose board shows it. */
  readonly branchId: BranchId | null
  readonly actor: Actor
  readonly at: Instant
  /** Before and after of status, quantities and reservation; reasons. */
  readonly data: Readonly<Record<string, unknown>>
}

/** An event as the log keeps it, with its number (D22). */
export interface RecordedEvent extends DomainEvent {
  readonly seq: number
}

/** What a partner must be told. `id` travels as idempotency key where the partner takes one. */
export interface OutboxDraft {
  readonly id: string
  readonly lane: string
  readonly method: string
  readonly orderId: OrderId | null
  readonly payload: Readonly<Record<string, unknown>>
  readonly availableAt: Instant
  /** Only in a pull lane: the order's version that these news belong to; a confirmation names it (D28). */
  readonly orderVersion?: number
}

/** A key a caller gave a command; the same key with another fingerprint is a conflict (P2). */
export interface IdempotencyKey {
  readonly scope: string
  readonly key: string
  readonly fingerprint: string
}

/** One aggregate as it was read and as it will be. `before` null: it is new. */
export interface OrderWrite {
  readonly before: Order | null
  readonly after: Order
}

/**
 * Everything that one decision changes, as data: it is applied whole or not at all (`architecture.md`).
 * `reservations` follow from `orders` and are derived, never written by hand: so they always add up.
 */
export interface Change {
  /** UUIDv7; kept with the change, so that a lost COMMIT can be looked up before it is repeated (D18). */
  readonly id: string
  readonly at: Instant
  readonly orders: ReadonlyArray<OrderWrite>
  readonly reservations: ReadonlyArray<HoldChange>
  readonly movements: ReadonlyArray<Movement>
  readonly sale: Sale | null
  /** The caller's Idempotency-Key of a command: taken once, with what it asked for. */
  readonly key: IdempotencyKey | null
  readonly events: ReadonlyArray<DomainEvent>
  readonly outbox: ReadonlyArray<OutboxDraft>
}
