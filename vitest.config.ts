import { join } from "node:path"
import { defaultServerConditions } from "vite"
import { configDefaults, defineConfig } from "vitest/config"

const threads = join(import.meta.dirname, "test/support/thread-url.ts")

/** What starts, kills or measures processes has one of its own per file; the rest shares one, which loads the packages once. */
const ALONE = [
  "packages/server/test/{faults,whole-1c}/**/*.test.ts",
  "packages/server/test/{start,redis}.test.ts",
  "packages/adapter-1c/test/exchange/{large,thread}.test.ts",
  "packages/storage-sql/test/**/*.test.ts",
  "packages/{cli,create-aptekit-adapter}/test/**/*.test.ts",
  "examples/*/test/**/*.test.ts",
  "test/**/*.test.ts"
]

export default defineConfig({
  ssr: { resolve: { conditions: ["@aptekit/source", ...defaultServerConditions] } },
  resolve: { alias: { "./thread-url.ts": threads, "./worker-url.ts": threads } },
  test: {
    pool: "forks",
    maxWorkers: 2,
    // `.ci/run` counts from the report, not from what is printed.
    reporters: process.env["CI"] === "true" ? ["default", "json"] : ["default"],
    globalSetup: ["test/support/mariadb-setup.ts", "test/support/compile-cache.ts", "test/support/built-hub-setup.ts"],
    // Real processes, kills and databases on two busy cores: a run that was only slow is told from a failure by a second
    // try. The report names what needed one.
    retry: process.env["CI"] === "true" ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: ["packages/*/test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...ALONE],
          isolate: false
        }
      },
      { extends: true, test: { name: "alone", include: ALONE } }
    ]
  }
})
