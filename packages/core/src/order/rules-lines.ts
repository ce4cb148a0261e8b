import { Result } from "effect"
import type { Refused } from "../kernel/errors.ts"
import type { CommandInput } from "./commands.ts"
import { holdLines, isTracked, newLine, refuse, ruled, type Ruled, shortage, withFulfilment } from "./edit.ts"
import type { Facts } from "./facts.ts"
import type { CommandName } from "./life.ts"
import type { Fulfilment, Order, OrderLine } from "./model.ts"

const nextLineId = (order: Order): number =>
  1 + Math.max(0, ...order.fulfilments.flatMap((f) => f.lines.map((line) => line.lineId)))

/** The lines as asked, held as far as the branch goes; a shortage is refused where an operator settles it. */
const settle = (
  order: Order,
  f: Fulfilment,
  lines: ReadonlyArray<OrderLine>,
  command: CommandName,
  facts: Facts,
  comment: string | undefined
): Ruled => {
  const policy = facts.policy(f.branchId)
  const note = comment ?? f.note
  if (f.branchId === null) return ruled(withFulfilment(order, { ...f, lines, note }))
  const held = holdLines(lines, f.branchId, facts)
  const raised = held.filter((line) => (f.lines.find((old) => old.lineId === line.lineId)?.quantity ?? 0) < line.quantity)
  const short = shortage(raised)
  if (short.length > 0 && policy.shortageSettledBy === "operator") {
    return refuse(f, command, "insufficientStock", "the branch does not have so many.", short)
  }
  const reservation = f.reservation?.state === "pending" && held.some((line) => line.held > 0)
    ? { ...f.reservation, state: "live" as const }
    : f.reservation
  return ruled(withFulfilment(order, { ...f, lines: held, reservation, note }))
}

/** Changes quantities, takes lines out (0) and adds lines (ORD-4). */
export const changeLines = (order: Order, f: Fulfilment, input: CommandInput<"changeLines">, facts: Facts): Ruled => {
  let lines: ReadonlyArray<OrderLine> = f.lines
  let lineId = nextLineId(order)
  for (const change of input.lines) {
    const edited = change.lineId === undefined
      ? added(f, lines, change, lineId++, facts)
      : resized(f, lines, change.lineId, change.quantity)
    if (Result.isFailure(edited)) return Result.fail(edited.failure)
    lines = edited.success
  }
  if (lines.length === 0) return refuse(f, "changeLines", "noLines", "no line is left; cancel the order instead.")
  return settle(order, f, lines, "changeLines", facts, input.comment)
}

type Edited = Result.Result<ReadonlyArray<OrderLine>, Refused>

const added = (
  f: Fulfilment,
  lines: ReadonlyArray<OrderLine>,
  change: CommandInput<"changeLines">["lines"][number],
  lineId: number,
  facts: Facts
): Edited => {
  const product = change.productId === undefined ? undefined : facts.product(change.productId)
  if (product === undefined || change.quantity === 0) {
    return refuse(f, "changeLines", "unknownProduct", "a new line needs a known productId and a quantity.")
  }
  const line = newLine({ lineId, productId: product.id, asked: product.id, quantity: change.quantity })
  return Result.succeed([...lines, { ...line, price: facts.price(product.id, f.branchId) }])
}

const resized = (f: Fulfilment, lines: ReadonlyArray<OrderLine>, lineId: number, quantity: number): Edited => {
  const line = lines.find((candidate) => candidate.lineId === lineId)
  if (line === undefined) return refuse(f, "changeLines", "unknownLine", `there is no line ${lineId}.`)
  if (quantity < line.sold) return refuse(f, "changeLines", "alreadySold", `line ${lineId}: ${line.sold} are sold.`)
  if (quantity === 0) return Result.succeed(lines.filter((candidate) => candidate !== line))
  const next = {
    ...line,
    quantity,
    held: Math.min(line.held, quantity - line.sold),
    scanned: Math.min(line.scanned, quantity)
  }
  return Result.succeed(lines.map((candidate) => (candidate === line ? next : candidate)))
}

/** Replaces a line's product, by an analogue as a rule; the old goods are let go in the same commit (ORD-4). */
export const substitute = (order: Order, f: Fulfilment, input: CommandInput<"substitute">, facts: Facts): Ruled => {
  const line = f.lines.find((candidate) => candidate.lineId === input.lineId)
  const product = facts.product(input.productId)
  if (line === undefined) return refuse(f, "substitute", "unknownLine", `there is no line ${input.lineId}.`)
  if (line.sold > 0) return refuse(f, "substitute", "alreadySold", "the line is sold in part.")
  if (product === undefined || product.stopped) {
    return refuse(f, "substitute", "unknownProduct", "the replacement is unknown or stopped; choose another product.")
  }
  const branch = f.branchId === null ? undefined : facts.branch(f.branchId)
  const next: OrderLine = {
    ...line,
    productId: product.id,
    quantity: input.quantity ?? line.quantity,
    held: 0,
    scanned: 0,
    tracked: isTracked(facts, product.id, branch),
    price: facts.price(product.id, f.branchId)
  }
  // The replaced line counts as new, so a shortage of the replacement is seen whatever its quantity was.
  const others = { ...f, lines: f.lines.filter((candidate) => candidate !== line) }
  const settled = settle(
    withFulfilment(order, others),
    others,
    f.lines.map((candidate) => (candidate === line ? next : candidate)),
    "substitute",
    facts,
    input.comment
  )
  return settled
}
