import { Result } from "effect"
import { MINUTE } from "../kernel/time.ts"
import { gtinOf } from "../catalogue/gtin.ts"
import type { Command, CommandInput } from "./commands.ts"
import {
  closeCases,
  holdLines,
  live,
  missing,
  openCase,
  operatorReservation,
  refuse,
  releaseLines,
  ruled,
  type Ruled,
  shortage,
  unacceptedEnd,
  withFulfilment
} from "./edit.ts"
import type { Facts } from "./facts.ts"
import { transition } from "./life.ts"
import { changeLines, substitute } from "./rules-lines.ts"
import { closeIfDone, sellHeld, unsell } from "./sale.ts"
import type { Fulfilment, Order } from "./model.ts"

/**
 * What a command makes of an order, or why it may not: pure, and the only place where a fulfilment changes state.
 * The table says from where a command is allowed; the rule below says what else must hold (ORD-9, D7).
 */
export const decide = (order: Order, f: Fulfilment, command: Command, facts: Facts): Ruled => {
  const row = transition(command.name)
  if (!row.from.includes(f.status)) return refuse(f, command.name, "state", "not allowed in this state.")
  if (!row.by.includes(facts.actor.kind)) {
    return refuse(f, command.name, "actor", `not for ${facts.actor.kind}.`)
  }
  switch (command.name) {
    case "assign":
      return assign(order, f, command.input, facts)
    case "escalate":
      return escalate(order, f, command.input, facts)
    case "accept":
      return accept(order, f, facts)
    case "defer":
      return ruled(withFulfilment(order, { ...f, deferredUntil: facts.now + command.input.minutes * MINUTE }))
    case "hold":
      return hold(order, f, facts)
    case "changeLines":
      return changeLines(order, f, command.input, facts)
    case "substitute":
      return substitute(order, f, command.input, facts)
    case "requestPurchase":
      return requestPurchase(order, f, command.input, facts)
    case "arrive":
      return arrive(order, f, facts)
    case "scan":
      return scan(order, f, command.input, facts)
    case "assemble":
      return assemble(order, f, facts)
    case "extend":
      return extend(order, f, command.input, facts)
    case "handOver":
      return handOver(order, f, command.input, facts)
    case "deliver":
      return deliver(order, f, facts)
    case "fail":
      return ruled(withFulfilment(order, { ...f, status: "returning", note: command.input.reason }), command.input.reason)
    case "receiveBack":
      return receiveBack(order, f, command.input, facts)
    case "putBack":
      return f.putBack === "due"
        ? ruled(withFulfilment(order, { ...f, putBack: "done" }))
        : refuse(f, "putBack", "nothingToPutBack", "there are no goods to put back.")
    case "expire":
      return expire(order, f, facts)
    case "cancel":
      return ruled(end(order, f, command.input.reason, facts), command.input.reason)
  }
}

const assign = (order: Order, f: Fulfilment, input: CommandInput<"assign">, facts: Facts): Ruled => {
  const branchId = input.branchId ?? f.branchId
  if (branchId === null) return refuse(f, "assign", "noBranch", "name the branch (branchId).")
  const branch = facts.branch(branchId)
  if (branch === undefined || !branch.active) {
    return refuse(f, "assign", "branchInactive", `branch ${branchId} is unknown or not active; choose another.`)
  }
  if (f.lines.some((line) => line.productId === null)) {
    return refuse(f, "assign", "unknownProduct", "a line names no known product; replace it first (substitute).")
  }
  const policy = facts.policy(branchId)
  const kept = branchId === f.branchId ? f.lines : releaseLines(f.lines)
  const lines = policy.reserveAt === "intake" ? holdLines(kept, branchId, facts) : kept
  const short = policy.reserveAt === "intake" ? shortage(lines) : []
  if (short.length > 0 && policy.shortageSettledBy === "operator") {
    return refuse(f, "assign", "insufficientStock", "the branch does not have every line.", short)
  }
  const next: Fulfilment = {
    ...f,
    branchId,
    lines,
    status: "assigned",
    note: input.comment ?? f.note,
    deferredUntil: null,
    reservation: {
      state: lines.some((line) => line.held > 0) ? "live" : "pending",
      expiresAt: unacceptedEnd(facts, branchId)
    }
  }
  return ruled(closeCases(withFulfilment(order, next), f.part, facts.now))
}

const escalate = (order: Order, f: Fulfilment, input: CommandInput<"escalate">, facts: Facts): Ruled => {
  const next: Fulfilment = {
    ...f,
    status: "operator",
    deferredUntil: null,
    expectedAt: null,
    awaitingFrom: null,
    reservation: operatorReservation(facts, f)
  }
  const reason = input.reason ?? "returnedByBranch"
  return ruled(
    openCase(withFulfilment(order, next), f.part, reason, facts.now, { comment: input.comment }),
    reason
  )
}

