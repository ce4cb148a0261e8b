import type { Capabilities } from "../adapter/port.ts"
import { checkSkips, type PortHarness, type PortSuite, runPortSuite, type TestFunction } from "./port-suite.ts"
import { conformanceReport, type ConformanceReport, type ReportOptions } from "./port-report.ts"

/** A suite that an adapter is held to, with all that it takes to run it: what `npx aptekit conformance` looks for. */
export interface Conformance {
  readonly port: string
  /** The adapter's name, where several are declared in one module. */
  readonly title: string | null
  readonly report: () => Promise<ConformanceReport>
  readonly run: (test: TestFunction) => void
}

/** What is declared beside suite and harness. */
export interface ConformanceOptions extends ReportOptions {
  /** What the adapter declares; a test runner must know it before the harness is made. */
  readonly capabilities?: Capabilities
}

/**
 * Declares a suite of an adapter: for the command, for any test runner (`runConformance`), for a report.
 * @throws Error on a skip without a reason or of no case
 */
export const conformance = <H extends PortHarness>(
  suite: PortSuite<H>,
  harness: () => H | Promise<H>,
  { title, capabilities, skip = {} }: ConformanceOptions = {}
): Conformance => {
  checkSkips(suite, skip)
  const named = title === undefined ? {} : { title }
  return {
    port: suite.port,
    title: title ?? null,
    report: () => conformanceReport(suite, harness, { skip, ...named }),
    run: (test) => runPortSuite(suite, harness, { test, skip, ...named, ...(capabilities === undefined ? {} : { capabilities }) })
  }
}

export const isConformance = (value: unknown): value is Conformance =>
  typeof value === "object" && value !== null && "port" in value && "report" in value && typeof value.report === "function"

/** All declared suites by a test runner. */
export const runConformance = (declared: ReadonlyArray<Conformance>, { test }: { readonly test: TestFunction }): void => {
  for (const one of declared) one.run(test)
}
