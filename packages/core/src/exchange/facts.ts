import { Schema } from "effect"
import { Instant } from "../kernel/time.ts"
import type { Branch } from "../network/model.ts"
import type { CaseReason } from "../operator/model.ts"
import type { Command } from "../order/commands.ts"
import { soldInFull } from "../order/edit.ts"
import { isEnded, transition } from "../order/life.ts"
import type { Fulfilment } from "../order/model.ts"

/** Cases that a partner's system opens and closes. */
export type ErpReason = Extract<CaseReason, "needsErpAction" | "erpDiffers">

/** The reason of a part that ended because the partner cancelled its document. */
export const CANCELLED_BY_PARTNER = "cancelledByPartner"

/** What a partner says of one document: a fact (D7). */
export interface PartFact {
  /** `<order>-<part>`, or the order's number where this connection takes one part of it. */
  readonly number: string
  /** The partner's own id of the document. */
  readonly documentId: string | null
  readonly at: Instant | null
  /** `none`: it says nothing of the state; only lines are compared. */
  readonly state: "accepted" | "assembled" | "cancelled" | "sold" | "none"
  /** All lines of the document; null where it says nothing of them. Prices in minor units. */
  readonly lines: ReadonlyArray<PartFactLine> | null
  readonly reason: string | null
}

/** A line of a partner's document: sold units, and minor units for one of them (null: it names no price). */
export interface PartFactLine {
  readonly productId: string
  readonly quantity: number
  readonly priceMinor: number | null
}

/** As they come in: a partner that is read wrongly must not be acted on. */
export const PartFacts = Schema.Array(Schema.Struct({
  number: Schema.String,
  documentId: Schema.NullOr(Schema.String),
  at: Schema.NullOr(Instant),
  state: Schema.Literals(["accepted", "assembled", "cancelled", "sold", "none"]),
  lines: Schema.NullOr(Schema.Array(Schema.Struct({
    productId: Schema.String,
    quantity: Schema.Finite,
    priceMinor: Schema.NullOr(Schema.Finite)
  }))),
  reason: Schema.NullOr(Schema.String)
})).check(Schema.isMaxLength(10_000))

/**
 * What became of a fact. `applied`: something was committed; `known`: nothing was to do; `recorded`: it could not be
 * applied, and an operator sees a case (D7); `unknownOrder`: no part of that number is this connection's.
 */
export interface FactResult {
  readonly number: string
  readonly outcome: "applied" | "known" | "recorded" | "unknownOrder"
  /** Why, in English, without personal data. */
  readonly detail: string
}

/** What a fact asks for: nothing, commands, a sale, or a person. */
export type Verdict =
  | { readonly kind: "known"; readonly detail: string }
  | { readonly kind: "commands"; readonly commands: ReadonlyArray<Command> }
  | { readonly kind: "sale" }
  | { readonly kind: "case"; readonly reason: ErpReason; readonly comment: string }

const known = (f: Fulfilment): Verdict => ({ kind: "known", detail: `here it is ${f.status}` })
const differs = (f: Fulfilment, state: PartFact["state"], reason: ErpReason = "erpDiffers"): Verdict => ({
  kind: "case",
  reason,
  comment: `${state} in the partner's system; here ${f.status}`
})

const ACCEPT: Command = { name: "accept", input: {} }
const ASSEMBLE: Command = { name: "assemble", input: {} }

const judgeCancelled = (f: Fulfilment): Verdict => {
  if (transition("cancel").from.includes(f.status)) {
    return { kind: "commands", commands: [{ name: "cancel", input: { reason: CANCELLED_BY_PARTNER } }] }
  }
  // The rest of a part that was sold in part has been let go: nothing is left to cancel.
  const over = isEnded(f.status) && !(f.status === "closed" && soldInFull(f))
  return over ? known(f) : differs(f, "cancelled")
}

