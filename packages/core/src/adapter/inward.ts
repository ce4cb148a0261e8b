import type { ProductGroup } from "../catalogue/groups.ts"
import type { Description, Product } from "../catalogue/model.ts"
import type { ImportBatch, ImportCounts, RunOptions, RunPhase, SyncRun } from "../exchange/sync.ts"
import type { CallAbout, CallRecord } from "../exchange/log.ts"
import type { ErpReason, FactResult, PartFact } from "../exchange/facts.ts"
import type { PulledOrder } from "../exchange/pull.ts"
import type { MessageReport } from "../notify/reports.ts"
import type { Branch } from "../network/model.ts"
import type { Sale } from "../order/sale.ts"
import type { SeriesCounts, SeriesStatement } from "../stock/series.ts"

/**
 * A call that an adapter makes or answers beside its ports and its HTTP entrance, whose calls the hub tells of itself
 * (EXP-4). Its texts are redacted before they are kept.
 */
export interface InboundCall extends Partial<CallAbout>, Pick<CallRecord, "direction" | "operation" | "outcome"> {
  readonly durationMs: number
  /** What went to the partner and what came, as bytes; left out, the length of the texts. */
  readonly sentBytes?: number
  readonly receivedBytes?: number
  /** At most 16,384 characters of each are looked at. Leave out what is people's or a whole catalogue. */
  readonly request?: string | null
  readonly response?: string | null
  /** Why it failed. */
  readonly error?: string | null
}

/**
 * The surface through which an adapter reaches the hub (D29). Promises, so that an author needs no Effect.
 * Everything is done in the name of the adapter's connection.
 */
