import { defineConfig } from "tsup"

export default defineConfig({
  // The thread that reads files is a file of its own beside the bundle: `import/reader-thread.ts` starts it by that name.
  entry: { index: "src/index.ts", testing: "src/testing/index.ts", "import-worker": "src/worker/entry.ts" },
  format: "esm",
  target: "node22",
  platform: "node",
  sourcemap: true,
  clean: true,
  dts: false
})
