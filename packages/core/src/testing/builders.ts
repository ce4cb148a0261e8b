import { newProduct, type Product } from "../catalogue/model.ts"
import type { Actor } from "../kernel/actor.ts"
import { BranchId, ChannelId, FulfilmentId, OrderId, ProductId } from "../kernel/ids.ts"
import type { Money } from "../kernel/money.ts"
import { HOUR, type Instant } from "../kernel/time.ts"
import type { Branch, Channel } from "../network/model.ts"
import { DEFAULT_POLICY, type Policy } from "../network/policy.ts"
import { changeOfOrder } from "../order/change.ts"
import { newPart } from "../order/edit.ts"
import type { Fulfilment, FulfilmentStatus, Order, OrderLine } from "../order/model.ts"
import type { OrderRequest } from "../order/request.ts"
import type { Change, EventType, IdempotencyKey, OutboxDraft } from "../store/change.ts"
import type { Movement } from "../stock/model.ts"
import type { Sale } from "../order/sale.ts"

/** A Monday, 11:00 in Almaty: when the tests begin. */
export const TEST_NOW: Instant = Date.parse("2026-11-23T06:00:00Z")

/** Tenge, in tiyn. */
export const kzt = (amount: number): Money => ({ amount, currency: "KZT" })

/** Ids that look like UUIDv7 and sort by their number. */
export const testUuid = (n: number): string => `01980000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`

/** A branch without entered hours, which counts as always open. */
export const makeBranch = (id: string, over: Partial<Branch> = {}): Branch => ({
  id: BranchId.make(id),
  name: `Аптека ${id}`,
  address: `ул. Абая, ${id}`,
  point: { lat: 43.238, lon: 76.945 },
  zone: "Asia/Almaty",
  hours: [],
  exceptions: [],
  active: true,
  warehouse: false,
  stockControl: true,
  saleSource: "register",
  ...over
})

/** A channel that sells in tenge at the price type `retail`. */
export const makeChannel = (id: string, over: Partial<Channel> = {}): Channel => ({
  id: ChannelId.make(id),
  name: `Канал ${id}`,
  active: true,
  priceType: "retail",
  currency: "KZT",
  ...over
})

/** A product on sale, with a SKU and no barcode. */
export const makeProduct = (id: string, over: Partial<Product> = {}): Product => ({
  ...newProduct(ProductId.make(id), `Товар ${id}`),
  sku: `sku-${id}`,
  ...over
})

/** A request of the channel `shop` for one `aspirin` to be collected at `north`. */
export const makeRequest = (over: Partial<OrderRequest> = {}): OrderRequest => ({
  channel: ChannelId.make("shop"),
  externalId: "E-1",
  customer: { name: "Айгерім Сәрсенова", phone: "+77010000001" },
  delivery: { type: "pickup", branchId: BranchId.make("north") },
  lines: [{ productId: ProductId.make("aspirin"), quantity: 1 }],
  payment: { method: "cash" },
  ...over
})

/** What a test says of a line. */
export interface LineDraft {
  readonly product: string
  readonly quantity: number
  /** Left out: the whole quantity. */
  readonly held?: number
  readonly sold?: number
  readonly tracked?: boolean
}

/** A line at 490 tenge. */
export const makeLine = (lineId: number, draft: LineDraft): OrderLine => ({
  lineId,
  productId: ProductId.make(draft.product),
  asked: draft.product,
  quantity: draft.quantity,
  held: draft.held ?? draft.quantity - (draft.sold ?? 0),
  sold: draft.sold ?? 0,
  scanned: 0,
  tracked: draft.tracked ?? true,
  price: kzt(49_000),
  channelPrice: null
})

/** What a test says of an order; the rest is one `aspirin`, assigned to `north`. */
export interface OrderDraft {
  /** Makes the ids, the number and the key of the order. */
  readonly n: number
  readonly branch?: string
  readonly status?: FulfilmentStatus
  readonly lines?: ReadonlyArray<LineDraft>
  readonly at?: Instant
  readonly expiresAt?: Instant
  readonly over?: Partial<Order>
}

