import type { Product } from "../catalogue/model.ts"
import type { ImportBatch, ImportCounts, RunOptions, RunPhase, SyncRun } from "../exchange/sync.ts"
import type { Branch } from "../network/model.ts"

/**
 * The surface through which an adapter reaches the hub (D29). Promises, so that an author needs no Effect.
 * Everything is done in the name of the adapter's connection.
 */
export interface InboundHub {
  readonly catalogue: {
    /** The partner's ids that are linked to products: external id → product id. */
    readonly links: () => Promise<ReadonlyMap<string, string>>
    /** New and changed products; each is linked to the partner's id. */
    readonly upsert: (products: ReadonlyArray<{ readonly externalId: string; readonly product: Product }>) => Promise<void>
    /** The products as we have them, to keep what a person entered (field ownership). */
    readonly byIds: (ids: ReadonlyArray<string>) => Promise<ReadonlyArray<Product>>
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
  readonly stock: {
    /** `options`: held for a person where its guard trips, or always where it is a preview. */
    readonly openRun: (file: string, options?: RunOptions) => Promise<InboundRun>
  }
  readonly files: {
    /** A folder of this connection's own that outlives a restart. */
    readonly directory: string
  }
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