/** Accepted or assembled there. What has ended here without a sale must be taken back in the partner's system (R8). */
const judgeProgress = (f: Fulfilment, state: "accepted" | "assembled"): Verdict => {
  if (f.status === "cancelled" || f.status === "expired") return differs(f, state, "needsErpAction")
  if (f.status === "operator" || (state === "assembled" && f.status === "awaiting")) return differs(f, state)
  const commands: Array<Command> = f.status === "assigned" ? [ACCEPT] : []
  if (state === "assembled" && (f.status === "assigned" || f.status === "accepted")) commands.push(ASSEMBLE)
  return commands.length === 0 ? known(f) : { kind: "commands", commands }
}

/**
 * Where the branch's sales come from elsewhere (D9), the partner's word moves nothing: what the register has told is
 * known, what it has not told yet waits for it as a case, which its sale closes.
 */
const judgeSold = (f: Fulfilment, saleSource: Branch["saleSource"]): Verdict => {
  if (saleSource === "erp") return { kind: "sale" }
  if (soldInFull(f)) return known(f)
  const comment = `sold in the partner's system; here ${f.status}, and sales of this branch come from ${saleSource}`
  return { kind: "case", reason: "erpDiffers", comment }
}

/** What the state of a partner's document asks for: pure (D7). */
export const judgeState = (f: Fulfilment, state: PartFact["state"], saleSource: Branch["saleSource"]): Verdict => {
  switch (state) {
    case "none":
      return known(f)
    case "cancelled":
      return judgeCancelled(f)
    case "sold":
      return judgeSold(f, saleSource)
    case "accepted":
    case "assembled":
      return judgeProgress(f, state)
  }
}

interface Sum {
  readonly lineId: number | null
  quantity: number
  readonly price: number | null
}

const add = (sums: Map<string, Sum>, product: string, quantity: number, price: number | null, lineId: number | null) => {
  const sum = sums.get(product)
  if (sum === undefined) sums.set(product, { lineId, quantity, price })
  else sum.quantity += quantity
}

/** Two lines of one product are one quantity: partners merge and split them as they like. */
const sums = (f: Fulfilment): Map<string, Sum> => {
  const ours = new Map<string, Sum>()
  for (const line of f.lines) {
    if (line.productId !== null) add(ours, line.productId, line.quantity, line.price?.amount ?? null, line.lineId)
  }
  return ours
}

/** How the lines of the partner's document differ from the part, naming lines by their number; null where they agree. */
export const linesDiffer = (f: Fulfilment, lines: ReadonlyArray<PartFactLine>): string | null => {
  const theirs = new Map<string, Sum>()
  for (const line of lines) if (line.quantity > 0) add(theirs, line.productId, line.quantity, line.priceMinor, null)
  const ours = sums(f)
  const found = [...ours].flatMap(([product, { lineId, quantity, price }]) => {
    const their = theirs.get(product)
    if (their === undefined) return [`line ${lineId} (${product}) removed`]
    return [
      ...(their.quantity === quantity ? [] : [`line ${lineId} (${product}): quantity ${quantity} → ${their.quantity}`]),
      ...(their.price === null || price === null || their.price === price
        ? []
        : [`line ${lineId} (${product}): price ${(price / 100).toFixed(2)} → ${(their.price / 100).toFixed(2)}`])
    ]
  })
  const added = [...theirs].filter(([product]) => !ours.has(product))
    .map(([product, { quantity }]) => `${product} × ${quantity} added`)
  const all = [...found, ...added]
  return all.length === 0 ? null : all.join("; ")
}

/** Does the document name more sold units than are recorded here? */
export const sellsMore = (f: Fulfilment, lines: ReadonlyArray<PartFactLine>): boolean => {
  const left = new Map<string, number>()
  for (const line of f.lines) if (line.productId !== null) left.set(line.productId, (left.get(line.productId) ?? 0) + line.sold)
  for (const line of lines) left.set(line.productId, (left.get(line.productId) ?? 0) - line.quantity)
  return [...left.values()].some((units) => units < 0)
}