const accept = (order: Order, f: Fulfilment, facts: Facts): Ruled => {
  const policy = facts.policy(f.branchId)
  const lines = f.branchId === null ? f.lines : holdLines(f.lines, f.branchId, facts)
  const short = shortage(lines)
  if (short.length > 0 && policy.shortageSettledBy === "operator") {
    return refuse(f, "accept", "insufficientStock", "lines are missing; return the order to the operators.", short)
  }
  const next: Fulfilment = {
    ...f,
    lines,
    status: "accepted",
    acceptedAt: facts.now,
    deferredUntil: null,
    reservation: live(facts.now + policy.bookingMinutes * MINUTE)
  }
  return ruled(withFulfilment(order, next))
}

const hold = (order: Order, f: Fulfilment, facts: Facts): Ruled =>
  f.branchId === null ? ruled(order) : ruled(withFulfilment(order, { ...f, lines: holdLines(f.lines, f.branchId, facts) }))

const requestPurchase = (
  order: Order,
  f: Fulfilment,
  input: CommandInput<"requestPurchase">,
  facts: Facts
): Ruled => {
  const expectedAt = Date.parse(input.expectedAt)
  if (f.branchId === null) return refuse(f, "requestPurchase", "noBranch", "assign a branch first.")
  if (expectedAt <= facts.now) return refuse(f, "requestPurchase", "past", "the expected date has passed.")
  if (shortage(f.lines).length === 0) {
    return refuse(f, "requestPurchase", "nothingMissing", "no line is missing.")
  }
  const next: Fulfilment = {
    ...f,
    status: "awaiting",
    note: input.comment ?? f.note,
    expectedAt,
    awaitingFrom: f.status === "operator" ? "operator" : "accepted",
    reservation: {
      state: f.lines.some((line) => line.held > 0) ? "live" : "pending",
      expiresAt: Math.max(expectedAt, f.reservation?.expiresAt ?? 0)
    }
  }
  return ruled(closeCases(withFulfilment(order, next), f.part, facts.now))
}

const arrive = (order: Order, f: Fulfilment, facts: Facts): Ruled => {
  if (f.branchId === null) return refuse(f, "arrive", "noBranch", "assign a branch first.")
  const lines = holdLines(f.lines, f.branchId, facts, facts.free)
  const short = shortage(lines)
  if (short.length > 0) return refuse(f, "arrive", "insufficientStock", "the goods are not there yet.", short)
  const back = f.awaitingFrom === "operator" ? "assigned" : "accepted"
  const next: Fulfilment = {
    ...f,
    lines,
    status: back,
    expectedAt: null,
    awaitingFrom: null,
    reservation: live(
      back === "assigned"
        ? unacceptedEnd(facts, f.branchId)
        : Math.max(f.reservation?.expiresAt ?? 0, facts.now + facts.policy(f.branchId).bookingMinutes * MINUTE)
    )
  }
  return ruled(withFulfilment(order, next))
}

const scan = (order: Order, f: Fulfilment, input: CommandInput<"scan">, facts: Facts): Ruled => {
  const code = gtinOf(input.barcode)
  const matches = f.lines.filter((line) => {
    const product = line.productId === null ? undefined : facts.product(line.productId)
    return product?.barcodes.some((barcode) => gtinOf(barcode) === code) ?? false
  })
  if (matches.length === 0) return refuse(f, "scan", "notInOrder", "this barcode is not in the order; put it back.")
  const quantity = input.quantity ?? 1
  const line = matches.find((candidate) => candidate.scanned + quantity <= candidate.quantity)
  if (line === undefined) return refuse(f, "scan", "tooMany", "more scanned than ordered; put the extra ones back.")
  const lines = f.lines.map((old) => (old === line ? { ...old, scanned: old.scanned + quantity } : old))
  return ruled(withFulfilment(order, { ...f, lines }))
}

const assemble = (order: Order, f: Fulfilment, facts: Facts): Ruled => {
  const short = shortage(f.lines)
  if (short.length > 0) {
    return refuse(f, "assemble", "missingLines", "lines are missing; hold them, replace them or return the order.", short)
  }
  if (f.reservation !== null && f.reservation.expiresAt <= facts.now) {
    return refuse(f, "assemble", "reservationEnded", "its time is up; return it to the operators, or cancel it.")
  }
  const unscanned = f.lines.filter((line) => line.scanned < line.quantity)
  if (facts.policy(f.branchId).confirmByScan && unscanned.length > 0) {
    return refuse(f, "assemble", "notScanned", `scan every line first; ${unscanned.length} left.`)
  }
  return ruled(withFulfilment(order, { ...f, status: "assembled" }))
}

const extend = (order: Order, f: Fulfilment, input: CommandInput<"extend">, facts: Facts): Ruled => {
  const until = Date.parse(input.until)
  const latest = facts.now + facts.policy(f.branchId).maxExtendMinutes * MINUTE
  if (f.reservation?.state !== "live" || f.reservation.expiresAt <= facts.now) {
    return refuse(f, "extend", "reservationEnded", "the reservation no longer lives; hold the goods anew.")
  }
  if (until <= f.reservation.expiresAt) return refuse(f, "extend", "notLater", "the new end is not later.")
  if (until > latest) {
    return refuse(f, "extend", "tooLate", `the latest end that policy allows is ${new Date(latest).toISOString()}.`)
  }
  return ruled(withFulfilment(order, { ...f, reservation: live(until) }))
}

