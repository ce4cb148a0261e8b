import type { CommandName } from "@aptekit/core"
import { type Attempt, attempt, type Order, statementAttempt } from "./attempts.ts"
import type { Chance } from "./random.ts"
import { ADDRESS, BARCODES, BRANCHES, COUNTER, type KeyName, PLENTY, PRODUCTS, REGISTER_BRANCHES, SCARCE } from "./world.ts"

type Body = Readonly<Record<string, unknown>>

/** Names that no other attempt of the run has. */
export type Namer = (prefix: string) => string

const HOUR = 3_600_000
const iso = (at: number): string => new Date(at).toISOString()

const delivery = (chance: Chance): Body => {
  if (chance.yes(0.7)) return { type: "pickup", branchId: chance.pick(BRANCHES) }
  // Without a point somebody outside must be asked: the order is first kept as `placed` (D15).
  const point = chance.yes(0.5) ? { point: { lat: ADDRESS.lat, lon: ADDRESS.lon } } : {}
  return { type: "courier", address: { text: ADDRESS.address, ...point } }
}

const productFor = (chance: Chance): string => {
  if (chance.yes(0.4)) return chance.pick(PLENTY)
  return chance.pick(chance.yes(0.45) ? SCARCE : chance.yes(0.8) ? COUNTER : PRODUCTS)
}

export const placeOrder = (chance: Chance, name: Namer): Attempt => {
  const channel = chance.pick(["shop", "app"] as const)
  const products = new Set([productFor(chance), ...(chance.yes(0.4) ? [productFor(chance)] : [])])
  return attempt({
    kind: "place",
    role: channel,
    method: "POST",
    path: "/orders",
    body: {
      channel,
      externalId: name("order"),
      customer: { name: "Айгерім Сәрсенова", phone: "+7 701 000 00 01" },
      delivery: delivery(chance),
      lines: [...products].map((productId) => ({ productId, quantity: chance.between(1, 4) })),
      payment: { method: "cash" }
    }
  })
}

/** The same key with other contents: never a second order (P2). */
export const conflicting = (first: Attempt): Attempt =>
  attempt({
    kind: "conflict",
    role: first.role,
    method: first.method,
    path: first.path,
    body: { ...first.body, comment: "another order" }
  })

const ROLE: Partial<Record<CommandName, KeyName>> = {
  assign: "operator", cancel: "operator", deliver: "operator", fail: "operator", changeLines: "operator", requestPurchase: "operator"
}
/** What leads on is tried more often. */
const ONWARD: ReadonlyArray<string> = ["accept", "assemble", "handOver", "deliver", "arrive"]
const SELDOM: ReadonlyArray<string> = ["putBack", "requestPurchase", "cancel"]

type Part = Order["fulfilments"][number]

const inputOf = (command: string, part: Part, chance: Chance, now: number): Body => {
  const line = chance.pick(part.lines)
  switch (command) {
    case "defer":
      return { minutes: chance.between(1, 60) }
    case "extend":
      return { until: iso(now + chance.between(30 * 60, 70 * 60) * 60_000) }
    case "scan":
      return { barcode: BARCODES[line.productId ?? ""] ?? "0" }
    case "changeLines":
      return { lines: [{ lineId: line.lineId, quantity: chance.between(1, 5) }] }
    case "substitute":
      return { lineId: line.lineId, productId: chance.pick(PRODUCTS) }
    case "requestPurchase":
      return { expectedAt: iso(now + 48 * HOUR) }
    case "receiveBack":
      return { to: chance.pick(["assembled", "cancelled"]) }
    case "fail":
    case "cancel":
      return { reason: "a fault test" }
    default:
      return {}
  }
}

/** A command that the order's state allowed when it was last seen; null where it allows none. */
export const commandOn = (order: Order, chance: Chance, name: Namer, now: number): Attempt | null => {
  const part = chance.pick(order.fulfilments)
  // The table allows these whether or not there is anything to do: seldom tried, they are refused often enough.
  const allowed = part.allowed.filter((command) => !SELDOM.includes(command) || chance.yes(0.2))
  const onward = allowed.filter((command) => ONWARD.includes(command))
  const choices = onward.length > 0 && chance.yes(0.6) ? onward : allowed
  if (choices.length === 0) return null
  const command = chance.pick(choices)
  return attempt({
    kind: "command",
    role: ROLE[command as CommandName] ?? "branch",
    method: "POST",
    path: `/fulfilments/${part.id}/${command}`,
    body: inputOf(command, part, chance, now),
    key: name("key")
  })
}

export const cancelOrder = (order: Order, name: Namer): Attempt =>
  attempt({
    kind: "command",
    role: order.channel === "app" ? "app" : "shop",
    method: "POST",
    path: `/orders/${order.id}/cancel`,
    body: { reason: "the customer changed their mind" },
    key: name("key")
  })

/** A register's receipt for a part of an order; null where its branch has no register or nothing is left to sell. */
export const saleOf = (order: Order, chance: Chance, name: Namer, now: number): Attempt | null => {
  const part = chance.pick(order.fulfilments)
  const lines = part.lines.flatMap(({ productId, quantity }) => (productId === null ? [] : [{ productId, quantity }]))
  if (!(REGISTER_BRANCHES as ReadonlyArray<string | null>).includes(part.branchId) || lines.length === 0) return null
  return saleAt(part.branchId!, { fulfilmentNumber: part.number, lines }, name, now)
}

/** Somebody buys without an order: a fact, which may take what others have reserved (D7). */
export const walkIn = (chance: Chance, name: Namer, now: number): Attempt => {
  const lines = [{ productId: chance.pick(COUNTER), quantity: chance.between(1, 5) }]
  // Registers that were offline tell late.
  const occurredAt = chance.yes(0.7) ? now : now - chance.below(HOUR)
  return saleAt(chance.pick(REGISTER_BRANCHES), { lines }, name, occurredAt)
}

const saleAt = (branchId: string, body: Body, name: Namer, at: number): Attempt =>
  attempt({
    kind: "sale",
    role: "register",
    method: "POST",
    path: "/sales",
    // Never on a whole second: statements are, and "later than T" leaves no doubt.
    body: { source: `till-${branchId}`, id: name("receipt"), branchId, occurredAt: iso(at - (at % 1000) + 1 + (at % 999)), ...body }
  })

/** What a branch's counter goods are, as of a time in whole seconds, by a source of its own name. */
export const statement = (chance: Chance, name: Namer, asOf: number): Attempt => {
  const branches = chance.yes(0.5) ? BRANCHES : [chance.pick(BRANCHES)]
  const rows = branches.flatMap((branchId) =>
    COUNTER.map((productId) => ({ productId, branchId, quantity: chance.between(0, 30) }))
  )
  return statementAttempt({ asOf: iso(asOf), source: name("statement"), rows })
}
