import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { type Conformance, type ConformanceReport, isConformance, reportText } from "@aptekit/core/testing"
import { moduleResolve } from "import-meta-resolve"

export interface ConformanceOptions {
  /** A file, or a package's name with or without a path. */
  readonly module: string
  /** The folder that it is looked for from. */
  readonly from: string
  readonly json: boolean
  /** What the module's function gets; left out, it has none. */
  readonly config?: unknown
}

export interface ConformanceResult {
  readonly text: string
  readonly passed: boolean
}

const addressOf = (module: string, from: string): string => {
  const file = resolve(from, module)
  if (existsSync(file)) return pathToFileURL(file).href
  const parent = pathToFileURL(join(from, "package.json"))
  const ways = [
    // Knows the conditions that the process was started with.
    () => pathToFileURL(createRequire(parent).resolve(module)).href,
    // Many packages have no door for `require`.
    () => moduleResolve(module, parent, new Set(["node", "import"])).href
  ]
  for (const way of ways) {
    try {
      return way()
    } catch {
      continue
    }
  }
  throw new Error(`there is no file ${file}, and no package ${module} is installed here`)
}

const HOW = "export default [conformance(suite, harness, { capabilities })], by `conformance` of @aptekit/core/testing"

const declaredIn = async ({ module, from, config }: ConformanceOptions): Promise<ReadonlyArray<Conformance>> => {
  const all = (await import(addressOf(module, from))) as Readonly<Record<string, unknown>>
  const exported = all["default"] ?? all["conformance"]
  if (typeof exported !== "function" && config !== undefined) throw new Error(`${module} exports no function that takes --config`)
  const made: unknown = typeof exported === "function" ? await (exported as (config: unknown) => unknown)(config) : exported
  const declared = Array.isArray(made) ? (made as ReadonlyArray<unknown>) : [made]
  if (declared.length === 0 || !declared.every(isConformance)) throw new Error(`${module} declares no suites: ${HOW}`)
  return declared
}

const count = (reports: ReadonlyArray<ConformanceReport>) => {
  const sum = (key: "passed" | "failed" | "skipped"): number => reports.reduce((all, report) => all + report[key], 0)
  return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") }
}

/**
 * Runs the suites that a module declares, one after the other: nothing of an adapter needs a test runner.
 * @throws Error where there is no such module, or it declares nothing
 */
export const reportOf = async (options: ConformanceOptions): Promise<ConformanceResult> => {
  const reports: Array<ConformanceReport> = []
  for (const one of await declaredIn(options)) reports.push(await one.report())
  const total = count(reports)
  const text = options.json
    ? `${JSON.stringify({ ...total, reports }, null, 2)}\n`
    : `${reports.map(reportText).join("\n")}\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`
  return { text, passed: total.failed === 0 }
}
