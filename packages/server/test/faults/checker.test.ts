import { beforeAll, expect, test } from "vitest"
import { isOk } from "./support/attempts.ts"
import { type Evidence, violations } from "./support/checker.ts"
import { newSqlite } from "./support/database.ts"
import { until } from "./support/hub.ts"
import { chance } from "./support/random.ts"
import { stage, workUntil } from "./support/run.ts"
import { cellNames, type Tables } from "./support/tables.ts"

let tables: Tables
let evidence: Evidence

/** Some hundred requests without a single fault. */
beforeAll(async () => {
  const on = await stage(await newSqlite(), chance(1))
  const hub = await on.start()
  const enough = until("enough was done", async () => on.workload.done > 400)
  await workUntil(on, hub, enough)
  await on.conclude()
  tables = await on.database.tables()
  evidence = { attempts: on.workload.attempts, ledger: [...on.partners.gateway.ledger] }
}, 60_000)

const found = (changed: Partial<Tables>, other: Partial<Evidence> = {}): string =>
  violations({ ...tables, ...changed }, { ...evidence, ...other }, true).join("\n")

/** The rows with the first one that fits changed, or gone. */
const damaged = <T extends keyof Tables>(
  table: T,
  fits: (row: Tables[T][number]) => boolean,
  change: Partial<Tables[T][number]> | null
): Partial<Tables> => {
  const rows = tables[table] as ReadonlyArray<Tables[T][number]>
  const at = rows.findIndex(fits)
  expect(at, `a row of ${table} to damage`).toBeGreaterThanOrEqual(0)
  return { [table]: rows.flatMap((row, i) => (i !== at ? [row] : change === null ? [] : [{ ...row, ...change }])) }
}

test("the checker finds nothing where nothing was broken, and it has looked at something", () => {
  expect(found({})).toBe("")
  const kinds = new Set([...evidence.attempts].filter((one) => one.answers.some(isOk)).map((one) => one.kind))
  expect([...kinds].sort()).toEqual(["command", "place", "sale", "statement"])
  expect(evidence.ledger.length).toBeGreaterThan(50)
  expect(new Set(tables.fulfilments.map((part) => part.status)).size).toBeGreaterThan(5)
})

const placedId = (): string => {
  const one = [...evidence.attempts].find((attempt) => attempt.kind === "place" && attempt.answers.some(isOk))!
  return (one.answers.find(isOk)!.body as { readonly id: string }).id
}

test("the checker finds P1 broken: lost orders, receipts and cases", () => {
  const id = placedId()
  expect(found(damaged("orders", (row) => row.id === id, null))).toMatch(/P1: order \S+ was answered 201 and is gone/u)
  expect(found(damaged("orders", (row) => row.version > 1, { version: 0 }))).toMatch(/P1: order \S+ was answered in version/u)
  expect(found(damaged("sales", () => true, null))).toMatch(/P1: receipt \S+ was answered and is gone/u)
  expect(found({ operator_cases: [] })).toMatch(/P1: part \S+ waits for an operator without a case/u)
  expect(found(damaged("fulfilments", (row) => row.status === "assigned", { sweep_at: null }))).toMatch(/P1: nobody will ever look/u)
  expect(found(damaged("fulfilments", (row) => row.status === "assigned", { status: "placed" }))).toMatch(/P1: part \S+ was never planned/u)
})

test("the checker finds P2 broken: a second order, a command done twice or forgotten, a receipt counted twice", () => {
  const order = tables.orders[0]!
  expect(found({ orders: [...tables.orders, { ...order, id: "other" }] })).toMatch(/P2: two orders of/u)
  expect(found(damaged("idempotency_keys", () => true, null))).toMatch(/P2: \S+ was answered [\d, ]+, but its key is unknown/u)
  const event = tables.events.find((row) => row.type === "fulfilment.accept")!
  const again = { ...event, seq: tables.events.length + 1, change_id: "again" }
  expect(found({ events: [...tables.events, again] })).toMatch(/P2: \S+ accept: 1 keys taken, done 2 times/u)
  const move = tables.stock_movements.find((row) => row.ref.startsWith("till"))!
  expect(found({ stock_movements: [...tables.stock_movements, move] })).toMatch(/P2: receipt \S+ moved/u)
})

