import { Effect } from "effect"
import type { OrderId } from "../../kernel/ids.ts"
import { fold } from "../../kernel/text.ts"
import { orderStatus } from "../../order/life.ts"
import { caseCursor, casePlace, type CaseQuery, type OpenCase } from "../../operator/model.ts"
import type { Fulfilment, FulfilmentStatus, Order } from "../../order/model.ts"
import type { HeldUnits, OrderQuery, OrderReads, Page } from "../../store/ports.ts"
import { keyOf, type MemoryState } from "./state.ts"

/** Those that wait for a person when their time is up (D11). */
const PERSON_DECIDES: ReadonlyArray<FulfilmentStatus> = ["operator", "awaiting", "accepted"]
/** Not yet assembled: these lose their goods first when a fact took them (D7). */
const LETS_GO: ReadonlyArray<FulfilmentStatus> = ["operator", "assigned", "accepted", "awaiting"]
/** Their expiry frees the goods; an assigned one keeps them on its way to the operator (D11). */
const FREED_BY_EXPIRY: ReadonlyArray<FulfilmentStatus> = ["assembled", "accepted"]

const openCases = (state: MemoryState, orders: ReadonlyArray<Order>, query: CaseQuery): Page<OpenCase> => {
  const [at, id, caseId] = query.after === undefined ? [-1, "", -1] : casePlace(query.after)
  const isAfter = (c: OpenCase): boolean =>
    c.openedAt !== at ? c.openedAt > at : c.orderId !== id ? c.orderId > id : c.caseId > caseId
  const found = orders.flatMap((order) =>
    order.cases.filter((c) => c.closedAt === null).map(({ part, reason, lineId, comment, openedAt, ...c }): OpenCase => {
      const f = order.fulfilments.find((one) => one.part === part)
      return {
        orderId: order.id, number: order.number, channelId: order.channelId, part, fulfilmentId: f?.id ?? null,
        branchId: f?.branchId ?? null, status: f?.status ?? null, caseId: c.caseId, reason, lineId, comment, openedAt
      }
    })
  ).filter((c) => query.reasons?.includes(c.reason) ?? true)
    .filter((c) => query.branchId === undefined || c.branchId === query.branchId)
    .filter(isAfter)
    .sort((a, b) => a.openedAt - b.openedAt || (a.orderId === b.orderId ? a.caseId - b.caseId : a.orderId < b.orderId ? -1 : 1))
  const items = found.slice(0, query.limit)
  return { items, next: found.length > items.length ? caseCursor(items.at(-1)!) : null, position: state.seq }
}

type Place = Pick<Order, "createdAt" | "id">

const newestFirst = (a: Place, b: Place): number =>
  b.createdAt - a.createdAt || (a.id === b.id ? 0 : a.id < b.id ? 1 : -1)
const oldestFirst = (a: Place, b: Place): number => newestFirst(b, a)

