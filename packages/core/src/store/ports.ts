import { Context, type Effect } from "effect"
import type { GroupRefusal } from "../catalogue/group-tree.ts"
import type { ProductGroup } from "../catalogue/groups.ts"
import type { Description, Product } from "../catalogue/model.ts"
import type { BranchId, ChannelId, FulfilmentId, OrderId, ProductId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"
import type { Branch, Channel, PolicyEntry } from "../network/model.ts"
import type { MessageStore } from "./messages.ts"
import type { MessageTemplate } from "../notify/templates.ts"
import type { FulfilmentStatus, Order } from "../order/model.ts"
import type { CaseQuery, OpenCase } from "../operator/model.ts"
import type { StockImage } from "../stock/image.ts"
import type { StockLevel } from "../stock/model.ts"
import type { SeriesCounts, SeriesStatement, StatedSeries } from "../stock/series.ts"
import type {
  DifferenceRow,
  ImportBatch,
  ImportCounts,
  RunDecision,
  RunOptions,
  RunPhase,
  RunSource,
  SyncRun
} from "../exchange/sync.ts"
import type { Actor } from "../kernel/actor.ts"
import type { LaneQuota } from "../exchange/lanes.ts"
import type { LaneDepth, OutboxList, OutboxMessage, OutboxOutcome } from "../exchange/outbox.ts"
import type { Change, RecordedEvent } from "./change.ts"
import type { CommitError, StorageUnavailable } from "./errors.ts"
import type { LogStore } from "./log.ts"
import type { PullStore } from "./pull.ts"

type Read<A> = Effect.Effect<A, StorageUnavailable>

/** What a commit gives back. The image has already taken it in when this arrives. */
export interface Committed {
  /** The feed's number after this change. */
  readonly seq: number
  /** Rows whose onHand fell below what is reserved: facts may do that (D7). */
  readonly short: ReadonlyArray<{ readonly productId: ProductId; readonly branchId: BranchId }>
}

/** A page of a list. `position` is the feed's number at the read, where a live feed starts (D22). */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly next: string | null
  readonly position: number
}

