import type { Attempt } from "./attempts.ts"
import { isOk } from "./attempts.ts"
import { cellNames, type Tables } from "./tables.ts"
import { LEVELS, STATED_AT } from "./world.ts"

interface Statement {
  readonly asOf: number
  readonly quantity: number
}

const NEVER: Statement = { asOf: 0, quantity: 0 }

interface StatementBody {
  readonly asOf: string
  readonly source: string
  readonly rows: ReadonlyArray<{ readonly productId: string; readonly branchId: string; readonly quantity: number }>
}

const add = (sums: Map<string, number>, name: string, units: number): void => void sums.set(name, (sums.get(name) ?? 0) + units)

/** The statement that speaks for each row: the latest of those whose run was done. */
const statements = (tables: Tables, attempts: ReadonlyArray<Attempt>): ReadonlyMap<string, Statement> => {
  const done = new Set(tables.sync_runs.filter((run) => run.state === "done").map((run) => run.connection))
  const stated = new Map<string, Statement>(
    LEVELS.map(([product, branch, quantity]) => [`${product}@${branch}`, { asOf: STATED_AT, quantity }])
  )
  for (const one of attempts) {
    if (one.kind !== "statement") continue
    const body = one.body as unknown as StatementBody
    if (!done.has(body.source)) continue
    const asOf = Date.parse(body.asOf)
    for (const { productId, branchId, quantity } of body.rows) {
      const name = `${productId}@${branchId}`
      if ((stated.get(name)?.asOf ?? 0) < asOf) stated.set(name, { asOf, quantity })
    }
  }
  return stated
}

/** P7 as far as stock goes: an answered statement was applied, and none is left half-way. */
const statementsDone = (tables: Tables, attempts: ReadonlyArray<Attempt>, quiet: boolean): ReadonlyArray<string> => {
  const done = new Set(tables.sync_runs.filter((run) => run.state === "done").map((run) => run.connection))
  const found = attempts.filter((one) => one.kind === "statement" && one.answers.some(isOk) && !done.has(String(one.body["source"])))
    .map((one) => `P7: ${String(one.body["source"])} was answered 200 and is not done`)
  if (!quiet) return found
  const open = tables.sync_runs.filter((run) => run.state !== "done" && run.state !== "failed")
  if (open.length > 0) found.push(`P7: runs in the states ${open.map((run) => `${run.connection} ${run.state}`).join(", ")}`)
  if (tables.sync_journal.length > 0) found.push(`P7: ${tables.sync_journal.length} parts of a journal are left`)
  return found
}

/** `reserved` of each row is what the lines hold, and who holds has a living reservation. */
const holdsAddUp = (tables: Tables): ReadonlyArray<string> => {
  const found: Array<string> = []
  const name = cellNames(tables)
  const parts = new Map(tables.fulfilments.map((part) => [`${part.order_id}/${part.part}`, part]))
  const held = new Map<string, number>()
  for (const line of tables.order_lines) {
    const part = parts.get(`${line.order_id}/${line.part}`)
    if (part === undefined) {
      found.push(`P3: line ${line.line_id} of ${line.order_id} belongs to no part`)
      continue
    }
    if (line.held < 0 || line.sold < 0 || line.held + line.sold > line.quantity) {
      found.push(`P3: line ${line.line_id} of ${line.order_id}: ${line.held} held and ${line.sold} sold of ${line.quantity}`)
    }
    if (line.held === 0) continue
    if (part.reservation_state !== "live") {
      found.push(`P3: part ${part.id} (${part.status}) holds goods, its reservation is ${part.reservation_state}`)
    }
    if (line.tracked === 1) add(held, `${line.product_id}@${part.branch_id}`, line.held)
  }
  for (const level of tables.stock_levels) {
    const cell = name(level.cell)
    if (level.reserved !== (held.get(cell) ?? 0)) {
      found.push(`P3: ${cell}: ${level.reserved} reserved, lines hold ${held.get(cell) ?? 0}`)
    }
    held.delete(cell)
  }
  for (const [cell, units] of held) found.push(`P3: ${cell}: lines hold ${units} of a row that is not there`)
  return found
}

/** onHand = the statement's figure + the movements later than it (D1). */
const onHandAddsUp = (tables: Tables, attempts: ReadonlyArray<Attempt>): ReadonlyArray<string> => {
  const name = cellNames(tables)
  const stated = statements(tables, attempts)
  const later = new Map<string, number>()
  for (const move of tables.stock_movements) {
    const cell = name(move.cell)
    if (move.occurred_at > (stated.get(cell) ?? NEVER).asOf) add(later, cell, move.quantity)
  }
  return tables.stock_levels.flatMap((level) => {
    const cell = name(level.cell)
    const { quantity } = stated.get(cell) ?? NEVER
    const moved = later.get(cell) ?? 0
    return level.on_hand === quantity + moved
      ? []
      : [`P3: ${cell}: ${level.on_hand} on hand, stated ${quantity}, moved ${moved} since`]
  })
}

/**
 * The log told change by change: whoever raised what is reserved found that much. Facts may take stock below it (D7);
 * rows that were stated anew are left out, for statements are no changes of the log.
 */
