import { defineConfig } from "tsup"

export default defineConfig({
  entry: { index: "src/index.ts", plain: "src/plain.ts", testing: "src/testing/index.ts" },
  format: "esm",
  target: "node22",
  platform: "node",
  sourcemap: true,
  clean: true,
  dts: false
})