/** Which orders of a list; what is left out does not narrow it. `after`: the cursor of the page before. */
export interface OrderQuery {
  readonly channelId?: ChannelId | undefined
  readonly branchId?: BranchId | undefined
  readonly status?: ReadonlyArray<FulfilmentStatus> | undefined
  /** Name, phone or number: what the counter is told (ORD-17). */
  readonly text?: string | undefined
  /** Only parts whose reservation has ended or ends before this instant and that wait for a person (ORD-7). */
  readonly dueBefore?: Instant | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** Orders as they were committed. */
export interface OrderReads {
  readonly byId: (id: OrderId) => Read<Order | null>
  /** Many at once; those that are not there are left out. */
  readonly byIds: (ids: ReadonlyArray<OrderId>) => Read<ReadonlyArray<Order>>
  readonly byFulfilment: (id: FulfilmentId) => Read<Order | null>
  readonly byNumber: (number: string) => Read<Order | null>
  /** Many at once; those that are not there are left out. */
  readonly byNumbers: (numbers: ReadonlyArray<string>) => Read<ReadonlyArray<Order>>
  readonly byKey: (channel: ChannelId, externalId: string) => Read<Order | null>
  /** What was asked for under a caller's Idempotency-Key; null where the key is free. */
  readonly usedKey: (scope: string, key: string) => Read<UsedKey | null>
  /** Newest first. */
  readonly list: (query: OrderQuery) => Read<Page<Order>>
  /** Orders with a part that the system must act on by now, earliest end first (D10). */
  readonly due: (now: Instant, limit: number) => Read<ReadonlyArray<OrderId>>
  readonly nextSweep: Read<Instant | null>
  /** Units held by parts that are due and will be expired: free already for whoever reads (P4). */
  readonly dueUnits: (now: Instant) => Read<ReadonlyArray<HeldUnits>>
  /** Parts that hold this product at this branch, youngest first. */
  readonly holders: (product: ProductId, branch: BranchId) => Read<ReadonlyArray<OrderId>>
  /** Orders still `placed` that came before this instant: their planning was cut off (D15). */
  readonly placedBefore: (at: Instant, limit: number) => Read<ReadonlyArray<OrderId>>
  /** Orders with a waiting part, oldest first (D11); `after`: the last one of the page before. */
  readonly awaiting: (limit: number, after?: OrderId) => Read<ReadonlyArray<OrderId>>
  /** Cases that wait for a person, oldest first (ORD-3). */
  readonly openCases: (query: CaseQuery) => Read<Page<OpenCase>>
  /** The chronology of one order, oldest first (ORD-8). */
  readonly events: (id: OrderId) => Read<ReadonlyArray<RecordedEvent>>
}

/** The order that a caller's key once touched, and the fingerprint of what was asked. */
export interface UsedKey {
  readonly orderId: OrderId | null
  readonly fingerprint: string
}

/** Units of a due reservation, and the order that lets them go. */
export interface HeldUnits {
  readonly orderId: OrderId
  readonly productId: ProductId
  readonly branchId: BranchId
  readonly units: number
}

/** A key of the API, by the SHA-256 of its text; the text itself is nowhere kept. */
export interface ApiKey {
  readonly hash: string
  readonly channelId: ChannelId
  readonly role: ApiRole
  readonly label: string
}

/** What a key may do: `access.ts` of the server says it by role. */
export type ApiRole = "channel" | "branch" | "operator" | "register" | "admin"

/** All settings of the network, of one moment. */
export interface NetworkSettings {
  readonly branches: ReadonlyArray<Branch>
  readonly channels: ReadonlyArray<Channel>
  readonly policies: ReadonlyArray<PolicyEntry>
  readonly keys: ReadonlyArray<ApiKey>
  readonly templates: ReadonlyArray<MessageTemplate>
  /** Grows with every change of settings. */
  readonly version: number
}

/** Settings; `save` puts by id what it is given and leaves the rest. */
export interface NetworkStore {
  readonly load: Read<NetworkSettings>
  readonly save: (settings: {
    readonly branches?: ReadonlyArray<Branch>
    readonly channels?: ReadonlyArray<Channel>
    readonly policies?: ReadonlyArray<PolicyEntry>
    readonly keys?: ReadonlyArray<ApiKey>
    readonly templates?: ReadonlyArray<MessageTemplate>
  }) => Read<void>
}

/** Our id ↔ the partner's id of the same thing. */
export interface Link {
  readonly connection: string
  readonly kind: string
  readonly externalId: string
  readonly id: string
}

/** Products, groups and the partners' ids of them. */
export interface CatalogueStore {
  readonly byIds: (ids: ReadonlyArray<ProductId>) => Read<ReadonlyArray<Product>>
  readonly bySkus: (skus: ReadonlyArray<string>) => Read<ReadonlyArray<Product>>
  readonly byBarcodes: (codes: ReadonlyArray<string>) => Read<ReadonlyArray<Product>>
  /**
   * New and changed products, whole; the image knows them afterwards. `descriptions`: of some of them, whole too; null
   * takes one away, the others keep theirs.
   */
  readonly upsert: (
    products: ReadonlyArray<Product>,
    descriptions?: ReadonlyMap<ProductId, Description | null>
  ) => Read<void>
  /** Those of these products that have one. */
  readonly descriptions: (ids: ReadonlyArray<ProductId>) => Read<ReadonlyMap<ProductId, Description>>
  /** The whole tree, by id; at most `MAX_GROUPS`. */
  readonly groups: Read<ReadonlyArray<ProductGroup>>
  /** New and changed groups, whole: all, or none where there is something against one of them. */
  readonly putGroups: (groups: ReadonlyArray<ProductGroup>) => Read<ReadonlyArray<GroupRefusal>>
  readonly search: (text: string, limit: number, after: string | undefined) => Read<Page<Product>>
  readonly links: (connection: string, kind: string) => Read<ReadonlyArray<Link>>
  /** The links of these ids of ours: a read of few rows, whatever the connection has linked. */
  readonly linksOf: (connection: string, kind: string, ids: ReadonlyArray<string>) => Read<ReadonlyArray<Link>>
  readonly putLinks: (links: ReadonlyArray<Link>) => Read<void>
}

/** A bulk run: batches in, then applied whole or not at all as readers see it (D4). */
export interface ImportRun {
  readonly id: string
  readonly write: (batch: ImportBatch) => Read<void>
  /** Rows that could not be taken: line of the file and reason. */
  readonly reject: (rows: ReadonlyArray<{ readonly line: number; readonly reason: string }>) => Read<void>
  /** How far its reader is, in percent: for whoever looks at the run meanwhile. */
  readonly progress: (phase: RunPhase, percent: number) => void
  /** Compares, keeps counts and difference, applies nothing: the run waits for a person. */
  readonly hold: (reason: string, extra?: Partial<ImportCounts>) => Read<SyncRun>
  /** Compares, journals, applies in slices, switches the image. Held instead, where its options say so. */
  readonly finish: (extra?: Partial<ImportCounts>) => Read<SyncRun>
  readonly abort: (reason: string) => Read<SyncRun>
}

/** Levels and prices, the runs that state them, and series. */
export interface StockStore {
  readonly image: StockImage
  /** What the database says, for rows that the image says are not to be had (D5). */
  readonly levels: (
    cells: ReadonlyArray<{ readonly productId: ProductId; readonly branchId: BranchId }>
  ) => Read<ReadonlyArray<StockLevel>>
  readonly openRun: (source: RunSource, options?: RunOptions) => Read<ImportRun>
  readonly runs: (limit: number, after: string | undefined) => Read<Page<SyncRun>>
  readonly run: (id: string) => Read<SyncRun | null>
  /** What a held run would change, at most `KEPT_DIFFERENCE` rows of it. */
  readonly difference: (id: string, limit: number, after: string | undefined) => Read<Page<DifferenceRow>>
  /** A person's word on a held run: `done` or `discarded`, with its event. Null where it is not held (any more). */
  readonly decide: (id: string, decision: RunDecision, actor: Actor) => Read<SyncRun | null>
  /** Series with expiry dates, whole per product and branch; a later statement stands (D2). */
  readonly putSeries: (statement: SeriesStatement) => Read<SeriesCounts>
  /** The series of these products that have units left, soonest end first; `branches` empty: of all. */
  readonly series: (
    products: ReadonlyArray<ProductId>,
    branches: ReadonlyArray<BranchId>
  ) => Read<ReadonlyArray<StatedSeries>>
}

/** Messages to partners, as a lane works through them. */
export interface OutboxStore {
  /**
   * Takes messages of a lane under a lease: per order only the oldest unended one (D28). A message that was being
   * sent when its lease ran out comes back with `uncertain` set (D27). `quota`: where several hubs share the database, no
   * more than what it leaves of all of them; one hub alone keeps to its settings by itself.
   */
  readonly claim: (
    lane: string,
    now: Instant,
    leaseUntil: Instant,
    limit: number,
    quota?: LaneQuota | null
  ) => Read<ReadonlyArray<OutboxMessage>>
  /**
   * Before a call that must not be repeated blindly: the row says `sending` (D27). Gives the ids of those that are
   * still the caller's: of the others the lease has run out, and they may not be called.
   */
  readonly sending: (messages: ReadonlyArray<OutboxMessage>, now: Instant) => Read<ReadonlyArray<string>>
  /** Longer leases for calls that still run. Gives the ids of those that are still the caller's. */
  readonly renew: (messages: ReadonlyArray<OutboxMessage>, leaseUntil: Instant) => Read<ReadonlyArray<string>>
  /** Records outcomes; one whose lease token is no longer the row's is left alone (D24). */
  readonly settle: (outcomes: ReadonlyArray<OutboxOutcome>) => Read<void>
  /** The instant when the lane has something to do next; null when it has nothing. */
  readonly nextDue: (lane: string) => Read<Instant | null>
  /** Oldest first; `after`: the `seq` of the last one of the page before. */
  readonly list: (
    state: OutboxList,
    limit: number,
    of?: { readonly lane?: string | undefined; readonly after?: number | undefined }
  ) => Read<ReadonlyArray<OutboxMessage>>
  /** What waits in each lane that has ever had a message. */
  readonly depths: Read<ReadonlyArray<LaneDepth>>
}

/** Old rows that nothing needs any more go, a small batch at a time; each gives how many went. */
export interface TidyStore {
  /** Messages that ended before. */
  readonly outbox: (before: Instant, limit: number) => Read<number>
  /** Callers' keys that were used before: the same key is a new one then. */
  readonly keys: (before: Instant, limit: number) => Read<number>
  /**
   * What connections were told of parts whose orders have ended and were not touched since; one page of all that was
   * told, after the place where the last page ended. `next` null: that was the last page.
   */
  readonly told: (
    before: Instant,
    limit: number,
    after: ToldPlace | null
  ) => Read<{ readonly removed: number; readonly next: ToldPlace | null }>
}

/** Where a page of told parts ended. */
export interface ToldPlace {
  readonly lane: string
  readonly fulfilmentId: string
}

/** The log of events: a reader that goes on from a number misses none. */
export interface FeedStore {
  readonly position: Read<number>
  /** Events after a number, oldest first; `branchId` limits them to one board. */
  readonly read: (after: number, limit: number, branchId?: BranchId) => Read<ReadonlyArray<RecordedEvent>>
  /** The oldest number still kept, minus one: an older `Last-Event-ID` gets `reset` (D22). */
  readonly floor: Read<number>
  /** Calls the listener after commits (several may share one call), here or by another replica. Gives the way out. */
  readonly subscribe: (listener: () => void) => () => void
}

/** Who of several replicas does what only one may do. */
export interface LeaseStore {
  /** The fencing token when the lease is ours until `until`; null when another holds it (D24). */
  readonly acquire: (name: string, owner: string, now: Instant, until: Instant) => Read<number | null>
  readonly release: (name: string, owner: string) => Read<void>
}

/** All that the hub needs of a database. One conformance suite runs on every implementation. */
export class Storage extends Context.Service<Storage, {
  readonly name: string
  /** Applies a change whole, or nothing of it. Cannot be interrupted half-way. */
  readonly commit: (change: Change) => Effect.Effect<Committed, CommitError>
  readonly orders: OrderReads
  readonly network: NetworkStore
  readonly catalogue: CatalogueStore
  readonly stock: StockStore
  readonly outbox: OutboxStore
  readonly pull: PullStore
  readonly log: LogStore
  readonly tidy: TidyStore
  readonly messages: MessageStore
  readonly feed: FeedStore
  readonly leases: LeaseStore
  /** Takes a block of order numbers in a transaction of its own; gaps are allowed (D14). */
  readonly takeNumbers: (count: number) => Read<number>
  /** Is the database there and writable? */
  readonly ping: Read<void>
  /** Milliseconds by which the database's clock is ahead of this process's (D24); null where they are one clock. */
  readonly clockOffset: (() => number) | null
}>()("@aptekit/core/store/Storage") {}

/** What a storage implements. */
export type StorageService = Storage["Service"]
