import { Cause, Effect } from "effect"
import type { Capabilities } from "../adapter/port.ts"
import { checkSaid, checkSkips, type PortHarness, type PortSuite, unmet } from "./port-suite.ts"

/** What became of a case; `reason`: why it was skipped, or what promise was broken. */
export interface CaseReport {
  readonly name: string
  readonly result: "passed" | "failed" | "skipped"
  readonly reason: string | null
}

/** What an adapter keeps of a port's promises. Plain data: `JSON.stringify` is its form for machines. */
export interface ConformanceReport {
  readonly port: string
  readonly adapter: string
  /** Which of several adapters of one module this is; null where nobody has said. */
  readonly title: string | null
  readonly capabilities: Capabilities
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly cases: ReadonlyArray<CaseReport>
}

/** What is left out of a report. */
export interface ReportOptions {
  /** Cases that do not apply, by their exact name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>
  /** Which of several adapters of one module this is. */
  readonly title?: string
}

/** A case that takes longer is broken. */
const CASE_TIMEOUT = "30 seconds"

const reasonOf = (error: unknown, { secrets = [] }: PortHarness): string => {
  const text = error instanceof Error ? error.message : String(error)
  return secrets.reduce((all, secret) => (secret === "" ? all : all.replaceAll(secret, "***")), text)
}

/**
 * Runs a port's cases one after another, without a test runner, and tells of each. A case that fails ends nothing.
 * @throws Error on a skip without a reason or of no case; what the harness throws
 */
export const conformanceReport = async <H extends PortHarness>(
  suite: PortSuite<H>,
  harness: () => H | Promise<H>,
  { skip = {}, title }: ReportOptions = {}
): Promise<ConformanceReport> => {
  checkSkips(suite, skip)
  // Made only to be asked who it is.
  const first = await harness()
  await first.close?.()
  checkSaid(suite, first.adapter)
  const { name: adapter, capabilities } = first.adapter
  const cases: Array<CaseReport> = []
  for (const { name, needs, run } of suite.cases) {
    const reason = skip[name] ?? unmet(needs, capabilities)
    if (reason !== undefined) {
      cases.push({ name, result: "skipped", reason })
      continue
    }
    const made = await harness()
    const ended = await Effect.tryPromise({ try: () => run(made), catch: (error) => reasonOf(error, made) }).pipe(
      Effect.timeout(CASE_TIMEOUT),
      Effect.match({
        onSuccess: () => null,
        onFailure: (error) => (Cause.isTimeoutError(error) ? `it was not done within ${CASE_TIMEOUT}` : error)
      }),
      Effect.runPromise
    )
    cases.push({ name, result: ended === null ? "passed" : "failed", reason: ended })
  }
  const count = (result: CaseReport["result"]): number => cases.filter((one) => one.result === result).length
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")]
  return { port: suite.port, adapter, title: title ?? null, capabilities, passed, failed, skipped, cases }
}

/** The report for people: a line for each case. */
export const reportText = ({ port, adapter, title, capabilities, passed, failed, skipped, cases }: ConformanceReport): string => {
  const can = Object.entries(capabilities).map(([name, has]) => `${name} ${has ? "yes" : "no"}`)
  const lines = cases.map(({ name, result, reason }) => `${result.padEnd(8)}${name}${reason === null ? "" : `: ${reason}`}`)
  const head = `${adapter}${title === null ? "" : ` (${title})`}, port ${port}: ${passed} passed, ${failed} failed, ${skipped} skipped`
  return `${[head, ...(can.length === 0 ? [] : [`it says it can: ${can.join(", ")}`]), ...lines].join("\n")}\n`
}
