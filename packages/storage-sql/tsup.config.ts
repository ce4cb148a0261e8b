import { defineConfig } from "tsup"

export default defineConfig({
  // The database thread is a file of its own beside the bundle: `sqlite/driver.ts` starts it by that name.
  entry: { index: "src/index.ts", internal: "src/internal.ts", "sqlite-thread": "src/sqlite/thread.ts" },
  format: "esm",
  target: "node22",
  platform: "node",
  sourcemap: true,
  clean: true,
  dts: false
})
