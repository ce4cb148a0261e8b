/**
 * Prints `passed failed` of a report of vitest's JSON reporter, and names on standard error what failed. A file that
 * could not be run is one failure.
 */
import { relative } from "node:path"
import { readFileSync } from "node:fs"

const report = JSON.parse(readFileSync(process.argv[2], "utf8"))
const counts = { passed: 0, failed: 0 }
for (const { name, status, message, assertionResults } of report.testResults) {
  const failed = assertionResults.filter((test) => test.status === "failed")
  const broken = status === "failed" && failed.length === 0
  counts.passed += assertionResults.filter((test) => test.status === "passed").length
  counts.failed += failed.length + (broken ? 1 : 0)
  const file = relative(process.cwd(), name)
  for (const { fullName, failureMessages } of failed) console.error(`FAILED ${file}: ${fullName}\n  ${head(failureMessages.join("\n"))}`)
  if (broken) console.error(`FAILED ${file}: could not be run\n  ${head(message)}`)
}
console.log(counts.passed, counts.failed)

function head(text) {
  return text.split("\n", 12).join("\n  ")
}
