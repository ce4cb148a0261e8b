import type { InboundHub, InboundRun } from "./inward.ts"

type Shown = (text: string) => string

/** The message and the texts of its detail. */
const discreetLog = (hub: InboundHub, shown: Shown): InboundHub["log"] => (message, detail) => {
  if (detail === undefined) return hub.log(shown(message))
  const texts = Object.entries(detail).map(([key, value]) => [key, typeof value === "string" ? shown(value) : value])
  hub.log(shown(message), Object.fromEntries(texts))
}

/** Of a call that the adapter made itself: its texts only, cut. */
const discreetRecord = (hub: InboundHub, shown: Shown): InboundHub["record"] => (call) => {
  const said = (text: unknown): string | null => (typeof text === "string" ? shown(text) : null)
  hub.record({ ...call, request: said(call.request), response: said(call.response), error: said(call.error) })
}

/** What people read of orders that a partner will not take. */
const discreetOrders = (orders: InboundHub["orders"], shown: Shown): InboundHub["orders"] => ({
  ...orders,
  quarantine: (orderId, reason) => orders.quarantine(orderId, shown(reason)),
  needsAction: (id, reason, comment) => orders.needsAction(id, reason, shown(comment))
})

const discreetRun = (run: InboundRun, shown: Shown): InboundRun => ({
  ...run,
  reject: (rows) => run.reject(rows.map(({ line, reason }) => ({ line, reason: shown(reason) }))),
  hold: (reason, extra) => run.hold(shown(reason), extra),
  abort: (reason) => run.abort(shown(reason))
})

/**
 * The hub as an adapter gets it: an author who hands on the partner's answer or address shows no secret of the configuration
 * in a log, in a run, in a case or in a dead letter.
 */
export const discreetHub = (hub: InboundHub, shown: Shown): InboundHub => ({
  ...hub,
  orders: discreetOrders(hub.orders, shown),
  stock: { ...hub.stock, openRun: async (file, options) => discreetRun(await hub.stock.openRun(file, options), shown) },
  inbox: {
    ...hub.inbox,
    once: (id, effect) => hub.inbox.once(id, (bound) => effect({ ...bound, orders: discreetOrders(bound.orders, shown) }))
  },
  messages: {
    ...hub.messages,
    report: (report) => hub.messages.report({ ...report, detail: report.detail === null ? null : shown(report.detail) })
  },
  record: discreetRecord(hub, shown),
  log: discreetLog(hub, shown)
})
