import type { Order, RecordedEvent } from "@aptekit/core"

interface FoldedLine {
  productId: string | null
  tracked: boolean
  quantity: number
  held: number
  sold: number
}

interface FoldedPart {
  status: string | null
  branch: string | null
  readonly lines: Record<number, FoldedLine>
}

type Pair<A> = readonly [before: A, after: A] | undefined

interface LineChange {
  readonly lineId: number
  readonly productId?: Pair<string | null>
  readonly tracked?: boolean
  readonly quantity?: Pair<number>
  readonly held?: Pair<number>
  readonly sold?: Pair<number>
}

const foldLine = (part: FoldedPart, change: LineChange): void => {
  const line = (part.lines[change.lineId] ??= { productId: null, tracked: true, quantity: 0, held: 0, sold: 0 })
  if (change.productId !== undefined) line.productId = change.productId[1]
  if (change.tracked !== undefined) line.tracked = change.tracked
  if (change.quantity !== undefined) line.quantity = change.quantity[1]
  if (change.held !== undefined) line.held = change.held[1]
  if (change.sold !== undefined) line.sold = change.sold[1]
  if (line.quantity === 0) delete part.lines[change.lineId]
}

/** The parts of all orders, made from nothing but the log (D25). */
export const foldEvents = (events: ReadonlyArray<RecordedEvent>): Record<string, FoldedPart> => {
  const parts: Record<string, FoldedPart> = {}
  for (const { fulfilmentId, data } of events) {
    if (fulfilmentId === null) continue
    const part = (parts[fulfilmentId] ??= { status: null, branch: null, lines: {} })
    const status = data["status"] as Pair<string>
    const branch = data["branch"] as Pair<string | null>
    if (status !== undefined) part.status = status[1]
    if (branch !== undefined) part.branch = branch[1]
    for (const change of (data["lines"] ?? []) as ReadonlyArray<LineChange>) foldLine(part, change)
  }
  return parts
}

/** The same view of orders as they are kept. */
export const foldOrders = (orders: ReadonlyArray<Order>): Record<string, FoldedPart> =>
  Object.fromEntries(
    orders.flatMap((order) => order.fulfilments).map((f) => [f.id, {
      status: f.status,
      branch: f.branchId,
      lines: Object.fromEntries(f.lines.map(({ lineId, productId, tracked, quantity, held, sold }) => [
        lineId,
        { productId, tracked, quantity, held, sold }
      ]))
    }])
  )
