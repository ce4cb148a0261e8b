import type { SqlDialect } from "../dialect.ts"
import type { CommitResult } from "./commit.ts"
import { all, one, param, type Program, run, statement } from "../program.ts"

export interface FeedArgs {
  readonly after: number
  readonly limit: number
  readonly branchId: string | null
}

export interface LeaseArgs {
  readonly name: string
  readonly owner: string
  readonly now: number
  readonly until: number
}

export interface ForeignEvent {
  readonly seq: number
  readonly type: string
  /** `CommitResult["levels"]`; null where no stock changed. */
  readonly levels: string | null
}

/** What others than `origin` committed after a place in the feed. */
export const foreignEvents = ({ db }: SqlDialect) =>
  statement(
    db.selectFrom("events").select(["seq", "type", "levels"]).where("seq", ">", param("after"))
      .where("origin", "!=", param("origin")).orderBy("seq").limit(param("limit"))
  )

export const feedOps = (dialect: SqlDialect) => {
  const { db } = dialect
  const position = statement(db.selectFrom("feed").select("last").where("id", "=", 1))
  const after = statement(
    db.selectFrom("events").selectAll().where("seq", ">", param("after")).orderBy("seq").limit(param("limit"))
  )
  const afterAt = statement(
    db.selectFrom("events").selectAll().where("branch_id", "=", param("branch")).where("seq", ">", param("after"))
      .orderBy("seq").limit(param("limit"))
  )
  const oldest = statement(db.selectFrom("events").select((eb) => eb.fn.min("seq").as("seq")))
  const foreign = foreignEvents(dialect)
  const changeKnown = statement(
    db.selectFrom("events").select(["seq", "levels"]).where("change_id", "=", param("id")).orderBy("seq", "desc").limit(1)
  )
  const lease = statement(db.selectFrom("leases").selectAll().where("name", "=", param("name")))
  const newLease = statement(
    db.insertInto("leases").values({ name: param("name"), owner: param("owner"), expires_at: param("until"), token: 1 })
  )
  const takeLease = statement(
    db.updateTable("leases").set((eb) => ({
      owner: param("owner"),
      expires_at: param("until"),
      token: eb("token", "+", 1)
    })).where("name", "=", param("name"))
      .where((eb) => eb.or([eb("owner", "=", param("owner")), eb("expires_at", "<=", param("now"))]))
  )
  const newFence = statement(
    db.updateTable("leases").set((eb) => ({ owner: param("owner"), token: eb("token", "+", 1) })).where("name", "=", param("name"))
  )
  const endLeases = statement(
    db.updateTable("leases").set({ expires_at: 0 }).where("name", ">=", param("from")).where("name", "<", param("to"))
  )
  const drop = statement(db.deleteFrom("leases").where("name", "=", param("name")))
  const release = statement(
    db.updateTable("leases").set({ expires_at: 0 }).where("name", "=", param("name")).where("owner", "=", param("owner"))
  )

  return {
    *feedPosition(): Program<number> {
      return (yield* one<{ last: number }>(position))!.last
    },
    *feedRead(args: FeedArgs): Program<ReadonlyArray<Record<string, unknown>>> {
      const { limit } = args
      if (args.branchId === null) return yield* all(after, { after: args.after, limit })
      return yield* all(afterAt, { after: args.after, limit, branch: args.branchId })
    },
    *feedFloor(): Program<number> {
      const first = (yield* one<{ seq: number | null }>(oldest))?.seq
      return first === null || first === undefined ? (yield* one<{ last: number }>(position))!.last : first - 1
    },
    /** What other replicas did to the stock (D5). */
    *foreignEvents(args: { after: number; origin: string; limit: number }): Program<ReadonlyArray<ForeignEvent>> {
      return yield* all(foreign, args)
    },
    /** Was this change committed, and what did it give? Asked after a lost answer, before anything is repeated (D18). */
    *changeKnown(id: string): Program<CommitResult | null> {
      const last = yield* one<{ seq: number; levels: string | null }>(changeKnown, { id })
      return last === null ? null : { seq: last.seq, levels: JSON.parse(last.levels ?? "[]") as CommitResult["levels"], short: [] }
    },
    *acquireLease(args: LeaseArgs): Program<number | null> {
      const known = yield* one<{ token: number }>(lease, { name: args.name })
      if (known === null) {
        yield* run(newLease, { name: args.name, owner: args.owner, until: args.until })
        return 1
      }
      const touched = yield* run(takeLease, { ...args })
      return touched === 0 ? null : (yield* one<{ token: number }>(lease, { name: args.name }))!.token
    },
    /** A new token for whoever has taken the turn: writes under an older one are refused from now on (D24). */
    *takeFence({ name, owner }: { name: string; owner: string }): Program<number> {
      if ((yield* run(newFence, { name, owner })) === 0) yield* run(newLease, { name, owner, until: 0 })
      return (yield* one<{ token: number }>(lease, { name }))!.token
    },
    /** Where only one hub can be, what it finds at its start is its predecessor's. */
    *endLeases(prefix: string): Program<null> {
      yield* run(endLeases, { from: prefix, to: `${prefix}\u{10FFFF}` })
      return null
    },
    /** A lease of a name that does not come again. */
    *dropLease(name: string): Program<null> {
      yield* run(drop, { name })
      return null
    },
    *releaseLease([name, owner]: readonly [string, string]): Program<null> {
      yield* run(release, { name, owner })
      return null
    }
  }
}
