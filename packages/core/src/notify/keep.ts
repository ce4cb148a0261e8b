import { Clock, DateTime, Effect, Option, Schema } from "effect"
import type { StorageUnavailable } from "../store/errors.ts"
import type { MessageStore } from "../store/messages.ts"
import { Storage } from "../store/ports.ts"
import { dayIn } from "./limits.ts"
import { MessageState, ProviderId } from "./ports.ts"
import type { MessageReport } from "./reports.ts"

/** As it comes in: a state of one's own would be a message that nobody can read. */
export const MessageReportInput = Schema.Struct({
  providerId: ProviderId,
  state: MessageState,
  at: Schema.NullOr(Schema.String),
  detail: Schema.NullOr(Schema.String)
})

/** A gateway's word on a message is a code or a short phrase. */
const LONGEST_DETAIL = 200

/** Keeps what a gateway says became of a message; false where it is no news. */
export const keepReport = (
  messages: MessageStore,
  connection: string,
  { providerId, state, at, detail }: MessageReport
): Effect.Effect<boolean, StorageUnavailable> =>
  Effect.gen(function*() {
    const time = at === null ? Option.none() : DateTime.make(at)
    return yield* messages.report({
      connection,
      providerId,
      state,
      at: Option.isSome(time) ? DateTime.toEpochMillis(time.value) : null,
      detail: detail?.slice(0, LONGEST_DETAIL) ?? null
    }, yield* Clock.currentTimeMillis)
  })

const DAY = 86_400_000
const KEPT_DAYS = 90
const BATCH = 500
const LEASE = 60_000
/** A browser that its site has not put again for so long belongs to nobody who would miss it. */
const BROWSER_DAYS = 400

/** Forgets reports, browsers and counts that no longer matter, in small steps; one replica at a time. Gives how many went. */
export const pruneReportsOnce = (owner: string) =>
  Effect.gen(function*() {
    const { leases, messages } = yield* Storage
    const now = yield* Clock.currentTimeMillis
    if ((yield* leases.acquire("prune-message-reports", owner, now, now + LEASE)) === null) return 0
    // No zone is further than a day from this one.
    const counts = dayIn("UTC", now - 2 * DAY)
    const reports = yield* messages.prune(now - KEPT_DAYS * DAY, BATCH)
    return reports + (yield* messages.pruneBuyers(now - BROWSER_DAYS * DAY, counts, BATCH))
  })