test("the checker finds P3 broken: holds that do not add up, goods sold twice, a statement lost", () => {
  const reserved = tables.stock_levels.find((row) => row.reserved > 0)!
  const raised = { reserved: reserved.reserved + 1 }
  expect(found(damaged("stock_levels", (row) => row.cell === reserved.cell, raised))).toMatch(/P3: \S+: \d+ reserved, lines hold/u)
  expect(found(damaged("order_lines", (row) => row.held > 0, { held: 0 }))).toMatch(/P3: \S+: \d+ reserved, lines hold/u)
  expect(found(damaged("stock_levels", () => true, { on_hand: 7 }))).toMatch(/P3: \S+: 7 on hand, stated/u)
  const emptied = found(damaged("stock_levels", (row) => row.cell === reserved.cell, { on_hand: 0 }))
  expect(emptied).toMatch(/P3: part \S+ \(\w+\) still holds \d+ of \S+, which is gone/u)
  const held = new Set(tables.order_lines.filter((row) => row.held > 0).map((row) => `${row.order_id}/${row.part}`))
  const holder = tables.fulfilments.find((row) => row.status === "accepted" && held.has(`${row.order_id}/${row.part}`))!
  expect(found(damaged("fulfilments", (row) => row.id === holder.id, { reservation_state: "expired" })))
    .toMatch(/P3: part \S+ \(accepted\) holds goods/u)
  const name = cellNames(tables)
  const cellIn = (levels: string | null): number | undefined => (JSON.parse(levels ?? "[]") as Array<[number]>)[0]?.[0]
  const scarce = tables.events.findIndex((row) => row.type === "order.placed" && name(cellIn(row.levels) ?? -1) === "insulin@north")
  const cell = cellIn(tables.events[scarce]!.levels)
  const oversold = tables.events.map((row, i) => (i === scarce ? { ...row, levels: `[[${cell},0,1000]]` } : row))
  expect(found({ events: oversold })).toMatch(/P3: change \S+ reserved 1000 of insulin@north/u)
  expect(found(damaged("sync_runs", (row) => row.connection.startsWith("statement"), { state: "failed" })))
    .toMatch(/P7: \S+ was answered 200 and is not done/u)
})

test("the checker finds P8 broken: a log with gaps, without authors, or that tells another state", () => {
  expect(found(damaged("events", (row) => row.seq === 5, null))).toMatch(/P8: entry 5 of the log has the number 6/u)
  expect(found(damaged("events", () => true, { actor_id: "" }))).toMatch(/P8: entry 1 has no author/u)
  expect(found(damaged("fulfilments", (row) => row.status === "assigned", { status: "accepted" }))).toMatch(/P8: part \S+ is accepted/u)
  expect(found(damaged("order_lines", () => true, { sold: 99 }))).toMatch(/P8: part \S+ has .*99 sold/u)
  expect(found(damaged("orders", (row) => row.status === "assigned", { status: "closed" }))).toMatch(/P8: order \S+ is closed/u)
})

test("the checker finds P6 broken: a message sent twice, never, or for a change that was lost", () => {
  const [message] = evidence.ledger
  expect(found({}, { ledger: [...evidence.ledger, message!] })).toMatch(/P6: message \S+ was sent 2 times/u)
  expect(found({}, { ledger: evidence.ledger.slice(1) })).toMatch(/P6: message \S+ counts as done and was never sent/u)
  expect(found(damaged("outbox", (row) => row.id === message!.reference, null))).toMatch(/was sent for a change that is not there/u)
  expect(found(damaged("outbox", (row) => row.state === "done", { state: "sending", ended: 0 }))).toMatch(/P6: message \S+ is still sending/u)
})
