import { type Located, NOT_ASKED } from "../assembly/locate.ts"
import type { AssemblyPlan, PlannedPart } from "../assembly/model.ts"
import type { Product } from "../catalogue/model.ts"
import type { BranchId, FulfilmentId, OrderId } from "../kernel/ids.ts"
import type { Money } from "../kernel/money.ts"
import { normaliseEmail } from "../kernel/email.ts"
import { normalisePhone } from "../kernel/phone.ts"
import type { Channel } from "../network/model.ts"
import type { CaseReason } from "../operator/model.ts"
import {
  closedForOrder,
  holdLines,
  isTracked,
  missing,
  newLine,
  newPart,
  openCase,
  operatorReservation,
  unacceptedEnd
} from "./edit.ts"
import type { Facts } from "./facts.ts"
import type { Fulfilment, Order, OrderLine } from "./model.ts"
import { fingerprint, type OrderRequest } from "./request.ts"

/** What intake must know beside the world: ids and number are facts of the decision (D14). */
export interface IntakeFacts {
  readonly facts: Facts
  readonly channel: Channel
  readonly orderId: OrderId
  readonly number: string
  /** One id for each part that the plan may make. */
  readonly fulfilmentIds: ReadonlyArray<FulfilmentId>
  /** The product of each requested line, in order; null where nobody knows it. */
  readonly products: ReadonlyArray<Product | null>
  readonly replaces: OrderId | null
}

/** The most parts an order may have: its fulfilments are numbered by one digit (D14). */
export const MAX_PARTS = 9

const PENDING_PART = 1

const linesOf = (request: OrderRequest, intake: IntakeFacts): ReadonlyArray<OrderLine> =>
  request.lines.map((line, i) => ({
    ...newLine({
      lineId: i + 1,
      productId: intake.products[i]?.id ?? null,
      asked: line.productId ?? line.sku ?? line.barcode ?? "",
      quantity: line.quantity
    }),
    channelPrice: line.price ?? null
  }))

/** The order as it came, with nothing decided yet: one part in state `placed` (D15). */
export const placedOrder = (request: OrderRequest, intake: IntakeFacts): Order => {
  const { facts, channel } = intake
  const country = facts.policy(null).phoneCountry
  const phone = normalisePhone(request.customer.phone, country)
  const { delivery } = request
  return {
    id: intake.orderId,
    number: intake.number,
    version: 0,
    channelId: channel.id,
    externalId: request.externalId,
    replaces: intake.replaces,
    createdAt: facts.now,
    updatedAt: facts.now,
    customer: {
      name: request.customer.name,
      phone,
      email: normaliseEmail(request.customer.email ?? ""),
      language: request.customer.language ?? "ru"
    },
    delivery: delivery.type === "pickup"
      ? { type: "pickup", branchId: delivery.branchId }
      : { type: "courier", address: { text: delivery.address.text, point: delivery.address.point ?? null } },
    payment: { method: request.payment.method, state: "pending" },
    currency: channel.currency,
    comment: request.comment ?? null,
    fulfilments: [newPart(intake.fulfilmentIds[0]!, PENDING_PART, linesOf(request, intake))],
    cases: [],
    plan: null,
    request: fingerprint(request, country, phone)
  }
}

/** A plan for pickup: the branch that the buyer chose, and nobody else. */
export const pickupPlan = (order: Order, branchId: BranchId): AssemblyPlan => ({
  policy: "pickup",
  outcome: "planned",
  reason: "pickup",
  parts: [{
    branchId,
    lines: order.fulfilments.flatMap((f) => f.lines)
      .flatMap((l) => (l.productId === null ? [] : [{ lineId: l.lineId, productId: l.productId, quantity: l.quantity }]))
  }],
  tripMetres: null,
  considered: 1,
  branches: [],
  notes: []
})

/**
 * Automatic processing of a `placed` order by its plan (ORD-2, ORD-3): each part is held at its branch and assigned,
 * or goes to the operator with every reason that stands against it. Nothing is lost, nothing silently cut.
 */
export const settleIntake = (
  order: Order,
  plan: AssemblyPlan,
  fulfilmentIds: ReadonlyArray<FulfilmentId>,
  facts: Facts,
  { point, candidates }: Pick<Located, "point" | "candidates"> = NOT_ASKED
): Order => {
  const lines = order.fulfilments[0]!.lines
  const planned = plan.parts.length <= MAX_PARTS ? plan.parts : []
  const parts = planned.length === 0
    ? [newPart(fulfilmentIds[0]!, 1, lines)]
    : partsOf(planned, lines, fulfilmentIds)
  const located: Order["delivery"] = order.delivery.type === "courier" && point !== null
    ? { type: "courier", address: { ...order.delivery.address, point } }
    : order.delivery
  const planReason = plan.parts.length > MAX_PARTS ? "tooManyParts" as const : reasonOf(plan)
  return parts.reduce<Order>(
    (before, part) => settlePart(before, part, planReason, facts, candidates),
    { ...order, delivery: located, plan, fulfilments: parts, updatedAt: facts.now }
  )
}

const reasonOf = (plan: AssemblyPlan): CaseReason | null => {
  if (plan.outcome === "planned") return null
  return plan.reason === "noAddress" ? "addressUnclear" : "noBranch"
}

