import { Effect } from "effect"
import type { BranchId } from "../kernel/ids.ts"
import type { RecordedEvent } from "../store/change.ts"
import type { StorageService } from "../store/ports.ts"

const BATCH = 500
/** Another replica's events are found at the latest after this time, heard of or not. */
const POLL = "1 second"

/** From where on, and for which board, the log is followed. */
export interface FollowOptions {
  /** Start after this number; left out: from now on. */
  readonly after?: number | undefined
  readonly branchId?: BranchId | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The log as it grows, in order and without a gap: reads what is there, then waits to be woken. Ends when the signal
 * is aborted.
 */
export async function* followFeed(
  storage: StorageService,
  run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A>,
  options: FollowOptions
): AsyncGenerator<RecordedEvent, void, void> {
  let after = options.after ?? (await run(storage.feed.position))
  let wake = (): void => undefined
  let woken = false
  const unsubscribe = storage.feed.subscribe(() => {
    woken = true
    wake()
  })
  const onAbort = (): void => wake()
  const aborted = (): boolean => options.signal?.aborted ?? false
  options.signal?.addEventListener("abort", onAbort)
  try {
    while (!aborted()) {
      woken = false
      const events = await run(storage.feed.read(after, BATCH, options.branchId))
      for (const event of events) {
        after = event.seq
        yield event
        if (aborted()) return
      }
      if (events.length === BATCH || woken) continue
      await run(
        Effect.callback<void>((resume) => {
          wake = () => resume(Effect.void)
          if (woken || aborted()) wake()
        }).pipe(Effect.timeoutOption(POLL))
      )
    }
  } finally {
    unsubscribe()
    options.signal?.removeEventListener("abort", onAbort)
  }
}
