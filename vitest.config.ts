import { defaultServerConditions } from "vite"
import { defineConfig } from "vitest/config"

export default defineConfig({
  ssr: { resolve: { conditions: ["@aptekit/source", ...defaultServerConditions] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/support/mariadb-setup.ts", "test/support/compile-cache.ts"],
    // The storage starts threads of its own and fault tests kill processes: a process per file keeps them apart.
    pool: "forks",
    maxWorkers: 2,
    // `.ci/run` counts from the report, not from what is printed.
    reporters: process.env["CI"] === "true" ? ["default", "json"] : ["default"],
    // Real processes, kills and databases on two busy cores: a run that was only slow is told from a failure by a second
    // try. The report names what needed one.
    retry: process.env["CI"] === "true" ? 1 : 0,
    testTimeout: 30_000,
    hookTimeout: 30_000
  }
})
