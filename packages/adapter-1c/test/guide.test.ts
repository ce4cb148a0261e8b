import { readFileSync } from "node:fs"
import { expect, test } from "vitest"

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8")
const guide = read("../../../docs/guides/connect-1c.md")

/** The members of the union, out of its own text. */
const codes = [...read("../src/failure.ts").split("export type FailureCode =")[1]!.split("\n\n")[0]!.matchAll(/\| "([\w-]+)"/gu)]
  .map(([, code]) => code!)

test("R-STK-1: the guide has one row for each code of failure, with a text and what to do", () => {
  expect(codes.length).toBeGreaterThan(15)
  const rows = guide.split("\n").map((line) => /^\| `([a-z]+(?:-[a-z]+)+|stopping|internal)`[^|]*\|([^|]+)\|([^|]+)\|$/u.exec(line))
    .filter((row) => row !== null)
  expect(rows.map(([, code]) => code!).toSorted()).toEqual(codes.toSorted())
  for (const [, , text, advice] of rows) expect([text!.trim().length > 10, advice!.trim().length > 5]).toEqual([true, true])
})

/** The sources from which 1C's texts come. */
const SOURCES = [
  "failure", "http/entrance", "import/held-text", "import/importer", "import/jobs", "import/reader-thread", "import/locate",
  "spool/archive", "spool/file-name", "spool/receive", "spool/session", "worker/file-thread"
]

test("R-STK-1: the guide quotes the texts as they are", () => {
  const sources = SOURCES.map((name) => read(`../src/${name}.ts`)).join("\n").replace(/\$\{[^}]+\}/gu, "…").replace(/"\s*\+\s*["`]/gu, "")
  const quoted = guide.split("\n").flatMap((line) => /^\| `[a-z-]+`[^|]*\| ([^|]+?) \|/u.exec(line)?.[1] ?? [])
  const parts = quoted.flatMap((text) => text.split(/ \/ |…|«|»|Строка N|N /u)).map((part) => part.trim()).filter((part) => part.length > 8)
  expect(parts.length).toBeGreaterThan(20)
  expect(parts.filter((part) => !sources.includes(part))).toEqual([])
})
