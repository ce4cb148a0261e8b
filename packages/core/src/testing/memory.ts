import { Effect, Layer } from "effect"
import type { Change } from "../store/change.ts"
import { Storage, type StorageService } from "../store/ports.ts"
import { commitChange } from "./memory/commit.ts"
import { stockStore } from "./memory/imports.ts"
import { logStore } from "./memory/log.ts"
import { messageStore } from "./memory/messages.ts"
import { orderReads } from "./memory/orders.ts"
import { outboxStore } from "./memory/outbox.ts"
import { pullStore } from "./memory/pull.ts"
import { catalogueStore, leaseStore, networkStore } from "./memory/settings.ts"
import { MemoryState } from "./memory/state.ts"
import { tidyStore } from "./memory/tidy.ts"

/** Where a test may step in. */
export interface MemoryStorageOptions {
  /**
   * Runs before a commit looks at anything: what it commits itself, the commit that waits for it will meet. So a test
   * makes a race happen instead of hoping for one. It runs before its own commits too.
   */
  readonly before?: (point: "commit", change: Change, storage: StorageService) => Effect.Effect<void>
}

/** A complete storage in memory, for tests: the same rules as the databases, nothing kept. Each call is a new one. */
export const memoryStorage = (options: MemoryStorageOptions = {}): Layer.Layer<Storage> =>
  Layer.sync(Storage, () => {
    const state = new MemoryState()
    const storage: StorageService = {
      name: "memory",
      // The yield lets other fibers decide on the same figures first, as they would while a database is asked.
      commit: (change) =>
        Effect.uninterruptible(
          Effect.yieldNow.pipe(
            Effect.andThen(options.before?.("commit", change, storage) ?? Effect.void),
            Effect.andThen(commitChange(state, change))
          )
        ),
      orders: orderReads(state),
      network: networkStore(state),
      catalogue: catalogueStore(state),
      stock: stockStore(state),
      outbox: outboxStore(state),
      pull: pullStore(state),
      log: logStore(state),
      tidy: tidyStore(state),
      messages: messageStore(state),
      feed: {
        position: Effect.sync(() => state.seq),
        read: (after, limit, branchId) =>
          Effect.sync(() =>
            state.log.slice(after)
              .filter((event) => branchId === undefined || event.branchId === branchId)
              .slice(0, limit)
          ),
        floor: Effect.succeed(0),
        subscribe: (listener) => {
          state.listeners.add(listener)
          return () => void state.listeners.delete(listener)
        }
      },
      leases: leaseStore(state),
      takeNumbers: (count) =>
        Effect.sync(() => {
          const first = state.nextNumber
          state.nextNumber += count
          return first
        }),
      ping: Effect.void,
      clockOffset: null
    }
    return storage
  })
