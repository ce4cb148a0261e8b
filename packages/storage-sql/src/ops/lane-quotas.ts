import type { Bucket, LaneQuota } from "@aptekit/core"
import { fullBucket, refilled, taken, tokensIn } from "@aptekit/core/plain"
import type { SqlDialect } from "../dialect.ts"
import { one, param, type Program, raw, run, statement } from "../program.ts"

/** What a quota leaves, and the way to use some of it, in the same transaction. */
export interface QuotaLeft {
  readonly count: number
  readonly take: (count: number) => Program<void>
}

const NOTHING_TO_KEEP = function*(): Program<void> {}

/**
 * What a partner bears of all hubs on one database (MariaDB). The lane's row is locked until the claim is committed, so
 * that two hubs neither count the same calls nor take the same token. Times are the database's clock in every hub (D24).
 */
export const laneQuotas = ({ db }: SqlDialect) => {
  const bucketOf = statement(db.selectFrom("lane_quotas").select(["tokens", "at"]).where("lane", "=", param("lane")).forUpdate())
  const keep = statement(
    db.updateTable("lane_quotas").set({ tokens: param("tokens"), at: param("at") }).where("lane", "=", param("lane"))
  )
  // Claimed ones are due when their lease ends, so the index leads to them; a dead hub's count until then.
  const underLease = statement(
    db.selectFrom("outbox").select((eb) => eb.fn.countAll().as("count")).where("lane", "=", param("lane")).where("ended", "=", 0)
      .where("available_at", ">", param("now")).where("leased_until", ">", param("now"))
  )
  return function*(lane: string, { concurrency, perSecond }: LaneQuota, now: number): Program<QuotaLeft> {
    let bucket = yield* one<Bucket>(bucketOf, { lane })
    if (bucket === null) {
      const { tokens, at } = fullBucket(perSecond ?? 1, now)
      yield* raw("run", "insert ignore into lane_quotas (lane, tokens, at) values (?, ?, ?)", [lane, tokens, at])
      bucket = (yield* one<Bucket>(bucketOf, { lane }))!
    }
    const running = concurrency === null ? 0 : Number((yield* one<{ count: number }>(underLease, { lane, now }))!.count)
    const places = concurrency === null ? Infinity : concurrency - running
    if (perSecond === null) return { count: places, take: NOTHING_TO_KEEP }
    const filled = refilled(bucket, perSecond, Math.max(now, bucket.at))
    return {
      count: Math.min(places, tokensIn(filled)),
      *take(count) {
        const { tokens, at } = taken(filled, count)
        yield* run(keep, { lane, tokens, at })
      }
    }
  }
}