const handOver = (order: Order, f: Fulfilment, input: CommandInput<"handOver">, facts: Facts): Ruled => {
  if (order.delivery.type !== "courier") return refuse(f, "handOver", "notADelivery", "the buyer collects this order.")
  if (f.reservation?.state === "live" && f.reservation.expiresAt <= facts.now) {
    return refuse(f, "handOver", "reservationEnded", "the reservation has ended; the goods are for sale again.")
  }
  const sold = saleAt(facts, f, "handover") ? sellHeld(f) : f
  return ruled(withFulfilment(order, { ...sold, status: "delivering", note: input.courier ?? f.note }))
}

const deliver = (order: Order, f: Fulfilment, facts: Facts): Ruled => {
  const sold = saleAt(facts, f, "delivery") ? sellHeld(f) : f
  return ruled(closeIfDone(order, { ...sold, delivered: true, status: "delivered" }, facts.now))
}

const saleAt = (facts: Facts, f: Fulfilment, source: "handover" | "delivery"): boolean =>
  f.branchId !== null && facts.branch(f.branchId)?.saleSource === source

const receiveBack = (order: Order, f: Fulfilment, input: CommandInput<"receiveBack">, facts: Facts): Ruled => {
  // Where the sale was at hand-over, goods that come back are no longer sold.
  const back = saleAt(facts, f, "handover") ? unsell(f) : f
  if (input.to === "cancelled") return ruled(end(order, back, "returned", facts), "returned")
  const expiresAt = facts.now + facts.policy(f.branchId).bookingMinutes * MINUTE
  return ruled(withFulfilment(order, { ...back, status: "assembled", reservation: live(expiresAt) }))
}

const expire = (order: Order, f: Fulfilment, facts: Facts): Ruled => {
  if (f.reservation === null || f.reservation.expiresAt > facts.now) {
    return refuse(f, "expire", "notDue", "the reservation still lives.")
  }
  if (f.status === "assigned") return escalate(order, f, { reason: "notAccepted" }, facts)
  if (f.status === "accepted" && facts.policy(f.branchId).acceptedDue === "person") {
    return refuse(f, "expire", "personDecides", "policy leaves an accepted order to a person.")
  }
  // What was sold of it stays sold: the rest of such a part is let go, and the part is closed.
  if (f.lines.some((line) => line.sold > 0)) return ruled(end(order, f, "reservationEnded", facts), "reservationEnded")
  const next: Fulfilment = {
    ...f,
    lines: releaseLines(f.lines),
    status: "expired",
    reservation: { ...f.reservation, state: "expired" },
    putBack: f.status === "assembled" ? "due" : null,
    endReason: "reservationEnded"
  }
  return ruled(refundIfNothingSold(withFulfilment(order, next)), "reservationEnded")
}

/** Ends a fulfilment without a sale; the rest of a partly sold one is let go and the sold part closes it. */
const end = (order: Order, f: Fulfilment, reason: string, facts: Facts): Order => {
  const partlySold = f.lines.some((line) => line.sold > 0)
  const packed = f.status === "assembled" || f.status === "returning" || f.lines.some((line) => line.scanned > 0)
  const next: Fulfilment = {
    ...f,
    lines: releaseLines(f.lines),
    status: partlySold ? "closed" : "cancelled",
    expectedAt: null,
    awaitingFrom: null,
    deferredUntil: null,
    reservation: f.reservation === null ? null : { ...f.reservation, state: partlySold ? "consumed" : "released" },
    putBack: packed && f.lines.some((line) => missing({ ...line, held: 0 }) > 0) ? "due" : null,
    endReason: reason
  }
  return refundIfNothingSold(closeCases(withFulfilment(order, next), f.part, facts.now))
}

/** A paid order that ends without a sale is to be refunded (ORD-21). */
const refundIfNothingSold = (order: Order): Order => {
  const allCancelled = order.fulfilments.every((f) => f.status === "cancelled" || f.status === "expired")
  return allCancelled && order.payment.state === "paid"
    ? { ...order, payment: { ...order.payment, state: "refundDue" } }
    : order
}

/** Decides for one part by its id; a part that is not there is the caller's mistake. */
export const decideById = (order: Order, fulfilmentId: string, command: Command, facts: Facts): Ruled => {
  const f = order.fulfilments.find((candidate) => candidate.id === fulfilmentId)
  if (f === undefined) throw new Error(`decideById: order ${order.id} has no fulfilment ${fulfilmentId}`)
  return decide(order, f, command, facts)
}

/** Several parts one after the other, all or none: what the customer's cancellation does (ORD-13). */
export const decideAll = (order: Order, command: Command, facts: Facts): Ruled =>
  order.fulfilments
    .filter((f) => !["closed", "cancelled", "expired"].includes(f.status))
    .reduce<Ruled>(
      (ruling, f) => Result.flatMap(ruling, (before) => decideById(before.order, f.id, command, facts)),
      ruled(order)
    )
