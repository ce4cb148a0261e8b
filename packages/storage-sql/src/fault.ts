/**
 * Labelled points at which a fault test kills the process or holds it: `APTEKIT_FAULT=commit.applied:7` ends it with
 * SIGKILL when the point is reached for the seventh time, `commit.applied:7:SIGSTOP` makes it stand still there. Unset, as
 * always outside tests, it costs one comparison.
 */
const [label, count, signal = "SIGKILL"] = (process.env["APTEKIT_FAULT"] ?? "").split(":")
let left = Number(count ?? 1)

/** The steps of a delivery, by the operation that records each. */
const STEPS = { claimOutbox: "claim", markSending: "sending", settleOutbox: "settle" } as const
type Step = (typeof STEPS)[keyof typeof STEPS]

export type FaultPoint =
  | "commit.begin"
  | "commit.applied"
  | "commit.done"
  | "slice.applied"
  | "run.journalled"
  | `${Step}.applied`
  | `${Step}.done`

const stepOf = (op: string): Step | undefined => STEPS[op as keyof typeof STEPS]

export const faultPoint = (point: FaultPoint): void => {
  if (point !== label) return
  if (--left === 0) process.kill(process.pid, signal)
}

/** Before the COMMIT of an operation's own transaction, and after it: imports and deliveries have points of their own. */
export const appliedPoint = (op: string): FaultPoint => {
  const step = stepOf(op)
  return op === "slice" ? "slice.applied" : step === undefined ? "commit.applied" : `${step}.applied`
}
export const donePoint = (op: string): FaultPoint => {
  const step = stepOf(op)
  return op === "journalRun" ? "run.journalled" : step === undefined ? "commit.done" : `${step}.done`
}