export interface InboundHub {
  readonly catalogue: {
    /** The partner's ids that are linked to products: external id → product id. */
    readonly links: () => Promise<ReadonlyMap<string, string>>
    /**
     * New and changed products; each is linked to the partner's id. `description`: whole, null takes it away; left out, it
     * stays.
     */
    readonly upsert: (products: ReadonlyArray<{
      readonly externalId: string
      readonly product: Product
      readonly description?: Description | null
    }>) => Promise<void>
    /** The products as we have them, to keep what a person entered (field ownership). */
    readonly byIds: (ids: ReadonlyArray<string>) => Promise<ReadonlyArray<Product>>
    /** Of those of these products that have one, by id. */
    readonly descriptions: (ids: ReadonlyArray<string>) => Promise<ReadonlyMap<string, Description>>
    readonly groups: {
      /** The whole tree. */
      readonly all: () => Promise<ReadonlyArray<ProductGroup>>
      /** The partner's ids that are linked to groups: external id → group id. */
      readonly links: () => Promise<ReadonlyMap<string, string>>
      /** New and changed groups, all or none; each is linked. @throws InvalidInput where `groupFault` finds something */
      readonly put: (groups: ReadonlyArray<{ readonly externalId: string; readonly group: ProductGroup }>) => Promise<void>
    }
    /** Row of a product in stock and price batches. */
    readonly slot: (productId: string) => number | undefined
  }
  readonly network: {
    readonly branches: () => ReadonlyArray<Branch>
    readonly saveBranch: (branch: Branch) => Promise<void>
    /** Column of a branch in stock and price batches. */
    readonly slot: (branchId: string) => number | undefined
    /** The partner's ids of branches (warehouses): external id → branch id. */
    readonly links: () => Promise<ReadonlyMap<string, string>>
    readonly link: (externalId: string, branchId: string) => Promise<void>
  }
  /**
   * The same, under the ids that another connection has linked: for a second way to the same base (1C by files and by
   * OData), so that no product and no warehouse has two links.
   */
  readonly sharing: (connection: string) => Pick<InboundHub, "catalogue" | "network">
  readonly stock: {
    /** `options`: held for a person where its guard trips, or always where it is a preview. */
    readonly openRun: (file: string, options?: RunOptions) => Promise<InboundRun>
    /**
     * A level by its row and column in batches: units on hand, and the instant up to which they were last stated, in
     * milliseconds (0: never). What is shown now: without runs that have not finished.
     */
    readonly levelAt: (product: number, branch: number) => { readonly onHand: number; readonly statedAt: number }
    /**
     * Series and expiry dates, whole per product and branch that a row names (a row of 0 units: none left). Products and
     * branches that the hub does not have are counted.
     */
    readonly putSeries: (statement: SeriesStatement) => Promise<SeriesCounts>
  }
  /** Orders of the branches that this connection takes (`setup` returned `orders`); elsewhere each of these is refused. */
  readonly orders: {
    /**
     * Orders with news that this connection has not confirmed, oldest first; the same again until confirmed (D28).
     * Counts the offer.
     */
    readonly pull: (limit: number) => Promise<ReadonlyArray<PulledOrder>>
    /** How many orders `pull` would give, at most `limit`; no offer is counted. */
    readonly waiting: (limit: number) => Promise<number>
    /** These orders have arrived as they were at these versions: acknowledges all messages up to them. */
    readonly confirm: (orders: ReadonlyArray<{ readonly orderId: string; readonly version: number }>) => Promise<void>
    /**
     * The partner cannot take this order: its messages become dead letters, which a person sees and can replay. Blocks
     * only this order, in this lane. `reason`: without personal data.
     */
    readonly quarantine: (orderId: string, reason: string) => Promise<void>
    /** Orders by number (`1001-1` or `1001`), to compare; only with parts that this connection takes or was told of. */
    readonly byNumbers: (numbers: ReadonlyArray<string>) => Promise<ReadonlyArray<PulledOrder>>
    /**
     * What the partner says of its documents: facts (D7). Each is applied, known already, or recorded with a case; one
     * that comes again changes nothing. Wait for `setup` to return before you await this and the following two.
     */
    readonly facts: (facts: ReadonlyArray<PartFact>) => Promise<ReadonlyArray<FactResult>>
    /**
     * Somebody must act in the partner's system, or the two differ: opens a case once, on an ended order too. The same
     * comment again changes nothing, another one takes its place. No personal data in it.
     */
    readonly needsAction: (fulfilmentId: string, reason: ErpReason, comment: string) => Promise<void>
    /** Closes that case: the partner has caught up. */
    readonly resolved: (fulfilmentId: string, reason: ErpReason) => Promise<void>
    /** Called after commits, here or on another replica: often, so gather calls before you pull. Gives the way out. */
    readonly onNews: (listener: () => void) => () => void
  }
  readonly sales: {
    /** A sale or a return as a fact of the partner's registers; the same one again (by source and id) changes nothing. */
    readonly record: (sale: typeof Sale.Encoded) => Promise<{ readonly created: boolean }>
  }
  /**
   * Of several hubs on one database one does this work of the connection: true where it is `owner`, now and for so many
   * milliseconds. Asking again prolongs it; 0 lets it go.
   */
  readonly lease: (work: string, owner: string, milliseconds: number) => Promise<boolean>
  readonly messages: {
    /** What the gateway says became of a message (SMS-1). Reports may be doubled, late and in any order. */
    readonly report: (report: MessageReport) => Promise<void>
  }
  /** What a partner tells us by messages of its own: webhooks, delivery reports, queues. */
  readonly inbox: {
    /**
     * Does what a message means, once, also when it is late, doubled, or comes twice at a time. `messageId`: the partner's
     * own, at most 90 visible ASCII characters. What `effect` does through the `hub` that it is given is committed with
     * the message's id: orders' facts and cases, each kind of act once per part. Sales have ids of their own. Anything
     * else it does must bear being done twice: a hub that is killed in between does it again.
     * False: it was done before, or by another copy. Rejects as `effect` does: the message may come again then.
     */
    readonly once: (messageId: string, effect: (hub: Pick<InboundHub, "orders" | "sales">) => Promise<void>) => Promise<boolean>
  }
  readonly files: {
    /** A folder of this connection's own that outlives a restart. */
    readonly directory: string
  }
  /** Takes a call that has ended down in the exchange log: at once, never fails, never waits. */
  readonly record: (call: InboundCall) => void
  readonly log: (message: string, detail?: Readonly<Record<string, unknown>>) => void
}

/** A bulk run (D4): what was written is applied by `finish`, whole or not at all. */
export interface InboundRun {
  readonly id: string
  readonly write: (batch: ImportBatch) => Promise<void>
  readonly reject: (rows: ReadonlyArray<{ readonly line: number; readonly reason: string }>) => Promise<void>
  /** How far reading it is, in percent; cheap. Comparing and writing are told by the hub itself. */
  readonly progress: (phase: RunPhase, percent: number) => void
  /** Compares, keeps counts and difference, applies nothing: the run is `held` until a person decides. */
  readonly hold: (reason: string, extra?: Partial<ImportCounts>) => Promise<SyncRun>
  /** `done`; or `held`, where the guard tripped or a preview was asked for: `error` then says why. */
  readonly finish: (extra?: Partial<ImportCounts>) => Promise<SyncRun>
  readonly abort: (reason: string) => Promise<SyncRun>
}
