import { existsSync, readFileSync } from "node:fs"
import { glob } from "node:fs/promises"
import { dirname, join } from "node:path"
import { expect, test } from "vitest"
import { LIFE_CYCLE_PAGE, lifeCyclePage } from "../docs/life-cycle.ts"

const ROOT = join(import.meta.dirname, "..")
const scripts = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> }).scripts

const pages: Array<string> = []
for await (const page of glob(["*.md", "docs/**/*.md", "packages/*/README.md", "examples/*/README.md"], { cwd: ROOT })) {
  pages.push(page)
}

/** Links to files of ours: `[text](path#heading)`, code blocks left out. */
const links = (text: string): ReadonlyArray<string> =>
  [...text.replaceAll(/```[\s\S]*?```/gu, "").matchAll(/\]\(([^)#\s]+)/gu)].map(([, path]) => path!).filter((path) => !/^\w+:/u.test(path))

/** `npm run x` and its short forms, wherever they are written. */
const commands = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/npm (?:run (?:--\S+ )?([\w:]+)|(start|test))(?! -w)/gu)].map(([, run, short]) => (run ?? short)!)

test("R-ORD-9: docs/life-cycle.md is what the table of transitions says (else: npm run docs)", () => {
  expect(readFileSync(LIFE_CYCLE_PAGE, "utf8")).toBe(lifeCyclePage())
})

test.for(pages)("%s: every link leads to a file, every npm script exists", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8")
  expect(links(text).filter((link) => !existsSync(join(ROOT, dirname(page), link)))).toEqual([])
  expect(commands(text).filter((command) => scripts[command] === undefined)).toEqual([])
})

test("the check of links and scripts can fail", () => {
  expect(links("see [a](x/y.md#z), [b](https://example.org), ```\n[c](d)\n```")).toEqual(["x/y.md"])
  expect(commands("`npm run bogus`, npm test, npm run check:pack")).toEqual(["bogus", "test", "check:pack"])
})
