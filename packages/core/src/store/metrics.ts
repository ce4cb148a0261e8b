import { Context, Metric } from "effect"
import type { Change } from "./change.ts"

const NONE = Context.empty()

const placed = Metric.counter("aptekit_orders_placed_total", {
  description: "Orders taken in by this process",
  incremental: true
})
const cases = Metric.counter("aptekit_operator_cases_total", {
  description: "Cases opened for operators by this process, by reason",
  incremental: true
})

type Counter = { readonly updateUnsafe: (input: number, context: Context.Context<never>) => void }

/** One counter per reason, made once. */
const byReason = new Map<string, Counter>()

const caseCounter = (reason: string): Counter => {
  let counter = byReason.get(reason)
  if (counter === undefined) byReason.set(reason, counter = Metric.withAttributes(cases, { reason }))
  return counter
}

/** Counts what a committed change did; a replica counts its own, so that sums over replicas are right (OPS-2). */
export const countChange = (change: Change): void => {
  for (const { before, after } of change.orders) {
    if (before === null) placed.updateUnsafe(1, NONE)
    for (const opened of after.cases) {
      if (opened.closedAt === null && before?.cases.some((c) => c.caseId === opened.caseId) !== true) {
        caseCounter(opened.reason).updateUnsafe(1, NONE)
      }
    }
  }
}
