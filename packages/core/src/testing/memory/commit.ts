import { Effect } from "effect"
import { awaitedBetween } from "../../order/derive.ts"
import type { BranchId, ProductId } from "../../kernel/ids.ts"
import type { Movement, RefusedHold } from "../../stock/model.ts"
import type { Change } from "../../store/change.ts"
import { type CommitError, Duplicate, InsufficientStock, VersionConflict } from "../../store/errors.ts"
import type { Committed } from "../../store/ports.ts"
import { type Cell, keyOf, type MemoryState } from "./state.ts"

/** Applies a change whole or not at all; everything is checked before the first write. */
export const commitChange = (state: MemoryState, change: Change): Effect.Effect<Committed, CommitError> =>
  Effect.suspend(() => {
    const error = duplicate(state, change) ?? conflict(state, change) ?? insufficient(state, change)
    if (error !== undefined) return Effect.fail(error)
    const moved = change.movements.map((movement) => ({ movement, cell: knownCell(state, movement) }))
    for (const { cell, units } of netHolds(state, change)) {
      const level = state.level(cell)
      state.setLevel(cell, { ...level, reserved: level.reserved + units })
    }
    for (const { movement, cell } of moved) move(state, movement, cell)
    writeOrders(state, change)
    takeKeys(state, change)
    state.record(change.events)
    for (const draft of change.outbox) {
      state.outbox.push({
        seq: ++state.outboxSeq,
        draft,
        lane: draft.lane,
        payload: draft.payload,
        createdAt: change.at,
        state: "waiting",
        availableAt: draft.availableAt,
        leaseUntil: 0,
        attempts: 0,
        token: 0,
        uncertain: false,
        lastError: null,
        partnerRef: null,
        history: [],
        endedAt: null
      })
    }
    state.announce()
    return Effect.succeed({ seq: state.seq, short: shortCells(state, moved) })
  })

const intakeKey = (order: Change["orders"][number]["after"]): string => keyOf(order.channelId, order.externalId)
const saleKey = (sale: NonNullable<Change["sale"]>): string => keyOf(sale.source, sale.id)
const commandKey = (key: NonNullable<Change["key"]>): string => keyOf(key.scope, key.key)

const duplicate = (state: MemoryState, change: Change): Duplicate | undefined => {
  for (const { before, after } of change.orders) {
    const orderId = before === null ? state.intakeKeys.get(intakeKey(after)) : undefined
    if (orderId === undefined) continue
    const message = `Order ${after.externalId} of channel ${after.channelId} came before.`
    return new Duplicate({ message, kind: "order", orderId, fingerprint: null })
  }
  if (change.sale !== null) {
    const orderId = state.sales.get(saleKey(change.sale))
    const message = `Sale ${change.sale.id} of ${change.sale.source} came before.`
    if (orderId !== undefined) return new Duplicate({ message, kind: "sale", orderId, fingerprint: null })
  }
  const known = change.key === null ? undefined : state.keys.get(commandKey(change.key))
  if (known === undefined) return undefined
  return new Duplicate({ message: "This Idempotency-Key came before.", kind: "key", fingerprint: known.fingerprint, orderId: known.orderId })
}

const conflict = (state: MemoryState, change: Change): VersionConflict | undefined => {
  const changed = change.orders.find(({ before, after }) => state.orders.get(after.id)?.version !== before?.version)
  return changed === undefined ? undefined : VersionConflict.of(changed.after.id)
}

interface NetHold {
  readonly cell: Cell
  readonly productId: ProductId
  readonly branchId: BranchId
  readonly units: number
}

/** One figure per row: what one line lets go another one may take in the same change. */
const netHolds = (state: MemoryState, change: Change): ReadonlyArray<NetHold> => {
  const net = new Map<number, NetHold>()
  for (const hold of change.reservations) {
    const cell = knownCell(state, hold)
    const units = (net.get(cell.key)?.units ?? 0) + hold.units
    net.set(cell.key, { cell, productId: hold.productId, branchId: hold.branchId, units })
  }
  return [...net.values()]
}

const insufficient = (state: MemoryState, change: Change): InsufficientStock | undefined => {
  const refused: Array<RefusedHold> = []
  for (const { cell, productId, branchId, units } of netHolds(state, change)) {
    const { onHand, reserved, asOf } = state.level(cell)
    // Goods that come back in the same change are there to be held.
    const moved = change.movements
      .filter((m) => m.productId === productId && m.branchId === branchId && m.occurredAt > asOf)
      .reduce((sum, m) => sum + m.quantity, 0)
    if (units <= 0 || onHand + moved - reserved >= units) continue
    refused.push({ productId, branchId, wanted: units, onHand, reserved })
    state.image.setLevel(cell.product, cell.branch, onHand, reserved)
  }
  return refused.length === 0 ? undefined : InsufficientStock.of(refused)
}

/** Core checks products and branches before it decides, so one without a slot is a mistake in the program. */
const knownCell = (state: MemoryState, at: { readonly productId: ProductId; readonly branchId: BranchId }): Cell => {
  const cell = state.cell(at.productId, at.branchId)
  if (cell === undefined) {
    throw new Error(`commit: product ${at.productId} or branch ${at.branchId} is unknown; save it first`)
  }
  return cell
}

/** A movement that a statement has already counted is kept, but changes nothing (D1). */
const move = (state: MemoryState, movement: Movement, cell: Cell): void => {
  const movements = state.movements.get(cell.key)
  if (movements === undefined) state.movements.set(cell.key, [movement])
  else movements.push(movement)
  const level = state.levels.get(cell.key)
  if (level !== undefined && movement.occurredAt <= level.asOf) return
  const { onHand, reserved, asOf } = state.level(cell)
  state.setLevel(cell, { onHand: onHand + movement.quantity, reserved, asOf })
}

const writeOrders = (state: MemoryState, change: Change): void => {
  for (const { before, after } of change.orders) {
    for (const { productId, branchId, units } of awaitedBetween(before, after)) {
      const cell = knownCell(state, { productId, branchId })
      state.image.addAwaited(cell.product, cell.branch, units)
    }
    for (const f of before?.fulfilments ?? []) state.fulfilments.delete(f.id)
    for (const f of after.fulfilments) state.fulfilments.set(f.id, after.id)
    state.orders.set(after.id, after)
    state.numbers.set(after.number, after.id)
    if (before === null) state.intakeKeys.set(intakeKey(after), after.id)
  }
}

const takeKeys = (state: MemoryState, change: Change): void => {
  const orderId = change.orders[0]?.after.id ?? null
  if (change.sale !== null) state.sales.set(saleKey(change.sale), orderId)
  if (change.key !== null) state.keys.set(commandKey(change.key), { fingerprint: change.key.fingerprint, orderId, at: change.at })
}

const shortCells = (
  state: MemoryState,
  moved: ReadonlyArray<{ readonly movement: Movement; readonly cell: Cell }>
): Committed["short"] => {
  const short = new Map<number, Committed["short"][number]>()
  for (const { movement: { productId, branchId }, cell } of moved) {
    const { onHand, reserved } = state.level(cell)
    if (onHand < reserved) short.set(cell.key, { productId, branchId })
  }
  return [...short.values()]
}