export const orderReads = (state: MemoryState): OrderReads => {
  const byId = (id: OrderId | undefined): Order | null => (id === undefined ? null : (state.orders.get(id) ?? null))
  const all = (): ReadonlyArray<Order> => [...state.orders.values()]
  const withPart = (wanted: (f: Fulfilment) => boolean) => all().filter((order) => order.fulfilments.some(wanted))
  return {
    byId: (id) => Effect.sync(() => byId(id)),
    byIds: (ids) => Effect.sync(() => ids.flatMap((id) => byId(id) ?? [])),
    byFulfilment: (id) => Effect.sync(() => byId(state.fulfilments.get(id))),
    byNumber: (number) => Effect.sync(() => byId(state.numbers.get(number))),
    byNumbers: (numbers) => Effect.sync(() => numbers.flatMap((number) => byId(state.numbers.get(number)) ?? [])),
    usedKey: (scope, key) =>
      Effect.sync(() => {
        const known = state.keys.get(keyOf(scope, key))
        return known === undefined ? null : { orderId: known.orderId, fingerprint: known.fingerprint }
      }),
    byKey: (channel, externalId) => Effect.sync(() => byId(state.intakeKeys.get(keyOf(channel, externalId)))),
    list: (query) => Effect.sync(() => page(state, all(), query)),
    due: (now, limit) =>
      Effect.sync(() =>
        all().map((order) => ({ id: order.id, at: firstSweep(order) }))
          .filter((order) => order.at <= now)
          .sort((a, b) => a.at - b.at)
          .slice(0, limit)
          .map((order) => order.id)
      ),
    nextSweep: Effect.sync(() => {
      const next = all().reduce((least, order) => Math.min(least, firstSweep(order)), Infinity)
      return Number.isFinite(next) ? next : null
    }),
    dueUnits: (now) => Effect.sync(() => all().flatMap((order) => dueUnitsOf(order, now))),
    openCases: (query) => Effect.sync(() => openCases(state, all(), query)),
    holders: (product, branch) =>
      Effect.sync(() =>
        withPart((f) =>
          f.branchId === branch && LETS_GO.includes(f.status) &&
          f.lines.some((line) => line.productId === product && line.tracked && line.held > 0)
        ).sort(newestFirst).map((order) => order.id)
      ),
    placedBefore: (at, limit) =>
      Effect.sync(() =>
        withPart((f) => f.status === "placed").filter((order) => order.createdAt < at)
          .sort(oldestFirst).slice(0, limit).map((order) => order.id)
      ),
    awaiting: (limit, after) =>
      Effect.sync(() => {
        const ids = withPart((f) => f.status === "awaiting").sort(oldestFirst).map((order) => order.id)
        const from = after === undefined ? 0 : ids.indexOf(after) + 1
        return ids.slice(from, from + limit)
      }),
    events: (id) => Effect.sync(() => state.log.filter((event) => event.orderId === id))
  }
}

const firstSweep = (order: Order): number =>
  order.fulfilments.reduce((least, f) => Math.min(least, f.sweepAt ?? Infinity), Infinity)

const dueUnitsOf = (order: Order, now: number): ReadonlyArray<HeldUnits> =>
  order.fulfilments
    .filter((f) => f.sweepAt !== null && f.sweepAt <= now && FREED_BY_EXPIRY.includes(f.status))
    .flatMap((f) =>
      f.lines.flatMap((line) =>
        line.productId === null || f.branchId === null || !line.tracked || line.held === 0
          ? []
          : [{ orderId: order.id, productId: line.productId, branchId: f.branchId, units: line.held }]
      )
    )

const page = (state: MemoryState, orders: ReadonlyArray<Order>, query: OrderQuery): Page<Order> => {
  const found = orders.filter((order) => matches(order, query)).sort(newestFirst)
  const after = query.after === undefined ? null : (JSON.parse(query.after) as Place)
  const rest = after === null ? found : found.filter((order) => newestFirst(after, order) < 0)
  const items = rest.slice(0, query.limit)
  const last = rest.length > items.length ? items.at(-1) : undefined
  const cursor: Place | undefined = last && { createdAt: last.createdAt, id: last.id }
  return { items, next: cursor === undefined ? null : JSON.stringify(cursor), position: state.seq }
}

const matches = (order: Order, query: OrderQuery): boolean =>
  (query.channelId === undefined || order.channelId === query.channelId) &&
  (query.text === undefined || hasText(order, query.text)) &&
  (query.branchId === undefined && query.dueBefore === undefined
    ? query.status === undefined || query.status.includes(orderStatus(order.fulfilments))
    : order.fulfilments.some((f) => partMatches(f, query)))

/** Where parts are asked for, branch, status and due date must be true of one and the same part. */
const partMatches = (f: Fulfilment, query: OrderQuery): boolean =>
  (query.branchId === undefined || f.branchId === query.branchId) &&
  (query.status === undefined || query.status.includes(f.status)) &&
  (query.dueBefore === undefined || isDue(f, query.dueBefore))

const isDue = (f: Fulfilment, before: number): boolean =>
  f.sweepAt === null && PERSON_DECIDES.includes(f.status) && f.reservation !== null && f.reservation.expiresAt < before

const hasText = (order: Order, text: string): boolean => {
  if (fold(order.customer.name).includes(fold(text))) return true
  if (!/^[\d\s()+-]+$/u.test(text)) return false
  const digits = text.replace(/\D/gu, "")
  return order.number.startsWith(text.trim()) || text.trim().replace(/-\d$/u, "") === order.number ||
    (digits !== "" && (order.customer.phone?.replace(/\D/gu, "").includes(digits) ?? false))
}