const neverOversold = (tables: Tables, attempts: ReadonlyArray<Attempt>): ReadonlyArray<string> => {
  const found: Array<string> = []
  const name = cellNames(tables)
  const restated = new Set(
    attempts.filter(({ kind }) => kind === "statement")
      .flatMap((one) => (one.body as unknown as StatementBody).rows.map((row) => `${row.productId}@${row.branchId}`))
  )
  const now = new Map(LEVELS.map(([product, branch, units]) => [`${product}@${branch}`, { onHand: units, reserved: 0 }]))
  for (const event of tables.events) {
    const levels = JSON.parse(event.levels ?? "[]") as ReadonlyArray<readonly [number, number, number]>
    for (const [cell, onHand, reserved] of levels) {
      const level = now.get(name(cell))!
      level.onHand += onHand
      level.reserved += reserved
      if (reserved > 0 && level.reserved > level.onHand && !restated.has(name(cell))) {
        found.push(`P3: change ${event.change_id} reserved ${reserved} of ${name(cell)}: ${level.reserved} of ${level.onHand}`)
      }
    }
  }
  for (const level of tables.stock_levels) {
    const told = now.get(name(level.cell)) ?? { onHand: 0, reserved: 0 }
    const onHand = restated.has(name(level.cell)) ? level.on_hand : told.onHand
    if (level.on_hand !== onHand || level.reserved !== told.reserved) {
      found.push(`P3: ${name(level.cell)}: the log tells ${told.onHand}/${told.reserved}, stored ${level.on_hand}/${level.reserved}`)
    }
  }
  return found
}

/** In these a person can still be told that the goods are gone (D7). */
const UNPACKED = ["operator", "assigned", "accepted", "awaiting"]

/** Facts may take stock below what is reserved; then the reservations that no longer fit are let go, each with its case. */
export const untold = (tables: Tables): ReadonlyArray<string> => {
  const name = cellNames(tables)
  const short = new Set(tables.stock_levels.filter((level) => level.reserved > level.on_hand).map((level) => name(level.cell)))
  if (short.size === 0) return []
  const parts = new Map(tables.fulfilments.map((part) => [`${part.order_id}/${part.part}`, part]))
  return tables.order_lines.flatMap((line) => {
    const part = parts.get(`${line.order_id}/${line.part}`)
    const cell = `${line.product_id}@${part?.branch_id}`
    return line.held > 0 && line.tracked === 1 && short.has(cell) && UNPACKED.includes(part?.status ?? "")
      ? [`P3: part ${part?.id} (${part?.status}) still holds ${line.held} of ${cell}, which is gone`]
      : []
  })
}

interface SaleBody {
  readonly lines: ReadonlyArray<{ readonly productId: string; readonly quantity: number }>
}

/** Units that had been sold before move nothing, and a person is told. */
const ODD_SALES = ["doubleSale", "soldDifferently"]

/** P2: each receipt has moved its goods exactly once, less the units that had been sold before. */
const salesOnce = (tables: Tables, attempts: ReadonlyArray<Attempt>): ReadonlyArray<string> => {
  const found: Array<string> = []
  const name = cellNames(tables)
  const tracked = new Set(LEVELS.map(([product]) => product))
  const moved = new Map<string, number>()
  for (const move of tables.stock_movements) add(moved, `${move.ref} ${name(move.cell)}`, move.quantity)
  const stored = new Set(tables.sales.map((sale) => `${sale.source}/${sale.id}`))
  const odd = new Set(tables.operator_cases.filter((c) => ODD_SALES.includes(c.reason)).map((c) => c.order_id))
  for (const sale of tables.sales) {
    const wanted = new Map<string, number>()
    for (const line of (JSON.parse(sale.data) as SaleBody).lines) {
      if (tracked.has(line.productId)) add(wanted, line.productId, -line.quantity)
    }
    const sums = [...wanted].map(([product, units]) =>
      [units, moved.get(`${sale.source}/${sale.id} ${product}@${sale.branch_id}`) ?? 0] as const
    )
    const once = sums.every(([wanted, done]) => wanted === done)
    const known = odd.has(sale.order_id ?? "") && sums.every(([wanted, done]) => wanted <= done && done <= 0)
    if (!once && !known) found.push(`P2: receipt ${sale.id} moved ${sums.map(([wanted, done]) => `${done} for ${wanted}`).join(", ")}`)
  }
  for (const one of attempts) {
    if (one.kind !== "sale" || !one.answers.some(isOk)) continue
    const receipt = `${String(one.body["source"])}/${String(one.body["id"])}`
    if (!stored.has(receipt)) found.push(`P1: receipt ${receipt} was answered and is gone`)
  }
  return found
}

export const stockIsRight = (tables: Tables, attempts: ReadonlyArray<Attempt>, quiet: boolean): ReadonlyArray<string> => [
  ...holdsAddUp(tables),
  ...neverOversold(tables, attempts),
  ...salesOnce(tables, attempts),
  ...statementsDone(tables, attempts, quiet),
  // A statement that was cut off is half in the rows until the next start has finished it.
  ...(quiet ? [...onHandAddsUp(tables, attempts), ...untold(tables)] : [])
]
