import { AdapterFault, defineAdapter, type InboundHub, type PulledOrder, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { otauPort } from "./port.ts"
import { applyStatement } from "./statement.ts"
import { type Ask, askOtau, type Fetch, type OtauOrder, Receipts, States, Statement, Taken } from "./wire.ts"

const FetchFunction = Schema.declare((value): value is Fetch => typeof value === "function", { expected: "a fetch function" })

/** Orders at a time. */
const PULL = 50
const ENDED = ["cancelled", "expired"]

interface Connection {
  readonly hub: InboundHub
  readonly ask: Ask
  /** Otau's places by the hub's branches. */
  readonly placeOf: (branch: string) => string | undefined
}

type Part = PulledOrder["parts"][number]

/** The part as Otau keeps it: who the buyer is stays here. */
const documentOf = ({ placeOf }: Connection, pulled: PulledOrder, part: Part, left: boolean): OtauOrder => ({
  order: pulled.order.id,
  status: part.status,
  place: placeOf(part.branchId ?? "") ?? "",
  cancelled: left || ENDED.includes(part.status),
  lines: part.lines.flatMap(({ productId, quantity }) => {
    const product = productId === null ? undefined : pulled.externalIds.get(productId)
    if (product === undefined) throw new AdapterFault("Otau has no id of one of the goods", { outcome: "rejected" })
    return [{ product, units: quantity }]
  })
})

/** One order, all its parts. The number is Otau's key: what is told twice is one document. */
const tell = async (connection: Connection, pulled: PulledOrder): Promise<void> => {
  const parts = [...pulled.parts.map((part) => [part, false] as const), ...pulled.left.map((part) => [part, true] as const)]
  for (const [part, left] of parts) {
    const number = `${pulled.order.number}-${part.part}`
    const body = JSON.stringify(documentOf(connection, pulled, part, left))
    const headers = { "idempotency-key": `${part.id}:${pulled.version}` }
    await connection.ask(`/orders/${number}`, Taken, { method: "PUT", body, headers })
  }
}

/** What Otau refuses waits for a person and blocks only its own order; any other failure ends the round, and nothing is lost. */
const exchangeOrders = async (connection: Connection): Promise<{ told: number; aside: number }> => {
  const { hub, ask } = connection
  let aside = 0
  const orders = await hub.orders.pull(PULL)
  for (const pulled of orders) {
    try {
      await tell(connection, pulled)
    } catch (error) {
      if (!(error instanceof AdapterFault) || error.outcome !== "rejected") throw error
      await hub.orders.quarantine(pulled.order.id, error.message)
      aside++
      continue
    }
    await hub.orders.confirm([{ orderId: pulled.order.id, version: pulled.version }])
  }
  const { orders: states } = await ask("/orders", States)
  const facts = states.flatMap(({ number, state }) =>
    state === "new" ? [] : [{ number, documentId: number, at: null, state, lines: null, reason: null }])
  if (facts.length > 0) await hub.orders.facts(facts)
  return { told: orders.length - aside, aside }
}

/** Receipts after a place in Otau's list. Each has an id: one that comes again changes nothing, so no place is kept on disk. */
const readSales = async ({ hub, ask }: Connection, source: string, branchOf: (place: string) => string | undefined, after: number) => {
  const { receipts } = await ask(`/receipts?after=${after}`, Receipts)
  const links = await hub.catalogue.links()
  let recorded = 0
  for (const { id, place, at, order, lines } of receipts) {
    const branchId = branchOf(place)
    const known = lines.flatMap(({ product, units }) => {
      const productId = links.get(product)
      return productId === undefined ? [] : [{ productId, quantity: units }]
    })
    const [first, ...rest] = known
    if (branchId === undefined || first === undefined) {
      hub.log("receipt left out: its place is not mapped, or its goods are not known", { receipt: id })
      continue
    }
    const sale = { source, id, branchId, occurredAt: at, lines: [first, ...rest] as const, ...(order === null ? {} : { fulfilmentNumber: order }) }
    if ((await hub.sales.record(sale)).created) recorded++
  }
  return { recorded, last: receipts.at(-1)?.seq ?? after }
}

/** The ERP "Otau" (imaginary): states its goods and stock, takes orders in, tells what became of them and what was sold. */
export const otau = defineAdapter({
  name: "otau",
  config: Schema.Struct({
    /** Such as `https://erp.otau.example`. */
    url: Schema.URLFromString,
    token: Schema.RedactedFromValue(Schema.NonEmptyString),
    /** Otau's places → branches. */
    places: Schema.Record(Schema.String, Schema.String),
    /** For tests: the simulator's `fetch` instead of the real one. */
    fetch: Schema.optionalKey(FetchFunction)
  }),
  ports: { otau: otauPort },
  capabilities: {
    calledByPartner: false, datedStatements: true, wholeStatements: true, tellsState: true, salesNameOrders: true, keyedStatuses: true
  },
  setup: ({ url, token, places, fetch = globalThis.fetch }, { hub, connection: id }) => {
    const branches = new Map(Object.entries(places))
    const placeOf = (branch: string) => [...branches].find(([, own]) => own === branch)?.[0]
    const connection = { hub, ask: askOtau(url, Redacted.value(token), fetch), placeOf }
    let after = 0
    return {
      otau: {
        readStatement: async () => {
          const { state } = await applyStatement(hub, id, places, await connection.ask("/statement", Statement))
          return { state }
        },
        exchangeOrders: () => exchangeOrders(connection),
        readSales: async () => {
          const { recorded, last } = await readSales(connection, id, (place) => branches.get(place), after)
          after = Math.max(after, last)
          return { recorded }
        }
      },
      orders: { takes: (branch: string) => placeOf(branch) !== undefined }
    }
  }
})
