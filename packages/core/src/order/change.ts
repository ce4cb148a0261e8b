import type { Actor } from "../kernel/actor.ts"
import type { Instant } from "../kernel/time.ts"
import { statusNewsBetween } from "../exchange/channel-status.ts"
import { orderNewsBetween, type Taker } from "../exchange/news.ts"
import type { Policy } from "../network/policy.ts"
import type { BranchId, ChannelId } from "../kernel/ids.ts"
import type { Gateway } from "../notify/gateways.ts"
import { noticesBetween } from "../notify/rules.ts"
import type { Movement } from "../stock/model.ts"
import type { Change, EventType, IdempotencyKey } from "../store/change.ts"
import { eventsBetween, holdsBetween, salesBetween } from "./derive.ts"
import type { Fulfilment, Order } from "./model.ts"
import type { Sale } from "./sale.ts"

/** What a change of an order needs beside its two states. */
export interface ChangeMeta {
  readonly changeId: string
  readonly now: Instant
  readonly actor: Actor
  readonly type: EventType
  readonly reason?: string | undefined
  readonly policy: (branch: BranchId | null) => Policy
  /** Who sends messages to buyers, in turn. */
  readonly gateways: ReadonlyArray<Gateway>
  /** In which quiet hours are judged. Left out: UTC. */
  readonly zone?: (branch: BranchId | null) => string
  /** Connections that fetch orders by themselves; left out: none. */
  readonly takers?: ReadonlyArray<Taker>
  /** Is the order's channel told of it by a webhook? Left out: no. */
  readonly webhook?: (channel: ChannelId) => boolean
  readonly movements?: ReadonlyArray<Movement>
  readonly sale?: Sale | null
  readonly key?: IdempotencyKey | null
}

/** When the system acts on a part by itself (D11). */
const sweepAt = (f: Fulfilment, policy: Policy): Instant | null => {
  if (f.reservation === null) return null
  const bySystem = f.status === "assigned" || f.status === "assembled" ||
    (f.status === "accepted" && policy.acceptedDue === "expire")
  return bySystem ? f.reservation.expiresAt : null
}

/** The order with what follows from its new state: the system's next act, its version. */
const finished = (before: Order | null, order: Order, meta: ChangeMeta): Order => ({
  ...order,
  version: (before?.version ?? 0) + 1,
  updatedAt: meta.now,
  fulfilments: order.fulfilments.map((f) => {
    const at = sweepAt(f, meta.policy(f.branchId))
    return at === f.sweepAt ? f : { ...f, sweepAt: at }
  })
})

/**
 * The one way from a decision to a Change: reservations, events, messages and the sales that hand-over makes all
 * follow from the two states of the order.
 */
export const changeOfOrder = (before: Order | null, decided: Order, meta: ChangeMeta): Change => {
  const after = finished(before, decided, meta)
  const implied = meta.sale === undefined && before !== null ? salesBetween(before, after, meta.now) : []
  return {
    id: meta.changeId,
    at: meta.now,
    orders: [{ before, after }],
    reservations: holdsBetween(before, after),
    movements: [...(meta.movements ?? []), ...implied],
    sale: meta.sale ?? null,
    key: meta.key ?? null,
    events: eventsBetween(before, after, { type: meta.type, actor: meta.actor, at: meta.now, reason: meta.reason }),
    outbox: [
      ...noticesBetween(before, after, {
        policy: meta.policy,
        gateways: meta.gateways,
        now: meta.now,
        zone: meta.zone ?? (() => "UTC")
      }),
      ...orderNewsBetween(before, after, meta.takers ?? [], meta),
      ...(meta.webhook?.(after.channelId) === true ? statusNewsBetween(before, after, meta.now) : [])
    ]
  }
}

/** A number that no order has: the receipt named one, and a person may want to know. A return is only told whose it was. */
const numberTold = ({ kind, fulfilmentNumber }: Sale): object =>
  fulfilmentNumber === undefined ? {} : { [kind === "return" ? "number" : "unknownNumber"]: fulfilmentNumber }

/** A sale without an order, or a return: stock moves, and the log says so (ORD-6). */
export const changeOfWalkIn = (sale: Sale, movements: ReadonlyArray<Movement>, meta: ChangeMeta): Change => ({
  id: meta.changeId,
  at: meta.now,
  orders: [],
  reservations: [],
  movements,
  sale,
  key: null,
  events: [{
    type: "sale.recorded",
    orderId: null,
    fulfilmentId: null,
    branchId: sale.branchId,
    actor: meta.actor,
    at: meta.now,
    data: {
      source: sale.source,
      sale: sale.id,
      ...(sale.kind === undefined ? {} : { kind: sale.kind }),
      ...numberTold(sale),
      lines: sale.lines.map(({ productId, quantity }) => ({ productId, quantity }))
    }
  }],
  outbox: []
})