/** Lines that the plan leaves out (unknown products) stay with the first part, for the operator to see. */
const partsOf = (
  planned: ReadonlyArray<PlannedPart>,
  lines: ReadonlyArray<OrderLine>,
  ids: ReadonlyArray<FulfilmentId>
): ReadonlyArray<Fulfilment> => {
  // An operator may have taken lines out: numbers are not used again.
  let nextId = 1 + Math.max(0, ...lines.map((line) => line.lineId))
  const used = new Set<number>()
  const parts = planned.map((part, i) => {
    const own = part.lines.flatMap((give) => {
      const line = lines.find((candidate) => candidate.lineId === give.lineId)!
      // A line dealt out over two branches becomes two lines; the first keeps its id.
      const lineId = used.has(line.lineId) ? nextId++ : line.lineId
      used.add(line.lineId)
      return [{ ...line, lineId, quantity: give.quantity }]
    })
    return { ...newPart(ids[i]!, i + 1, own), branchId: part.branchId }
  })
  const left = lines.filter((line) => !used.has(line.lineId))
  return left.length === 0 ? parts : parts.map((part, i) => (i === 0 ? { ...part, lines: inOrder([...part.lines, ...left]) } : part))
}

const inOrder = (lines: ReadonlyArray<OrderLine>): ReadonlyArray<OrderLine> => lines.toSorted((a, b) => a.lineId - b.lineId)

interface Objection {
  readonly reason: CaseReason
  readonly lineId: number | null
}

const settlePart = (
  order: Order,
  part: Fulfilment,
  planReason: CaseReason | null,
  facts: Facts,
  candidates: Located["candidates"]
): Order => {
  const branch = part.branchId === null ? undefined : facts.branch(part.branchId)
  const policy = facts.policy(part.branchId)
  const priced = part.lines.map((line) => priceLine(line, part.branchId, facts))
  const mayHold = branch !== undefined && branch.active && policy.reserveAt === "intake"
  const lines = mayHold ? holdLines(priced.map((p) => p.line), branch.id, facts) : priced.map((p) => p.line)
  const objections: Array<Objection> = priced.flatMap((p) => p.objections)
  const object = (reason: CaseReason, lineId: number | null = null): void => void objections.push({ reason, lineId })
  if (planReason !== null) object(planReason)
  if (order.customer.phone === null) object("phoneUnclear")
  if (branch !== undefined && !branch.active) object("branchInactive")
  if (branch?.active && policy.branchClosed === "operator" && closedForOrder(facts, branch)) object("branchClosed")
  for (const line of lines) objections.push(...objectionsTo(line, order, part.branchId, mayHold, facts))
  const next: Fulfilment = { ...part, lines }
  if (objections.length > 0 || part.branchId === null) {
    return objections.reduce(
      (before, { lineId, reason }) =>
        openCase(before, part.part, reason, facts.now, {
          lineId,
          ...(reason === "addressUnclear" ? { candidates } : {})
        }),
      replacePart(order, { ...next, status: "operator", reservation: operatorReservation(facts, next) })
    )
  }
  const expiresAt = unacceptedEnd(facts, part.branchId)
  const state = lines.some((line) => line.held > 0) ? "live" as const : "pending" as const
  return replacePart(order, { ...next, status: "assigned", reservation: { state, expiresAt } })
}

const replacePart = (order: Order, part: Fulfilment): Order => ({
  ...order,
  fulfilments: order.fulfilments.map((f) => (f.part === part.part ? part : f))
})

const same = (a: Money, b: Money): boolean => a.amount === b.amount && a.currency === b.currency

/** Our price, the channel's, or a question: by policy `priceDiffers`. */
const priceLine = (
  line: OrderLine,
  branchId: BranchId | null,
  facts: Facts
): { readonly line: OrderLine; readonly objections: ReadonlyArray<Objection> } => {
  if (line.productId === null) return { line, objections: [{ reason: "unknownProduct", lineId: line.lineId }] }
  const policy = facts.policy(branchId).priceDiffers
  const ours = facts.price(line.productId, branchId)
  const theirs = line.channelPrice
  if (theirs !== null && policy === "channel") return { line: { ...line, price: theirs }, objections: [] }
  if (ours === null) return { line: { ...line, price: null }, objections: [{ reason: "noPrice", lineId: line.lineId }] }
  const differs = theirs !== null && !same(ours, theirs) && policy === "operator"
  return {
    line: { ...line, price: ours },
    objections: differs ? [{ reason: "priceDiffers", lineId: line.lineId }] : []
  }
}

const objectionsTo = (
  line: OrderLine,
  order: Order,
  branchId: BranchId | null,
  mayHold: boolean,
  facts: Facts
): ReadonlyArray<Objection> => {
  const product = line.productId === null ? undefined : facts.product(line.productId)
  if (product === undefined) return []
  const found: Array<Objection> = []
  const policy = facts.policy(branchId)
  const restricted = policy.prescription === "operator" ||
    (policy.prescription === "pickupOnly" && order.delivery.type === "courier")
  if (product.prescription && restricted) found.push({ reason: "prescription", lineId: line.lineId })
  if (product.stopped) found.push({ reason: "productStopped", lineId: line.lineId })
  const branch = branchId === null ? undefined : facts.branch(branchId)
  const short = branchId !== null && !product.stopped && isTracked(facts, product.id, branch) &&
    (mayHold ? missing(line) > 0 : facts.available(product.id, branchId) < line.quantity)
  if (short && policy.shortageSettledBy === "operator") {
    const there = mayHold ? line.held : facts.available(product.id, branchId)
    found.push({ reason: there === 0 ? "absent" : "tooFew", lineId: line.lineId })
  }
  return found
}

/** What the buyer is to pay for goods: lines of parts that ended without a sale do not count. Minor units. */
export const totalOf = (order: Order): Money => ({
  amount: order.fulfilments.filter((f) => f.status !== "cancelled" && f.status !== "expired")
    .flatMap((f) => f.lines)
    .reduce((sum, line) => sum + (line.price?.amount ?? 0) * line.quantity, 0),
  currency: order.currency
})
