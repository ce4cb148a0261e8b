import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import type { EncodedChange } from "../encode.ts"
import { all, one, param, type Program, run, statement } from "../program.ts"
import type { Schema } from "../schema.ts"
import type { CommitResult } from "./commit.ts"
import { type Fence, fenceProgram } from "./fence.ts"

export type RunRow = Selectable<Schema["sync_runs"]>
/** `lease_until`: of the hub that received it. */
export type UnfinishedRun = RunRow & { readonly lease_until: number | null }
export type DifferencePart = Selectable<Schema["sync_difference"]>

/** Writes a run as it is now. */
export const putRunProgram = ({ db }: SqlDialect) => {
  const put = statement(
    db.replaceInto("sync_runs").values({
      id: param("id"),
      connection: param("connection"),
      file: param("file"),
      state: param("state"),
      started_at: param("started_at"),
      finished_at: param("finished_at"),
      counts: param("counts"),
      error: param("error"),
      rejects: param("rejects"),
      preview: param("preview"),
      decided_by: param("decided_by"),
      owner: param("owner")
    })
  )
  return function*(row: RunRow): Program<null> {
    yield* run(put, { ...row })
    return null
  }
}

/** Runs as they are kept, and their ends: state and event in one transaction. */
export const runOps = (dialect: SqlDialect, commit: (change: EncodedChange) => Program<CommitResult>) => {
  const { db } = dialect
  const putRun = putRunProgram(dialect)
  const fenced = fenceProgram(dialect)
  const runById = statement(db.selectFrom("sync_runs").selectAll().where("id", "=", param("id")))
  const runs = statement(
    db.selectFrom("sync_runs").selectAll().where("id", "<", param("before")).orderBy("id", "desc").limit(param("limit"))
  )
  const unfinished = statement(
    db.selectFrom("sync_runs as r").leftJoin("leases as l", "l.name", "r.owner").selectAll("r").select("l.expires_at as lease_until")
      .where("r.state", "in", ["applying", "receiving"])
  )
  const fail = statement(
    db.updateTable("sync_runs").set({
      state: "failed", finished_at: param("finished_at"), counts: param("counts"), error: param("error"), rejects: param("rejects")
    }).where("id", "=", param("id")).where("state", "=", "receiving")
  )
  const dropJournal = statement(db.deleteFrom("sync_journal").where("run_id", "=", param("run")))
  const putDifference = statement(
    db.replaceInto("sync_difference").values({
      run_id: param("run_id"),
      part: param("part"),
      kind: param("kind"),
      price_type: param("price_type"),
      data: param("data")
    })
  )
  const difference = statement(
    db.selectFrom("sync_difference").selectAll().where("run_id", "=", param("run")).orderBy("part")
  )
  const decide = statement(
    db.updateTable("sync_runs").set({ state: param("state"), decided_by: param("by"), finished_at: param("at") })
      .where("id", "=", param("id")).where("state", "=", "held")
  )
  return {
    putRun,
    *runById(id: string): Program<RunRow | null> {
      return yield* one(runById, { id })
    },
    *listRuns([before, limit]: readonly [string, number]): Program<ReadonlyArray<RunRow>> {
      return yield* all(runs, { before, limit })
    },
    *unfinishedRuns(): Program<ReadonlyArray<UnfinishedRun>> {
      return yield* all(unfinished)
    },
    /** A run that will never be applied: what it had of a journal goes with it. One that is journalled, or has ended, stays. */
    *failRun({ id, finished_at, counts, error, rejects }: RunRow): Program<null> {
      if ((yield* run(fail, { id, finished_at, counts, error, rejects })) > 0) yield* run(dropJournal, { run: id })
      return null
    },
    /** The last step: the run done, its journal gone, its event told. Done already, nothing is told again. */
    *finishRun([row, event, fence]: readonly [RunRow, EncodedChange, Fence | null]): Program<null> {
      yield* fenced(fence)
      const known = yield* one<RunRow>(runById, { id: row.id })
      yield* putRun(row)
      yield* run(dropJournal, { run: row.id })
      if (known?.state !== row.state) yield* commit(event)
      return null
    },
    /** The other end: nothing applied, its difference kept for a person. */
    *holdRun([row, parts, event]: readonly [RunRow, ReadonlyArray<DifferencePart>, EncodedChange]): Program<null> {
      const known = yield* one<RunRow>(runById, { id: row.id })
      for (const part of parts) yield* run(putDifference, { ...part })
      yield* putRun(row)
      if (known?.state !== row.state) yield* commit(event)
      return null
    },
    /** False where the run is not held (any more). */
    *decideRun(
      { event, ...row }: { id: string; state: string; by: string; at: number; event: EncodedChange }
    ): Program<boolean> {
      if ((yield* run(decide, row)) === 0) return false
      yield* commit(event)
      return true
    },
    *difference(id: string): Program<ReadonlyArray<DifferencePart>> {
      return yield* all(difference, { run: id })
    }
  }
}
