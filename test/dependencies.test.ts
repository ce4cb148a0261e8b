import { readFileSync } from "node:fs"
import { glob } from "node:fs/promises"
import { stripTypeScriptTypes } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { type Manifest, type SourceFile, violations } from "./support/rules.ts"

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..")
const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as Manifest
const root = manifestOf("")

const read = async (patterns: ReadonlyArray<string>): Promise<ReadonlyArray<SourceFile>> => {
  const files: Array<SourceFile> = []
  for await (const path of glob(patterns, { cwd: ROOT, exclude: (name) => name.includes("node_modules") })) {
    const folder = /^(?:packages|examples)\/[^/]+/u.exec(path)?.[0]
    const manifest = folder === undefined ? root : manifestOf(folder)
    files.push({ path, text: readFileSync(join(ROOT, path), "utf8"), manifest, root })
  }
  return files
}

const files = await read(["packages/*/{src,test}/**/*.{ts,tsx}", "examples/*/{src,test}/**/*.ts", "{bench,docs,test}/**/*.ts"])
const folderOf = (path: string): string => /^(?:packages|examples)\/[^/]+|^[^/]+/u.exec(path)![0]
const folders = [...new Set(files.map(({ path }) => folderOf(path)))]

describe("R-SDK-1: the arrows of import point at core only, and core does no I/O", () => {
  test.for(folders)("%s imports what it may and what its package.json declares", (folder) => {
    const own = files.filter(({ path }) => folderOf(path) === folder)
    expect(own.flatMap(violations)).toEqual([])
  })
})

/** Packages that a file loads, with those of the files that it loads; types load nothing. */
const loaded = async (path: string, seen: Set<string>): Promise<ReadonlySet<string>> => {
  if (seen.has(path)) return seen
  seen.add(path)
  const text = stripTypeScriptTypes(readFileSync(path, "utf8"))
  for (const [, name] of text.matchAll(/^(?:import|export)\b[^"']*?["']([^"']+)["']/gmu)) {
    if (name!.startsWith(".")) await loaded(join(dirname(path), name!), seen)
    else if (name === "@aptekit/core/plain") await loaded(join(ROOT, "packages/core/src/plain.ts"), seen)
    else seen.add(name!)
  }
  return seen
}

describe("R-OPS-2: threads stay small", () => {
  test.for(["packages/storage-sql/src/sqlite/thread.ts", "packages/adapter-1c/src/worker/entry.ts"])(
    "%s does not load Effect once more",
    async (path) => {
      const packages = [...(await loaded(join(ROOT, path), new Set()))].filter((name) => !name.startsWith("/"))
      expect(packages.length).toBeGreaterThan(0)
      expect(packages.filter((name) => name.startsWith("effect") || name.startsWith("@aptekit/"))).toEqual([])
    }
  )
})

describe("the rules themselves can fail", () => {
  const manifest: Manifest = { name: "@aptekit/x", dependencies: { "@aptekit/core": "0", effect: "4", hono: "4" } }
  const broken = (path: string, text: string): ReadonlyArray<string> => violations({ path, text, manifest, root })

  test.for([
    ["an undeclared dependency", "packages/server/src/a.ts", `import { x } from "left-pad"`],
    ["an undeclared dependency in a type", "packages/server/src/a.ts", `export type A = import("left-pad").A`],
    ["an undeclared dependency loaded late", "packages/server/src/a.ts", `export const a = () => import("left-pad")`],
    ["an undeclared dependency passed on", "packages/server/src/a.ts", `export * from "left-pad"`],
    ["a tool of the root in what is shipped", "packages/server/src/a.ts", `import { test } from "vitest"`],
    ["a module of Node without node:", "packages/server/src/a.ts", `import { join } from "path"`],
    ["a file of another package", "packages/server/src/a.ts", `import { a } from "../../core/src/index.ts"`],
    ["node: in core", "packages/core/src/a.ts", `import { readFileSync } from "node:fs"`],
    ["hono in core", "packages/core/src/testing/a.ts", `import { Hono } from "hono"`],
    ["testing in what core runs", "packages/core/src/order/a.ts", `import { memoryStorage } from "../testing/memory.ts"`],
    ["storage in an adapter", "packages/adapter-x/src/a.ts", `import { sqlite } from "@aptekit/storage-sql"`],
    ["another adapter in an adapter", "packages/adapter-x/src/testing/a.ts", `import "@aptekit/adapter-sms"`],
    ["the server in storage", "packages/storage-sql/src/a.ts", `import type { App } from "@aptekit/server"`],
    ["hono in storage", "packages/storage-sql/src/a.ts", `import { Hono } from "hono"`],
    ["an adapter in the command", "packages/cli/src/a.ts", `import { smscMessages } from "@aptekit/adapter-sms"`],
    ["the server in an adapter's tests", "packages/adapter-x/test/a.ts", `import { startServer } from "@aptekit/server"`]
  ] as const)("%s is found", ([, path, text]) => {
    expect(broken(path, `// a comment\n${text}`)).toEqual([expect.stringContaining(`${path}:2 imports `)])
  })

  test.for(["Date.now()", "new Date()", "Date()", "Math.random()", "setTimeout(f, 1)", "process.env", "globalThis.x", "fetch(u)", "{ fetch }"])(
    "core may not use %s",
    (use) => {
      expect(broken("packages/core/src/a.ts", `export const a = ${use}`)).toEqual([expect.stringContaining(":1 uses ")])
      expect(broken("packages/server/src/a.ts", `export const a = ${use}`)).toEqual([])
    }
  )

  test("what only looks like it is left alone", () => {
    const text = `// Date.now()
      import { Effect } from "effect"
      export const a = (at: number) => [new Date(at), "Date.now()", { process: 1 }.process, Effect]
      export type A = { readonly fetch: typeof fetch }`
    expect(broken("packages/core/src/a.ts", text)).toEqual([])
  })
})
