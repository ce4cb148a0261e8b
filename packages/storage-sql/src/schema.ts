import type { Generated } from "kysely"

/** 0 or 1: neither database has a boolean of its own. */
type Flag = number
/** Milliseconds since 1970 (D24). */
type Instant = number

/**
 * One schema for both databases. Columns for what is searched, joined, summed or unique; JSON only for what nobody
 * queries (D23). A *cell* is `product slot * 4096 + branch slot`: the packed key that measured fastest.
 */
export interface Schema {
  counters: { name: string; value: number }
  branches: { slot: number; id: string; data: string }
  channels: { id: string; data: string }
  policies: { scope: string; scope_id: string; data: string }
  message_templates: { language: string; notice: string; text: string | null; subject: string | null }
  api_keys: { hash: string; channel_id: string; role: string; label: string }
  products: {
    slot: number
    id: string
    sku: string | null
    name_ru: string
    name_kk: string | null
    name_en: string | null
    inn: string | null
    atc: string | null
    form: string | null
    strength: string | null
    maker: string | null
    storage: string
    prescription: Flag
    weight_grams: number | null
    family: string | null
    shown: Flag
    confirmed: Flag
    stock_control: Flag
    stopped: Flag
    /** Barcodes as JSON beside their rows in `product_barcodes`, so that a product is read by one query. */
    barcodes: string
    search: string
    /** Percent; `EXEMPT`: none is due; null: unknown. */
    vat: number | null
    group_id: string | null
    /** Unit and pack as JSON, `[unit, pack]`; null: neither is known. Nobody looks for them. */
    units: string | null
  }
  /** Apart, so that no list reads them. */
  product_descriptions: { product: number; ru: string | null; kk: string | null; en: string | null }
  product_groups: {
    id: string
    name_ru: string
    name_kk: string | null
    name_en: string | null
    parent: string | null
    shown: Flag
  }
  product_barcodes: { barcode: string; product: number }
  links: { connection: string; kind: string; external_id: string; id: string }
  stock_levels: { cell: number; on_hand: number; reserved: number; as_of: Instant }
  stock_movements: {
    seq: Generated<number>
    cell: number
    quantity: number
    cause: string
    occurred_at: Instant
    recorded_at: Instant
    ref: string
  }
  price_types: { slot: number; id: string }
  /** `id`: (price type * 2^22 + product) * 4096 + branch + 1; branch −1 is the whole network. */
  prices: { id: number; amount: number; as_of: Instant }
  /** When statements last named rows they did not change: blocks of the image (D2). */
  stated_times: { kind: string; block: number; width: number; data: Uint8Array }
  orders: {
    id: string
    number: string
    version: number
    channel_id: string
    external_id: string
    replaces: string | null
    status: string
    created_at: Instant
    updated_at: Instant
    customer_name: string
    customer_phone: string | null
    customer_email: string | null
    language: string
    delivery_type: string
    pickup_branch: string | null
    address: string | null
    lat: number | null
    lon: number | null
    payment_method: string
    payment_state: string
    currency: string
    comment: string | null
    plan: string | null
    request: string
    search: string
  }
  fulfilments: {
    id: string
    order_id: string
    part: number
    branch_id: string | null
    status: string
    reservation_state: string | null
    expires_at: Instant | null
    sweep_at: Instant | null
    accepted_at: Instant | null
    deferred_until: Instant | null
    expected_at: Instant | null
    awaiting_from: string | null
    delivered: Flag
    put_back: string | null
    end_reason: string | null
    note: string | null
  }
  order_lines: {
    order_id: string
    line_id: number
    part: number
    /** Place within its fulfilment: lists show lines as they were asked for. */
    position: number
    product_id: string | null
    asked: string
    quantity: number
    held: number
    sold: number
    scanned: number
    tracked: Flag
    price: number | null
    price_currency: string | null
    channel_price: number | null
    channel_currency: string | null
  }
  operator_cases: {
    order_id: string
    case_id: number
    part: number
    reason: string
    line_id: number | null
    comment: string | null
    opened_at: Instant
    closed_at: Instant | null
    resolution: string | null
    candidates: string | null
  }
  sales: {
    source: string
    id: string
    branch_id: string
    occurred_at: Instant
    recorded_at: Instant
    order_id: string | null
    data: string
  }
  idempotency_keys: { scope: string; key_text: string; fingerprint: string; order_id: string | null; at: Instant }
  /** `moves`: commits that moved stock; `statements`: runs that were journalled. Each is decided against the other (D1). */
  feed: { id: number; last: number; moves: number; statements: number }
  events: {
    seq: number
    change_id: string
    origin: string
    at: Instant
    type: string
    order_id: string | null
    fulfilment_id: string | null
    branch_id: string | null
    actor_kind: string
    actor_id: string
    data: string
    /** Stock changed by the same commit, on its last event, for the images of other replicas (D5). */
    levels: string | null
  }
  outbox: {
    seq: Generated<number>
    id: string
    lane: string
    method: string
    order_id: string | null
    payload: string
    state: string
    /** 1 when it needs no more work: done, rejected, dropped. */
    ended: Flag
    attempts: number
    available_at: Instant
    leased_until: Instant
    token: number
    last_error: string | null
    partner_ref: string | null
    created_at: Instant
    ended_at: Instant | null
    /** Only in a pull lane: the order's version that the news belong to. */
    order_version: number | null
    /** How its tries ended and what people decided, as JSON; null: nothing yet. */
    history: string | null
  }
  /** Parts as connections were last told of them. */
  told_parts: { lane: string; fulfilment_id: string; order_id: string; data: string }
  /** Tokens of lanes with a rate over several hubs. */
  lane_quotas: { lane: string; tokens: number; at: Instant }
  leases: { name: string; owner: string; expires_at: Instant; token: number }
  sync_runs: {
    id: string
    connection: string
    file: string
    state: string
    started_at: Instant
    finished_at: Instant | null
    counts: string
    error: string | null
    rejects: string
    preview: Flag
    decided_by: string | null
    /** The lease of the hub that received it. */
    owner: string | null
  }
  /** What a held run would change, in parts of one kind each: rows of four 32-bit figures. */
  sync_difference: { run_id: string; part: number; kind: string; price_type: string | null; data: Uint8Array }
  /** Series of a cell. All rows of a cell are of one statement; one of 0 units only keeps its time. */
  stock_series: { cell: number; series: string; expires_at: string | null; units: number; as_of: Instant }
  /** Calls to and from partners (EXP-4). `search`: what a fragment is looked for in, folded. */
  push_subscriptions: {
    seq: Generated<number>
    channel_id: string
    /** A phone, or the id of an order. */
    owner: string
    /** SHA-256 of the endpoint, which may be too long for an index. */
    hash: string
    endpoint: string
    keys_json: string
    at: Instant
  }
  message_counts: { counter: string; day: string; sent: number }
  opt_outs: { address: string; at: Instant }
  message_reports: {
    connection: string
    provider_id: string
    state: string
    /** How far the state is: a report that is not farther is no news. */
    progress: number
    at: Instant | null
    detail: string | null
    changed_at: Instant
  }
  exchange_log: {
    id: string
    at: Instant
    connection: string
    direction: string
    operation: string
    order_id: string | null
    outcome: string
    failed: Flag
    duration_ms: number
    sent_bytes: number
    received_bytes: number
    request: string | null
    response: string | null
    error: string | null
    step: string | null
    workplace: string | null
    search: string
  }
  /** The compared rows of a run, kept before its first slice (D4). */
  sync_journal: { run_id: string; part: number; kind: string; price_type: string | null; as_of: Instant; data: Uint8Array }
}

const BRANCHES = 4096

/** The packed key of a stock row. */
export const cellOf = (product: number, branch: number): number => product * BRANCHES + branch
export const productOf = (cell: number): number => Math.floor(cell / BRANCHES)
export const branchOf = (cell: number): number => cell % BRANCHES

const PRODUCTS = 2 ** 22

/** The packed key of a price row; branch −1 is the whole network. */
export const priceKey = (type: number, product: number, branch: number): number =>
  (type * PRODUCTS + product) * BRANCHES + branch + 1
export const priceParts = (id: number): { readonly type: number; readonly product: number; readonly branch: number } => {
  const row = Math.floor(id / BRANCHES)
  return { type: Math.floor(row / PRODUCTS), product: row % PRODUCTS, branch: (id % BRANCHES) - 1 }
}
