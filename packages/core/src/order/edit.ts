import { Result } from "effect"
import type { AddressCandidate } from "../assembly/address.ts"
import { Refused } from "../kernel/errors.ts"
import type { BranchId, FulfilmentId, ProductId } from "../kernel/ids.ts"
import { MINUTE, type Instant } from "../kernel/time.ts"
import type { Branch } from "../network/model.ts"
import type { CaseReason, OperatorCase } from "../operator/model.ts"
import type { Facts } from "./facts.ts"
import { allowedCommands, type CommandName } from "./life.ts"
import type { Fulfilment, Order, OrderLine, Reservation } from "./model.ts"

/** What a rule gives: the order as it will be, and why where somebody said so. */
export interface Ruling {
  readonly order: Order
  readonly reason?: string
}
export type Ruled = Result.Result<Ruling, Refused>

export const ruled = (order: Order, reason?: string): Ruled =>
  Result.succeed(reason === undefined ? { order } : { order, reason })

type RefusedLines = NonNullable<Refused["lines"]>

/** A refusal names the state and what is allowed in it (ORD-9). */
export const refuse = (
  f: Fulfilment,
  command: CommandName,
  code: string,
  what: string,
  lines?: RefusedLines
): Result.Result<never, Refused> => {
  const allowed = allowedCommands(f.status)
  return Result.fail(
    new Refused({
      code,
      command,
      state: f.status,
      allowed,
      message: `${command} refused: ${what} State: ${f.status}; allowed: ${allowed.join(", ") || "nothing"}.`,
      ...(lines === undefined ? {} : { lines })
    })
  )
}

/** A line of which nothing is known yet but what was asked for. */
export const newLine = (line: Pick<OrderLine, "lineId" | "productId" | "asked" | "quantity">): OrderLine => ({
  ...line,
  held: 0,
  sold: 0,
  scanned: 0,
  tracked: true,
  price: null,
  channelPrice: null
})

/** A part to which nothing has happened yet. */
export const newPart = (id: FulfilmentId, part: number, lines: ReadonlyArray<OrderLine>): Fulfilment => ({
  id,
  part,
  branchId: null,
  status: "placed",
  lines,
  reservation: null,
  acceptedAt: null,
  deferredUntil: null,
  expectedAt: null,
  awaitingFrom: null,
  sweepAt: null,
  delivered: false,
  putBack: null,
  endReason: null,
  note: null
})

export const withFulfilment = (order: Order, f: Fulfilment): Order => ({
  ...order,
  fulfilments: order.fulfilments.map((old) => (old.id === f.id ? f : old))
})

export const openCase = (
  order: Order,
  part: number,
  reason: CaseReason,
  now: Instant,
  detail: {
    readonly lineId?: number | null
    readonly comment?: string | undefined
    readonly candidates?: ReadonlyArray<AddressCandidate>
  } = {}
): Order => {
  const same = order.cases.some(
    (c) => c.part === part && c.reason === reason && c.lineId === (detail.lineId ?? null) && c.closedAt === null
  )
  if (same) return order
  const opened = {
    caseId: order.cases.length + 1,
    part,
    reason,
    lineId: detail.lineId ?? null,
    comment: detail.comment ?? null,
    openedAt: now,
    closedAt: null,
    resolution: null,
    ...(detail.candidates === undefined || detail.candidates.length === 0 ? {} : { candidates: detail.candidates })
  }
  return { ...order, cases: [...order.cases, opened] }
}

const closing = (order: Order, which: (c: OperatorCase) => boolean, now: Instant, resolution: string | null): Order =>
  order.cases.some((c) => c.closedAt === null && which(c))
    ? { ...order, cases: order.cases.map((c) => (c.closedAt === null && which(c) ? { ...c, closedAt: now, resolution } : c)) }
    : order

/** What settles a part settles its cases; but for work to be done in the partner's system, which it cannot see. */
export const closeCases = (order: Order, part: number, now: Instant): Order =>
  closing(order, (c) => c.part === part && c.reason !== "needsErpAction", now, null)

/** The partner has caught up, or its document says the same again. */
export const closeReason = (order: Order, part: number, reason: CaseReason, now: Instant): Order =>
  closing(order, (c) => c.part === part && c.reason === reason, now, null)