/** Lines are numbered from 1 in the first part, from 1001 in the second: unique in their order. */
export const makeFulfilment = (draft: OrderDraft, part = 1): Fulfilment => {
  const first = (part - 1) * 1000 + 1
  const lines = (draft.lines ?? [{ product: "aspirin", quantity: 1 }]).map((line, i) => makeLine(first + i, line))
  return {
    ...newPart(FulfilmentId.make(testUuid(1_000_000 + draft.n * 10 + part)), part, lines),
    branchId: BranchId.make(draft.branch ?? "north"),
    status: draft.status ?? "assigned",
    reservation: {
      state: lines.some((line) => line.held > 0) ? "live" : "pending",
      expiresAt: draft.expiresAt ?? (draft.at ?? TEST_NOW) + 2 * HOUR
    }
  }
}

/** An order of one part, as intake makes it; `over` for all that a test cares about. */
export const makeOrder = (draft: OrderDraft): Order => ({
  id: OrderId.make(testUuid(draft.n)),
  number: String(1000 + draft.n),
  version: 0,
  channelId: ChannelId.make("shop"),
  externalId: `E-${draft.n}`,
  replaces: null,
  createdAt: draft.at ?? TEST_NOW,
  updatedAt: draft.at ?? TEST_NOW,
  customer: { name: "Айгерім Сәрсенова", phone: "+77010000001", email: null, language: "kk" },
  delivery: { type: "pickup", branchId: BranchId.make(draft.branch ?? "north") },
  payment: { method: "cash", state: "pending" },
  currency: "KZT",
  comment: null,
  fulfilments: [makeFulfilment(draft)],
  cases: [],
  plan: null,
  request: "{}",
  ...draft.over
})

/** The order with its only part changed. */
export const withPart = (order: Order, over: Partial<Fulfilment>): Order => ({
  ...order,
  fulfilments: order.fulfilments.map((f, i) => (i === 0 ? { ...f, ...over } : f))
})

/** The order with every line holding so much. */
export const holding = (order: Order, held: number): Order =>
  withPart(order, { lines: order.fulfilments[0]!.lines.map((line) => ({ ...line, held })) })

/** What a test says of a change beside its order. */
export interface ChangeDraft {
  readonly at?: Instant
  readonly type?: EventType
  readonly actor?: Actor
  readonly policy?: Partial<Policy>
  readonly movements?: ReadonlyArray<Movement>
  readonly sale?: Sale | null
  readonly key?: IdempotencyKey
  readonly outbox?: ReadonlyArray<OutboxDraft>
}

/** The change that core would make of these two states: version, sweep, holds and events follow from them. */
export const makeChange = (changeId: string, before: Order | null, after: Order, draft: ChangeDraft = {}): Change => ({
  ...changeOfOrder(before, after, {
    changeId,
    now: draft.at ?? after.updatedAt,
    actor: draft.actor ?? { kind: "channel", id: "shop" },
    type: draft.type ?? (before === null ? "order.placed" : "order.changed"),
    policy: () => ({ ...DEFAULT_POLICY, ...draft.policy }),
    gateways: [],
    movements: draft.movements ?? [],
    sale: draft.sale ?? null,
    key: draft.key ?? null
  }),
  outbox: draft.outbox ?? []
})

/** A change of nothing but stock and its log, as a walk-in sale or a correction makes it. */
export const makeMovement = (
  product: string,
  branch: string,
  quantity: number,
  occurredAt: Instant,
  cause: Movement["cause"] = "sale"
): Movement => ({
  productId: ProductId.make(product),
  branchId: BranchId.make(branch),
  quantity,
  cause,
  occurredAt,
  ref: `test/${product}/${occurredAt}`
})
