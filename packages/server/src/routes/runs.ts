import { ImportCounts, IsoInstant, RunProgress, Schema, type SyncRun, toIso } from "@aptekit/core"

/** A bulk exchange as the API shows it (STK-2). */
export const RunView = Schema.Struct({
  id: Schema.String,
  connection: Schema.String,
  file: Schema.String,
  state: Schema.Literals(["receiving", "applying", "done", "failed", "held", "discarded"]),
  startedAt: IsoInstant,
  finishedAt: Schema.NullOr(IsoInstant),
  counts: ImportCounts,
  error: Schema.NullOr(Schema.String),
  /** Rows that could not be taken: line and reason; the first thousand. */
  rejects: Schema.Array(Schema.Struct({ line: Schema.Int, reason: Schema.String })),
  /** While it is under way, as this server sees it. */
  progress: Schema.NullOr(RunProgress),
  /** It was only to show its difference. */
  preview: Schema.Boolean,
  /** Who released or discarded it. */
  decidedBy: Schema.NullOr(Schema.String)
}).annotate({ identifier: "SyncRun" })

export const viewRun = (run: SyncRun): typeof RunView.Encoded => ({
  ...run,
  startedAt: toIso(run.startedAt),
  finishedAt: run.finishedAt === null ? null : toIso(run.finishedAt)
})
