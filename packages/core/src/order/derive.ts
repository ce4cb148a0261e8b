import type { Actor } from "../kernel/actor.ts"
import type { BranchId, ProductId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"
import type { DomainEvent, EventType } from "../store/change.ts"
import type { HoldChange, Movement } from "../stock/model.ts"
import { missing } from "./edit.ts"
import type { Fulfilment, Order, OrderLine } from "./model.ts"

type Cells = Map<string, { readonly productId: ProductId; readonly branchId: BranchId; units: number }>

const add = (cells: Cells, productId: ProductId, branchId: BranchId, units: number): void => {
  const key = `${productId}\n${branchId}`
  const cell = cells.get(key)
  if (cell === undefined) cells.set(key, { productId, branchId, units })
  else cell.units += units
}

const sum = (
  cells: Cells,
  order: Order | null,
  sign: 1 | -1,
  units: (line: OrderLine, f: Fulfilment) => number
): void => {
  for (const f of order?.fulfilments ?? []) {
    if (f.branchId === null) continue
    for (const line of f.lines) {
      const counted = line.productId !== null && line.tracked ? units(line, f) : 0
      if (counted !== 0) add(cells, line.productId!, f.branchId, sign * counted)
    }
  }
}

const difference = (
  before: Order | null,
  after: Order,
  units: (line: OrderLine, f: Fulfilment) => number
): ReadonlyArray<HoldChange> => {
  const cells: Cells = new Map()
  sum(cells, after, 1, units)
  sum(cells, before, -1, units)
  return [...cells.values()].filter((cell) => cell.units !== 0)
}

/**
 * How `reserved` changes between two states of an order. The only source of reservations in a Change: what the
 * lines hold is what stock has reserved, by construction (`sum(live reservations) = reserved`).
 */
export const holdsBetween = (before: Order | null, after: Order): ReadonlyArray<HoldChange> =>
  difference(before, after, (line) => line.held)

/** How the demand of waiting orders changes: what planner and reads leave to them (D11). */
export const awaitedBetween = (before: Order | null, after: Order): ReadonlyArray<HoldChange> =>
  difference(before, after, (line, f) => (f.status === "awaiting" ? missing(line) : 0))

/**
 * Sales that a command itself makes, where hand-over or delivery is the sale (D9). Counted line by line: a part that
 * moves to another branch takes along what it has sold, and nothing moves because of it.
 */
export const salesBetween = (before: Order, after: Order, at: Instant): ReadonlyArray<Movement> => {
  const sold = new Map(before.fulfilments.flatMap((f) => f.lines).map((line) => [line.lineId, line.sold]))
  const cells: Cells = new Map()
  sum(cells, after, 1, (line) => line.sold - (sold.get(line.lineId) ?? 0))
  return [...cells.values()].filter((cell) => cell.units !== 0).map(({ productId, branchId, units }) => ({
    productId,
    branchId,
    quantity: -units,
    cause: units > 0 ? "sale" as const : "return" as const,
    occurredAt: at,
    ref: `order/${after.number}`
  }))
}

const pair = <A>(before: A, after: A): readonly [A, A] | undefined => (before === after ? undefined : [before, after])

const compact = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))

const lineChanges = (before: Fulfilment | null, after: Fulfilment): ReadonlyArray<unknown> | undefined => {
  const ids = new Set([...(before?.lines ?? []), ...after.lines].map((line) => line.lineId))
  const changed = [...ids].flatMap((lineId) => {
    const old = before?.lines.find((line) => line.lineId === lineId)
    const now = after.lines.find((line) => line.lineId === lineId)
    if (old === now) return []
    return [compact({
      lineId,
      productId: pair(old?.productId ?? null, now?.productId ?? null),
      tracked: now?.tracked,
      quantity: pair(old?.quantity ?? 0, now?.quantity ?? 0),
      held: pair(old?.held ?? 0, now?.held ?? 0),
      sold: pair(old?.sold ?? 0, now?.sold ?? 0),
      scanned: pair(old?.scanned ?? 0, now?.scanned ?? 0)
    })]
  })
  return changed.length === 0 ? undefined : changed
}

/** A reason as a code goes into the log; a person's words stay with the order, where they can be taken away (D25). */
const CODE = /^[A-Za-z][\w.:/-]{0,127}$/u

/** What happened to one part, with who, why, before and after: the log replays to the state (D25, P8). */
const partEvent = (
  before: Fulfilment | null,
  after: Fulfilment,
  order: Order,
  meta: EventMeta
): DomainEvent => ({
  type: meta.type,
  orderId: order.id,
  fulfilmentId: after.id,
  branchId: after.branchId ?? before?.branchId ?? null,
  actor: meta.actor,
  at: meta.at,
  data: compact({
    number: order.number,
    part: after.part,
    status: pair(before?.status ?? null, after.status),
    branch: pair(before?.branchId ?? null, after.branchId),
    reservation: pair(before?.reservation?.state ?? null, after.reservation?.state ?? null),
    expiresAt: pair(before?.reservation?.expiresAt ?? null, after.reservation?.expiresAt ?? null),
    deferredUntil: pair(before?.deferredUntil ?? null, after.deferredUntil),
    lines: lineChanges(before, after),
    reason: meta.reason === undefined || CODE.test(meta.reason) ? meta.reason : "text"
  })
})

export interface EventMeta {
  readonly type: EventType
  readonly actor: Actor
  readonly at: Instant
  readonly reason?: string | undefined
}

/**
 * The events between two states of an order: one for each part that changed. A part that left a branch is told to
 * that branch too, so that its board lets go of it. Cases opened and payment changes ride on the first event.
 */
export const eventsBetween = (before: Order | null, after: Order, meta: EventMeta): ReadonlyArray<DomainEvent> => {
  const old = new Map(before?.fulfilments.map((f) => [f.id, f]))
  const events = after.fulfilments.flatMap((f) => {
    const was = old.get(f.id) ?? null
    if (was === f) return []
    const event = partEvent(was, f, after, meta)
    const left = was !== null && was.branchId !== null && was.branchId !== f.branchId
    return left ? [event, { ...event, branchId: was.branchId }] : [event]
  })
  const changed = after.cases.filter((c) => before?.cases.includes(c) !== true)
  const cases = changed.map(({ caseId, part, reason, lineId, closedAt }) => compact({ caseId, part, reason, lineId, closedAt }))
  const extra = compact({
    cases: cases.length === 0 ? undefined : cases,
    payment: pair(before?.payment.state ?? null, after.payment.state)
  })
  // Only a case or the money changed: the event is of the part that the case is about.
  const untouched = after.fulfilments.find((f) => f.part === changed[0]?.part) ?? after.fulfilments[0]!
  const [first, ...rest] = events.length > 0 ? events : [partEvent(untouched, untouched, after, meta)]
  return [{ ...first!, data: { ...first!.data, ...extra } }, ...rest]
}