/** A person has seen to it, on an ended order too. */
export const closeCase = (order: Order, caseId: number, now: Instant, resolution: string): Order =>
  closing(order, (c) => c.caseId === caseId, now, resolution)

/**
 * What a partner's system says again and again is one case: the same words change nothing, other words take their place,
 * and what a person has closed stays closed until there are other words.
 */
export const noteCase = (order: Order, part: number, reason: CaseReason, comment: string, now: Instant): Order => {
  const same = order.cases.filter((c) => c.part === part && c.reason === reason && c.lineId === null)
  const open = same.find((c) => c.closedAt === null)
  if (open !== undefined) {
    return open.comment === comment
      ? order
      : { ...order, cases: order.cases.map((c) => (c === open ? { ...c, comment } : c)) }
  }
  const last = same.at(-1)
  if (last?.comment === comment && last.resolution !== null) return order
  return openCase(order, part, reason, now, { comment })
}

/** Units of a line that are neither held nor sold. */
export const missing = (line: OrderLine): number => line.quantity - line.held - line.sold

export const missingLines = (f: Fulfilment): ReadonlyArray<OrderLine> => f.lines.filter((line) => missing(line) > 0)

export const soldInFull = (f: Fulfilment): boolean => f.lines.every((line) => line.sold >= line.quantity)

/** Goods of these lines are let go; what was sold stays sold. */
export const releaseLines = (lines: ReadonlyArray<OrderLine>): ReadonlyArray<OrderLine> =>
  lines.map((line) => (line.held === 0 ? line : { ...line, held: 0 }))

/** Does holding this product at this branch reserve stock (STK-9, D6)? */
export const isTracked = (facts: Facts, productId: ProductId, branch: Branch | undefined): boolean =>
  (branch?.stockControl ?? true) && (facts.product(productId)?.stockControl ?? true)

type Lookup = (product: ProductId, branch: BranchId) => number

/**
 * Holds as much of each line as the branch has, counting what earlier lines of the same order just took
 * (the shortage that Medusa 16502 forgets). Lines without stock control are held whole unless stopped.
 */
export const holdLines = (
  lines: ReadonlyArray<OrderLine>,
  branchId: BranchId,
  facts: Facts,
  lookup: Lookup = facts.available
): ReadonlyArray<OrderLine> => {
  const branch = facts.branch(branchId)
  const taken = new Map<ProductId, number>()
  return lines.map((line) => {
    const want = missing(line)
    if (want <= 0 || line.productId === null) return line
    const product = facts.product(line.productId)
    if (product === undefined || product.stopped) return line
    if (!isTracked(facts, line.productId, branch)) return { ...line, held: line.held + want, tracked: false }
    const used = taken.get(line.productId) ?? 0
    const take = Math.max(0, Math.min(want, lookup(line.productId, branchId) - used))
    taken.set(line.productId, used + take)
    return take === 0 ? line : { ...line, held: line.held + take, tracked: true }
  })
}

/** The refused lines of a shortage, for the error. */
export const shortage = (lines: ReadonlyArray<OrderLine>): RefusedLines =>
  lines.filter((line) => missing(line) > 0).map((line) => ({
    lineId: line.lineId,
    wanted: line.quantity - line.sold,
    available: line.held
  }))

export const live = (expiresAt: Instant): Reservation => ({ state: "live", expiresAt })

/** The unaccepted hold counts from the later of now and the branch's next opening (D13). */
export const unacceptedEnd = (facts: Facts, branchId: BranchId): Instant => {
  const branch = facts.branch(branchId)
  const opens = branch === undefined ? facts.now : (facts.nextOpening(branch, facts.now) ?? facts.now)
  return Math.max(facts.now, opens) + facts.policy(branchId).unacceptedHoldMinutes * MINUTE
}

/** Is the branch closed for an order: does it not open before the unaccepted hold could end (D13)? */
export const closedForOrder = (facts: Facts, branch: Branch): boolean => {
  const opens = facts.nextOpening(branch, facts.now)
  return opens === null || opens > facts.now + facts.policy(branch.id).unacceptedHoldMinutes * MINUTE
}

/** With the operator: what is held stays held until the operator's time is up. */
export const operatorReservation = (facts: Facts, f: Fulfilment): Reservation => ({
  state: f.lines.some((line) => line.held > 0) ? "live" : "pending",
  expiresAt: facts.now + facts.policy(f.branchId).operatorHoldMinutes * MINUTE
})
