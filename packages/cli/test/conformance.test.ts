import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, expect, test } from "vitest"
import { reportOf } from "../src/conformance.ts"

const from = import.meta.dirname
const SUITES = "support/suites.ts"
const folder = mkdtempSync(join(tmpdir(), "aptekit-cli-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const COMMAND = ["--conditions=@aptekit/source", join(from, "../bin.js"), "conformance"]
const run = (args: ReadonlyArray<string>) => promisify(execFile)(process.execPath, [...COMMAND, ...args], { cwd: from })

test("SDK-2: the report says what an adapter passes and skips, in lines for people", async () => {
  const { text, passed } = await reportOf({ module: SUITES, from, json: false })
  expect(passed).toBe(true)
  expect(text).toMatch(/^two-houses, port geocoding: [1-9]\d* passed, 0 failed, [1-9]\d* skipped\n/u)
  expect(text).toContain("passed  finds the points of known houses, asked at once\n")
  expect(text).toContain("skipped a partner that refuses ends as rejected: a table of whole addresses in memory: no partner, no street, no doubt\n")
  expect(text).toMatch(/\n\n[1-9]\d* passed, 0 failed, [1-9]\d* skipped\n$/u)
})

test.each([
  ["adapter-email", "email (e-mail to a real SMTP server over TLS), port messages"],
  ["adapter-geo", "(OSRM), port distanceMatrix"],
  ["adapter-sms", "smsc (SMSC), port messages"],
  ["adapter-webpush", "port messages"]
])("SDK-2: %s passes its suites by the command too, each named by what it is", { timeout: 120_000 }, async (adapter, head) => {
  const { text, passed } = await reportOf({ module: "test/conformance.ts", from: join(from, "../..", adapter), json: false })
  expect(text).not.toMatch(/^failed/mu)
  expect(text).toContain(head)
  expect(passed).toBe(true)
})

test("SDK-2: `aptekit conformance` ends with 1 when a case fails, with 2 when nothing could be tried", async () => {
  const config = join(folder, "config.json")
  writeFileSync(config, JSON.stringify({ metresOff: 5_000 }))
  const failed = await run([SUITES, "--json", "--config", config]).catch((error: unknown) => error as { code: number; stdout: string })
  expect(failed).toMatchObject({ code: 1 })
  const { failed: count, reports } = JSON.parse(failed.stdout) as { failed: number; reports: ReadonlyArray<{ cases: ReadonlyArray<{ result: string; reason: string }> }> }
  const reasons = reports.flatMap(({ cases }) => cases).filter(({ result }) => result === "failed").map(({ reason }) => reason)
  expect(reasons).toHaveLength(count)
  expect(count).toBeGreaterThan(0)
  expect(reasons.every((reason) => reason !== null && reason !== "")).toBe(true)
  await expect(run([])).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("the suites of which module?") })
})

test.each([
  ["that is not there", "nowhere.ts", "", /there is no file .*nowhere\.ts, and no package/u],
  ["that declares nothing", "nothing.mjs", "export const answer = 42\n", /declares no suites: export default \[conformance\(/u],
  ["of an empty list", "empty.mjs", "export default []\n", /declares no suites/u],
  ["that takes no configuration", "fixed.mjs", "export default []\n", /exports no function that takes --config/u]
])("SDK-2: a module %s is told, with what to do", async (_, name, text, said) => {
  const module = join(folder, name)
  if (text !== "") writeFileSync(module, text)
  const config = name === "fixed.mjs" ? { config: {} } : {}
  await expect(reportOf({ module, from, json: false, ...config })).rejects.toThrow(said)
})

test.each([
  ["for import alone", { ".": { import: "./suites.mjs" } }, "partner-suites"],
  ["at a path of its own", { "./suites": { types: "./suites.d.ts", import: "./suites.mjs" } }, "partner-suites/suites"]
])("SDK-2: an installed package whose suites are exported %s is found", async (_, exports, module) => {
  const home = mkdtempSync(join(folder, "installed-"))
  const inside = join(home, "node_modules/partner-suites")
  mkdirSync(inside, { recursive: true })
  writeFileSync(join(inside, "package.json"), JSON.stringify({ name: "partner-suites", version: "1.0.0", type: "module", exports }))
  writeFileSync(join(inside, "suites.mjs"), "export default []\n")
  await expect(reportOf({ module, from: home, json: false })).rejects.toThrow(/partner-suites.* declares no suites/u)
  await expect(reportOf({ module: `${module}-more`, from: home, json: false })).rejects.toThrow(/no package partner-suites.*-more is installed here/u)
})
