import { awaitedBetween, type Change, fold, orderStatus, type StockImage } from "@aptekit/core"
import { caseRow, type CaseRow, fulfilmentRow, type FulfilmentRow, lineRow, type LineRow, orderRow, type OrderRow } from "./rows.ts"
import { cellOf } from "./schema.ts"

/** One stock row's part of a change. */
export interface CellChange {
  readonly cell: number
  /** Net change of `reserved`; a positive one is guarded. */
  hold: number
  readonly moves: Array<{ quantity: number; cause: string; occurredAt: number; ref: string; stated: number }>
}

/** One order's part of a change: what is new or different, as rows. */
export interface OrderChange {
  readonly row: OrderRow
  /** Null: it must not exist yet. */
  readonly expected: number | null
  readonly fulfilments: ReadonlyArray<FulfilmentRow>
  readonly lines: ReadonlyArray<LineRow>
  readonly cases: ReadonlyArray<CaseRow>
  readonly goneLines: ReadonlyArray<number>
  readonly goneParts: ReadonlyArray<string>
  readonly goneCases: ReadonlyArray<number>
}

/** A Change as plain rows, ready to cross to the writer's thread (D20). */
export interface EncodedChange {
  readonly id: string
  readonly at: number
  readonly origin: string
  readonly key: { readonly scope: string; readonly key: string; readonly fingerprint: string } | null
  readonly sale: {
    readonly source: string
    readonly id: string
    readonly branchId: string
    readonly occurredAt: number
    readonly data: string
  } | null
  readonly orderId: string | null
  readonly orders: ReadonlyArray<OrderChange>
  readonly cells: ReadonlyArray<CellChange>
  /** How many statements the times of its movements (`stated`) know. */
  readonly statements: number
  readonly events: ReadonlyArray<ReadonlyArray<string | number | null>>
  readonly outbox: ReadonlyArray<ReadonlyArray<string | number | null>>
}

/** How the demand of waiting orders changes with a change, by slots: the image's affair, not the database's. */
export interface AwaitedChange {
  readonly product: number
  readonly branch: number
  readonly units: number
}

/** A hold on a row that no statement has ever named cannot be given. */
export class UnknownCell extends Error {
  readonly productId: string
  readonly branchId: string
  constructor(productId: string, branchId: string) {
    super(`no stock row for ${productId} at ${branchId}`)
    this.productId = productId
    this.branchId = branchId
  }
}

const slots = (image: StockImage, product: string, branch: string): readonly [number, number] => {
  const p = image.productSlot(product as never)
  const b = image.branchSlot(branch as never)
  if (p === undefined || b === undefined) throw new UnknownCell(product, branch)
  return [p, b]
}

const cellsOf = (change: Change, image: StockImage): ReadonlyArray<CellChange> => {
  const cells = new Map<number, CellChange>()
  const at = (product: string, branch: string): readonly [CellChange, number] => {
    const [p, b] = slots(image, product, branch)
    const cell = cellOf(p, b)
    let found = cells.get(cell)
    if (found === undefined) cells.set(cell, found = { cell, hold: 0, moves: [] })
    return [found, image.statedAt(p, b)]
  }
  for (const hold of change.reservations) at(hold.productId, hold.branchId)[0].hold += hold.units
  for (const move of change.movements) {
    const [cell, stated] = at(move.productId, move.branchId)
    cell.moves.push({ quantity: move.quantity, cause: move.cause, occurredAt: move.occurredAt, ref: move.ref, stated })
  }
  // One order of locks for everybody (D21).
  return [...cells.values()].sort((a, b) => a.cell - b.cell)
}

const ordersOf = (change: Change): ReadonlyArray<OrderChange> =>
  change.orders.map(({ before, after }) => {
    const oldParts = new Map(before?.fulfilments.map((f) => [f.id, f]))
    const parts = after.fulfilments.filter((f) => oldParts.get(f.id) !== f)
    const lineIds = new Set(after.fulfilments.flatMap((f) => f.lines.map((line) => line.lineId)))
    const partIds = new Set(after.fulfilments.map((f) => f.id))
    return {
      row: orderRow(after, orderStatus(after.fulfilments), fold),
      expected: before?.version ?? null,
      fulfilments: parts.map((f) => fulfilmentRow(after, f)),
      lines: parts.flatMap((f) => {
        const old = oldParts.get(f.id)?.lines
        return f.lines.flatMap((line, i) => (old?.[i] === line ? [] : [lineRow(after, f, line, i)]))
      }),
      cases: after.cases.filter((c) => before?.cases.includes(c) !== true).map((c) => caseRow(after, c)),
      goneLines: before?.fulfilments.flatMap((f) => f.lines).map((l) => l.lineId).filter((id) => !lineIds.has(id)) ?? [],
      goneCases: before?.cases.map((c) => c.caseId).filter((id) => !after.cases.some((c) => c.caseId === id)) ?? [],
      goneParts: before?.fulfilments.map((f) => f.id).filter((id) => !partIds.has(id)) ?? []
    }
  }).sort((a, b) => (a.row.id < b.row.id ? -1 : 1))

export const encodeChange = (change: Change, image: StockImage, origin: string, statements: number): EncodedChange => ({
  id: change.id,
  at: change.at,
  origin,
  key: change.key,
  sale: change.sale === null
    ? null
    : {
      source: change.sale.source,
      id: change.sale.id,
      branchId: change.sale.branchId,
      occurredAt: Date.parse(change.sale.occurredAt),
      data: JSON.stringify(change.sale)
    },
  orderId: change.orders[0]?.after.id ?? null,
  orders: ordersOf(change),
  cells: cellsOf(change, image),
  statements,
  events: change.events.map((event) => [
    event.at,
    event.type,
    event.orderId,
    event.fulfilmentId,
    event.branchId,
    event.actor.kind,
    event.actor.id,
    JSON.stringify(event.data)
  ]),
  outbox: change.outbox.map((message) => [
    message.id,
    message.lane,
    message.method,
    message.orderId,
    JSON.stringify(message.payload),
    message.availableAt,
    message.orderVersion ?? null
  ])
})

export const awaitedOf = (change: Change, image: StockImage): ReadonlyArray<AwaitedChange> =>
  change.orders.flatMap(({ before, after }) => awaitedBetween(before, after)).map((cell) => {
    const [product, branch] = slots(image, cell.productId, cell.branchId)
    return { product, branch, units: cell.units }
  })
