/** The rows that the checker reads, as both databases give them. Times are milliseconds. */
export interface OrderRow {
  readonly id: string
  readonly number: string
  readonly version: number
  readonly channel_id: string
  readonly external_id: string
  readonly status: string
}
export interface FulfilmentRow {
  readonly id: string
  readonly order_id: string
  readonly part: number
  readonly branch_id: string | null
  readonly status: string
  readonly reservation_state: string | null
  readonly expires_at: number | null
  readonly sweep_at: number | null
}
export interface LineRow {
  readonly order_id: string
  readonly line_id: number
  readonly part: number
  readonly product_id: string | null
  readonly quantity: number
  readonly held: number
  readonly sold: number
  readonly scanned: number
  readonly tracked: number
}
export interface CaseRow {
  readonly order_id: string
  readonly part: number
  readonly reason: string
  readonly closed_at: number | null
}
export interface EventRow {
  readonly seq: number
  readonly change_id: string
  readonly type: string
  readonly order_id: string | null
  readonly fulfilment_id: string | null
  readonly actor_kind: string
  readonly actor_id: string
  readonly data: string
  readonly levels: string | null
}
export interface LevelRow {
  readonly cell: number
  readonly on_hand: number
  readonly reserved: number
}
export interface MovementRow {
  readonly cell: number
  readonly quantity: number
  readonly occurred_at: number
  readonly ref: string
}
export interface SaleRow {
  readonly source: string
  readonly id: string
  readonly branch_id: string
  readonly order_id: string | null
  readonly data: string
}
export interface KeyRow {
  readonly key_text: string
  readonly fingerprint: string
}
export interface OutboxRow {
  readonly id: string
  readonly order_id: string | null
  readonly state: string
  readonly ended: number
}
export interface RunRow {
  readonly connection: string
  readonly state: string
}

export interface Tables {
  readonly orders: ReadonlyArray<OrderRow>
  readonly fulfilments: ReadonlyArray<FulfilmentRow>
  readonly order_lines: ReadonlyArray<LineRow>
  readonly operator_cases: ReadonlyArray<CaseRow>
  readonly events: ReadonlyArray<EventRow>
  readonly feed: ReadonlyArray<{ readonly last: number }>
  readonly stock_levels: ReadonlyArray<LevelRow>
  readonly stock_movements: ReadonlyArray<MovementRow>
  readonly sales: ReadonlyArray<SaleRow>
  readonly idempotency_keys: ReadonlyArray<KeyRow>
  readonly outbox: ReadonlyArray<OutboxRow>
  readonly sync_runs: ReadonlyArray<RunRow>
  readonly sync_journal: ReadonlyArray<{ readonly run_id: string }>
  readonly products: ReadonlyArray<{ readonly slot: number; readonly id: string }>
  readonly branches: ReadonlyArray<{ readonly slot: number; readonly id: string }>
}

/** The events in their order; of wide tables only what is looked at. */
export const QUERIES: { readonly [T in keyof Tables]: string } = {
  orders: "select id, number, version, channel_id, external_id, status from orders",
  fulfilments: "select id, order_id, part, branch_id, status, reservation_state, expires_at, sweep_at from fulfilments",
  order_lines: "select order_id, line_id, part, product_id, quantity, held, sold, scanned, tracked from order_lines",
  operator_cases: "select order_id, part, reason, closed_at from operator_cases",
  events: "select seq, change_id, type, order_id, fulfilment_id, actor_kind, actor_id, data, levels from events order by seq",
  feed: "select last from feed",
  stock_levels: "select cell, on_hand, reserved from stock_levels",
  stock_movements: "select cell, quantity, occurred_at, ref from stock_movements",
  sales: "select source, id, branch_id, order_id, data from sales",
  idempotency_keys: "select key_text, fingerprint from idempotency_keys",
  outbox: "select id, order_id, state, ended from outbox",
  sync_runs: "select connection, state from sync_runs",
  sync_journal: "select run_id from sync_journal",
  products: "select slot, id from products",
  branches: "select slot, id from branches"
}

const BRANCH_SLOTS = 4096

/** `product@branch` of each packed cell. */
export const cellNames = (tables: Tables): ((cell: number) => string) => {
  const products = new Map(tables.products.map(({ slot, id }) => [slot, id]))
  const branches = new Map(tables.branches.map(({ slot, id }) => [slot, id]))
  return (cell) => `${products.get(Math.floor(cell / BRANCH_SLOTS))}@${branches.get(cell % BRANCH_SLOTS)}`
}
