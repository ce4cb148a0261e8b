import { Clock, Duration, Effect } from "effect"
import { DAY } from "../kernel/time.ts"
import { Storage, type ToldPlace } from "../store/ports.ts"

/** How many days what has ended is kept; orders, receipts and their chronology are kept for ever. */
export interface Keeping {
  /** Messages to partners after their end: 30 if left out. */
  readonly messagesDays?: number
  /** What connections were told of orders, after their last change: 180 if left out. */
  readonly toldDays?: number
  /** Callers' idempotency keys: 30 if left out. An order's own key (channel and external id) is kept with it. */
  readonly keysDays?: number
}

const DEFAULTS: Required<Keeping> = { messagesDays: 30, toldDays: 180, keysDays: 30 }

/** Small: an order that comes meanwhile waits for one batch at the most. */
const BATCH = 200
/** Between two batches, so that a first great tidying does not keep the database busy. */
const PAUSE = Duration.millis(50)
const LEASE = 5 * 60_000

/** Removes what is older than its keeping; one replica at a time. Gives the number of rows. */
export const tidyOnce = (owner: string, keeping: Keeping = {}) =>
  Effect.gen(function*() {
    const { tidy, leases } = yield* Storage
    const { messagesDays, toldDays, keysDays } = { ...DEFAULTS, ...keeping }
    const now = yield* Clock.currentTimeMillis
    /** Ours until `LEASE` after each batch; another replica goes on where this one stopped. */
    const mine = Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      return (yield* leases.acquire("tidy", owner, at, at + LEASE)) !== null
    })
    let removed = 0
    for (const [days, batch] of [[messagesDays, tidy.outbox], [keysDays, tidy.keys]] as const) {
      let last = BATCH
      while (last === BATCH && (yield* mine)) {
        last = yield* batch(now - days * DAY, BATCH)
        removed += last
        yield* Effect.sleep(PAUSE)
      }
    }
    let place: ToldPlace | null = null
    do {
      if (!(yield* mine)) break
      const page: { readonly removed: number; readonly next: ToldPlace | null } = yield* tidy.told(now - toldDays * DAY, BATCH, place)
      removed += page.removed
      place = page.next
      yield* Effect.sleep(PAUSE)
    } while (place !== null)
    return removed
  })
