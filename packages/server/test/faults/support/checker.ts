import type { GatewayMessage } from "@aptekit/adapter-sms/testing"
import { expect } from "vitest"
import type { Attempt } from "./attempts.ts"
import { logTellsAll } from "./check-log.ts"
import { nothingTwice, ordersAreThere } from "./check-orders.ts"
import { stockIsRight } from "./check-stock.ts"
import type { Tables } from "./tables.ts"

/** What the outside world knows: the answers that were given, and what the gateway has sent. */
export interface Evidence {
  readonly attempts: Iterable<Attempt>
  readonly ledger: ReadonlyArray<GatewayMessage>
}

/** P6: what counts as done is in the partner's ledger; the ledger has each message once, and none of a lost change. */
const messagesOnce = (tables: Tables, ledger: ReadonlyArray<GatewayMessage>, quiet: boolean): ReadonlyArray<string> => {
  const found: Array<string> = []
  const sent = new Map<string, number>()
  for (const { reference } of ledger) sent.set(reference, (sent.get(reference) ?? 0) + 1)
  const known = new Set(tables.outbox.map((row) => row.id))
  for (const [id, times] of sent) {
    if (times > 1) found.push(`P6: message ${id} was sent ${times} times`)
    if (!known.has(id)) found.push(`P6: message ${id} was sent for a change that is not there`)
  }
  const orders = new Set(tables.orders.map((order) => order.id))
  for (const row of tables.outbox) {
    if (row.state === "done" && !sent.has(row.id)) found.push(`P6: message ${row.id} counts as done and was never sent`)
    if (quiet && row.ended === 0) found.push(`P6: message ${row.id} is still ${row.state}`)
    if (!orders.has(row.order_id ?? "")) found.push(`P6: message ${row.id} belongs to no order`)
  }
  return found
}

/**
 * Every broken promise, by its number. `quiet`: nothing is under way any more, so whatever was cut off must have been
 * finished; otherwise the hub may lie dead in the middle of its work.
 */
export const violations = (tables: Tables, evidence: Evidence, quiet: boolean): ReadonlyArray<string> => {
  const attempts = [...evidence.attempts]
  return [
    ...ordersAreThere(tables, attempts, quiet),
    ...nothingTwice(tables, attempts),
    ...stockIsRight(tables, attempts, quiet),
    ...logTellsAll(tables),
    ...messagesOnce(tables, evidence.ledger, quiet)
  ]
}

export const expectPromisesKept = (tables: Tables, evidence: Evidence, when: "cut off" | "quiet"): void => {
  expect(violations(tables, evidence, when === "quiet"), `${when}: broken promises`).toEqual([])
}
