import { createHash } from "node:crypto"
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { build, defaultServerConditions } from "vite"
import type { TestProject } from "vitest/node"
import { HUB_CONFIGS, HUB_FILES } from "../built-hub.ts"

const ROOT = join(import.meta.dirname, "../..")
const BUILT = join(ROOT, "node_modules/.cache/aptekit-built")
const DAY = 86_400_000

const ENTRIES = { ...HUB_FILES, ...HUB_CONFIGS }

/** Told by sizes and times, as compilers do: reading all of it would take longer than most tests. */
const stateOfSources = (): string => {
  const files = globSync(["packages/*/src/**/*.ts", "packages/*/package.json", "package-lock.json", "test/**/*.ts"], { cwd: ROOT })
  const hash = createHash("sha256")
  for (const file of [...files, ...Object.values(HUB_CONFIGS)].sort()) {
    const { size, mtimeMs } = statSync(join(ROOT, file))
    hash.update(`${file} ${size} ${mtimeMs}\n`)
  }
  return hash.digest("hex").slice(0, 16)
}

const conditions = ["@aptekit/source", ...defaultServerConditions]

const buildInto = async (folder: string): Promise<void> => {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    resolve: { conditions },
    ssr: { noExternal: true, external: ["better-sqlite3", "mysql2"], resolve: { conditions } },
    build: {
      ssr: true,
      target: "node24",
      minify: false,
      outDir: join(folder, "dist"),
      rolldownOptions: {
        input: ENTRIES,
        // All in one folder: wherever a module has got to, its thread lies beside it.
        output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" }
      }
    }
  })
  // Where the server looks for its version.
  copyFileSync(join(ROOT, "packages/server/package.json"), join(folder, "package.json"))
}

const forgetOld = (): void => {
  for (const name of readdirSync(BUILT)) {
    const folder = join(BUILT, name)
    if (statSync(folder).mtimeMs < Date.now() - DAY) rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Builds the hub that tests start as a process, hundreds of times: loading seven hundred modules one by one took four
 * times the computing of all that a hub does until it is ready. Made of the same sources by the same rules as the
 * packages' `dist`; that a hub runs from the sources too is what `start.test.ts` looks at. Kept until a source changes.
 */
export const setup = async (project: TestProject): Promise<void> => {
  const made = join(BUILT, stateOfSources())
  if (!existsSync(made)) {
    mkdirSync(BUILT, { recursive: true })
    forgetOld()
    const folder = mkdtempSync(join(BUILT, "new-"))
    await buildInto(folder)
    // Another run may have been quicker; then its folder stands.
    try {
      renameSync(folder, made)
    } catch {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  project.provide("builtHub", join(made, "dist"))
}
