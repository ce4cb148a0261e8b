/** Prints `passed failed` of a report of vitest's JSON reporter. A file that could not be run is one failure. */
import { readFileSync } from "node:fs"

const report = JSON.parse(readFileSync(process.argv[2], "utf8"))
const results = report.testResults
const tests = results.flatMap(({ assertionResults }) => assertionResults)
const count = (status) => tests.filter((test) => test.status === status).length
const broken = results.filter(({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"))
console.log(count("passed"), count("failed") + broken.length)
