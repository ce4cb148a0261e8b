import type { ProductGroup } from "../../catalogue/groups.ts"
import type { Description, Product } from "../../catalogue/model.ts"
import type { DifferenceRow, SyncRun } from "../../exchange/sync.ts"
import type { LogEntry } from "../../exchange/log.ts"
import type { OutboxEntry, OutboxState } from "../../exchange/outbox.ts"
import type { BranchId, FulfilmentId, OrderId, ProductId } from "../../kernel/ids.ts"
import type { Instant } from "../../kernel/time.ts"
import type { Branch, Channel, PolicyEntry } from "../../network/model.ts"
import type { MessageTemplate } from "../../notify/templates.ts"
import type { Order } from "../../order/model.ts"
import { StockImage } from "../../stock/image.ts"
import type { Movement } from "../../stock/model.ts"
import type { StockSeries } from "../../stock/series.ts"
import type { DomainEvent, OutboxDraft, RecordedEvent } from "../../store/change.ts"
import type { KeptReport, KeptSubscription } from "../../store/messages.ts"
import type { ApiKey, Link } from "../../store/ports.ts"
import type { ToldPart } from "../../store/pull.ts"

export interface Level {
  readonly onHand: number
  readonly reserved: number
  readonly asOf: Instant
}

export interface StatedPrice {
  readonly amount: number
  readonly asOf: Instant
}

export interface OutboxRow {
  readonly seq: number
  readonly draft: OutboxDraft
  /** Where it is now: a message may go to another lane. */
  lane: string
  /** Mended by a person where it is not the draft's. */
  payload: OutboxDraft["payload"]
  readonly createdAt: Instant
  state: OutboxState
  availableAt: Instant
  leaseUntil: Instant
  attempts: number
  token: number
  /** As the current claim found it: nobody knows whether an earlier call arrived. */
  uncertain: boolean
  lastError: string | null
  partnerRef: string | null
  history: ReadonlyArray<OutboxEntry>
  endedAt: Instant | null
}

export interface Lease {
  readonly owner: string
  readonly until: Instant
  readonly token: number
}

/** A row of stock or price: the product's slot and the branch's, in one number that outlives the image's width. */
export interface Cell {
  readonly key: number
  readonly product: number
  readonly branch: number
}

const STRIDE = 65_536
/** `branch` −1: the whole network. */
export const cellAt = (product: number, branch: number): Cell => ({
  key: product * STRIDE + branch + 1,
  product,
  branch
})

/** A key of several texts that no choice of texts can forge: 'a','bc' is not 'ab','c'. */
export const keyOf = (...parts: ReadonlyArray<string>): string => JSON.stringify(parts)

/** What the in-memory storage keeps. The rules are in the files beside this one. */
export class MemoryState {
  readonly image = new StockImage()
  readonly orders = new Map<OrderId, Order>()
  readonly intakeKeys = new Map<string, OrderId>()
  readonly numbers = new Map<string, OrderId>()
  readonly fulfilments = new Map<FulfilmentId, OrderId>()
  readonly sales = new Map<string, OrderId | null>()
  readonly keys = new Map<string, { readonly fingerprint: string; readonly orderId: OrderId | null; readonly at: Instant }>()
  readonly levels = new Map<number, Level>()
  readonly movements = new Map<number, Array<Movement>>()
  readonly prices = new Map<string, Map<number, StatedPrice>>()
  readonly log: Array<RecordedEvent> = []
  readonly listeners = new Set<() => void>()
  outbox: Array<OutboxRow> = []
  outboxSeq = 0
  /** What connections were told, by lane and part. */
  readonly told = new Map<string, { readonly lane: string } & ToldPart>()
  readonly runs: Array<SyncRun> = []
  readonly differences = new Map<string, ReadonlyArray<DifferenceRow>>()
  /** Series by cell, with the time of the statement that named it. */
  readonly series = new Map<number, { readonly asOf: number; readonly rows: ReadonlyArray<StockSeries> }>()
  /** Delivery reports by connection and the gateway's id. */
  readonly reports = new Map<string, { readonly report: KeptReport; readonly changedAt: Instant }>()
  /** Addresses whose owners want no messages, since when. */
  /** Browsers by channel, owner and endpoint, in the order in which they were put. */
  readonly subscriptions = new Map<string, { readonly subscription: KeptSubscription; readonly at: Instant }>()
  /** Messages of a day by counter and day. */
  readonly counts = new Map<string, number>()
  readonly optOuts = new Map<string, Instant>()
  readonly calls = new Map<string, LogEntry>()
  readonly leases = new Map<string, Lease>()
  readonly products = new Map<ProductId, Product>()
  readonly descriptions = new Map<ProductId, Description>()
  readonly groups = new Map<string, ProductGroup>()
  readonly branches = new Map<BranchId, Branch>()
  readonly channels = new Map<string, Channel>()
  readonly policies = new Map<string, PolicyEntry>()
  readonly templates = new Map<string, MessageTemplate>()
  readonly apiKeys = new Map<string, ApiKey>()
  readonly links = new Map<string, Link>()
  settingsVersion = 0
  nextNumber = 1

  get seq(): number {
    return this.log.length
  }

  record(events: ReadonlyArray<DomainEvent>): void {
    for (const event of events) this.log.push({ ...event, seq: this.log.length + 1 })
  }
  announce(): void {
    for (const listener of this.listeners) listener()
  }

  cell(product: ProductId, branch: BranchId): Cell | undefined {
    const p = this.image.productSlot(product)
    const b = this.image.branchSlot(branch)
    return p === undefined || b === undefined ? undefined : cellAt(p, b)
  }
  level(cell: Cell): Level {
    return this.levels.get(cell.key) ?? { onHand: 0, reserved: 0, asOf: 0 }
  }
  setLevel(cell: Cell, level: Level): void {
    this.levels.set(cell.key, level)
    this.image.setLevel(cell.product, cell.branch, level.onHand, level.reserved)
  }
}
