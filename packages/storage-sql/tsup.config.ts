import { defineConfig } from "tsup"

export default defineConfig({
  // Each thread is a file of its own beside the bundle: `sqlite/thread-url.ts` knows it by that name.
  entry: {
    index: "src/index.ts",
    internal: "src/internal.ts",
    "sqlite-thread": "src/sqlite/thread.ts",
    "sqlite-checkpoint-thread": "src/sqlite/checkpoint-thread.ts"
  },
  format: "esm",
  target: "node22",
  platform: "node",
  sourcemap: true,
  clean: true,
  dts: false
})
