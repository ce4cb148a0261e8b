import { ImportCounts, IsoInstant, Schema, type SyncRun, toIso } from "@aptekit/core"

/** A bulk exchange as the API shows it (STK-2). */
export const RunView = Schema.Struct({
  id: Schema.String,
  connection: Schema.String,
  file: Schema.String,
  state: Schema.Literals(["receiving", "applying", "done", "failed"]),
  startedAt: IsoInstant,
  finishedAt: Schema.NullOr(IsoInstant),
  counts: ImportCounts,
  error: Schema.NullOr(Schema.String),
  /** Rows that could not be taken: line and reason; the first thousand. */
  rejects: Schema.Array(Schema.Struct({ line: Schema.Int, reason: Schema.String }))
}).annotate({ identifier: "SyncRun" })

export const viewRun = (run: SyncRun): typeof RunView.Encoded => ({
  ...run,
  startedAt: toIso(run.startedAt),
  finishedAt: run.finishedAt === null ? null : toIso(run.finishedAt)
})
