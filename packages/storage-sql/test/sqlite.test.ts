import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { storageSuite } from "@aptekit/core/testing"
import { Effect } from "effect"
import { afterAll, describe, it } from "vitest"
import { sqlite } from "../src/index.ts"

const directory = mkdtempSync(join(tmpdir(), "aptekit-sqlite-"))
afterAll(() => rmSync(directory, { recursive: true }))

describe("SQLite", () => {
  let files = 0
  for (const { title, skip, run } of storageSuite()) {
    it.skipIf(skip !== null)(title, () =>
      Effect.runPromise(run.pipe(Effect.provide(sqlite({ file: join(directory, `${files++}.db`) })))))
  }
})
