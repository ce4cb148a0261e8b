/**
 * Labelled points at which a fault test kills the process or holds it: `APTEKIT_FAULT=commit.applied:7` ends it with
 * SIGKILL when the point is reached for the seventh time. Unset, as always outside tests, it costs one comparison.
 */
const [label, count] = (process.env["APTEKIT_FAULT"] ?? "").split(":")
let left = Number(count ?? 1)

export type FaultPoint = "commit.begin" | "commit.applied" | "commit.done" | "slice.applied" | "run.journalled"

export const faultPoint = (point: FaultPoint): void => {
  if (point !== label) return
  if (--left === 0) process.kill(process.pid, "SIGKILL")
}

/** Before the COMMIT of an operation's own transaction, and after it: imports have points of their own. */
export const appliedPoint = (op: string): FaultPoint => (op === "slice" ? "slice.applied" : "commit.applied")
export const donePoint = (op: string): FaultPoint => (op === "journalRun" ? "run.journalled" : "commit.done")
