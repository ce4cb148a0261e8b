import { defaultServerConditions } from "vite"
import { defineConfig } from "vitest/config"

/** The tests of a written adapter, run on the sources of the core beside it. */
export default defineConfig({
  ssr: { resolve: { conditions: ["@aptekit/source", ...defaultServerConditions] } },
  test: { maxWorkers: 1 }
})
