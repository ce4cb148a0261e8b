import { isEnded, orderStatus } from "@aptekit/core"
import type { EventRow, Tables } from "./tables.ts"

type Pair<A> = readonly [before: A, after: A] | undefined

interface Line {
  product: string | null
  quantity: number
  held: number
  sold: number
  scanned: number
}
interface Part {
  status: string | null
  branch: string | null
  reservation: string | null
  readonly lines: Map<number, Line>
}

interface LineChange {
  readonly lineId: number
  readonly productId?: Pair<string | null>
  readonly quantity?: Pair<number>
  readonly held?: Pair<number>
  readonly sold?: Pair<number>
  readonly scanned?: Pair<number>
}
interface EventData {
  readonly status?: Pair<string>
  readonly branch?: Pair<string | null>
  readonly reservation?: Pair<string | null>
  readonly lines?: ReadonlyArray<LineChange>
}

const foldLine = (lines: Map<number, Line>, change: LineChange): void => {
  const line = lines.get(change.lineId) ?? { product: null, quantity: 0, held: 0, sold: 0, scanned: 0 }
  lines.set(change.lineId, line)
  if (change.productId !== undefined) line.product = change.productId[1]
  for (const field of ["quantity", "held", "sold", "scanned"] as const) {
    const pair = change[field]
    if (pair !== undefined) line[field] = pair[1]
  }
  if (line.quantity === 0) lines.delete(change.lineId)
}

const fold = (events: ReadonlyArray<EventRow>): ReadonlyMap<string, Part> => {
  const parts = new Map<string, Part>()
  for (const event of events) {
    if (event.fulfilment_id === null) continue
    const part = parts.get(event.fulfilment_id) ?? { status: null, branch: null, reservation: null, lines: new Map() }
    parts.set(event.fulfilment_id, part)
    const data = JSON.parse(event.data) as EventData
    if (data.status !== undefined) part.status = data.status[1]
    if (data.branch !== undefined) part.branch = data.branch[1]
    if (data.reservation !== undefined) part.reservation = data.reservation[1]
    for (const change of data.lines ?? []) foldLine(part.lines, change)
  }
  return parts
}

const linesText = (lines: Iterable<readonly [number, Line]>): string =>
  [...lines].sort(([a], [b]) => a - b).map(([id, line]) =>
    `${id}: ${line.product} ${line.held} held, ${line.sold} sold, ${line.scanned} scanned of ${line.quantity}`
  ).join("; ")

/** P8: the log tells the state of every part, number by number, and each entry has its author. */
export const logTellsAll = (tables: Tables): ReadonlyArray<string> => {
  const found: Array<string> = []
  tables.events.forEach((event, i) => {
    if (event.seq !== i + 1) found.push(`P8: entry ${i + 1} of the log has the number ${event.seq}`)
    if (!event.actor_kind || !event.actor_id) found.push(`P8: entry ${event.seq} has no author`)
  })
  const last = tables.feed[0]?.last
  if (last !== tables.events.length) found.push(`P8: the feed stands at ${last}, the log has ${tables.events.length}`)
  const told = fold(tables.events)
  for (const part of tables.fulfilments) {
    const tale = told.get(part.id)
    if (tale === undefined) {
      found.push(`P8: the log does not know part ${part.id}`)
      continue
    }
    const state = [part.status, part.branch_id, part.reservation_state].join(" ")
    const toldState = [tale.status, tale.branch, tale.reservation].join(" ")
    if (state !== toldState) found.push(`P8: part ${part.id} is ${state}; the log tells ${toldState}`)
    const own = tables.order_lines.filter((line) => line.order_id === part.order_id && line.part === part.part)
    const lines = linesText(own.map(({ line_id, product_id, ...line }) => [line_id, { ...line, product: product_id }]))
    if (lines !== linesText(tale.lines)) found.push(`P8: part ${part.id} has ${lines}; the log tells ${linesText(tale.lines)}`)
  }
  if (told.size !== tables.fulfilments.length) found.push(`P8: the log knows ${told.size} parts of ${tables.fulfilments.length}`)
  return [...found, ...statusesFollow(tables)]
}

/** D12: nobody sets the status of an order. */
const statusesFollow = (tables: Tables): ReadonlyArray<string> =>
  tables.orders.flatMap((order) => {
    const parts = tables.fulfilments.filter((part) => part.order_id === order.id)
    const status = orderStatus(parts as Parameters<typeof orderStatus>[0])
    const held = isEnded(status) && tables.order_lines.some((line) => line.order_id === order.id && line.held > 0)
    return [
      ...(order.status === status ? [] : [`P8: order ${order.id} is ${order.status}, its parts say ${status}`]),
      ...(held ? [`P3: order ${order.id} has ended (${status}) and holds goods`] : [])
    ]
  })
