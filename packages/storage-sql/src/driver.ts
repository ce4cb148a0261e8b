import type { EncodedChange } from "./encode.ts"
import type { SqlDialect } from "./dialect.ts"
import type { OpArgs, OpName, OpResult } from "./ops/index.ts"
import type { CommitResult } from "./ops/commit.ts"

/** How urgent a write is: orders first, slices of imports when nobody waits (D17). */
export type Priority = "change" | "lease" | "slice" | "log"

/** What the storage needs of a database, whichever it is. */
export interface Driver {
  readonly dialect: SqlDialect
  /** A read by key: at once where the database is in the process. */
  readonly read: <N extends OpName>(name: N, args: OpArgs<N>) => OpResult<N> | Promise<OpResult<N>>
  /** Lists, search, reports: never in the way of the hub's thread. */
  readonly list: <N extends OpName>(name: N, args: OpArgs<N>) => Promise<OpResult<N>>
  /** A write in a transaction of its own. */
  readonly write: <N extends OpName>(name: N, args: OpArgs<N>, priority?: Priority) => Promise<OpResult<N>>
  readonly commit: (change: EncodedChange) => Promise<CommitResult>
  /** The database's clock in milliseconds; null where it is this process's own. */
  readonly serverTime: (() => Promise<number>) | null
  /**
   * Work that one hub does at a time, where several share the database: waits for its turn. A hub that dies lets go at
   * once. Null where only one hub can be.
   */
  readonly alone: (<A>(name: string, work: () => Promise<A>) => Promise<A>) | null
  /** Reads a whole table, row by row, without holding it in memory twice. */
  readonly scan: (sql: string, onRow: (row: ReadonlyArray<number>) => void) => Promise<void>
  readonly close: () => Promise<void>
}

/** The database could not be asked, or its answer was lost. */
export class DriverError extends Error {
  readonly outcome: "notApplied" | "unknown"
  constructor(message: string, outcome: "notApplied" | "unknown", cause?: unknown) {
    super(message, { cause })
    this.outcome = outcome
  }
}
