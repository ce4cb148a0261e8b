import { storageSuite } from "@aptekit/core/testing"
import { Effect } from "effect"
import { describe, it } from "vitest"
import { sqlite } from "../src/index.ts"
import { useSqlite } from "./support/databases.ts"

const newFile = useSqlite()

describe("SQLite", () => {
  for (const { title, skip, run } of storageSuite()) {
    it.skipIf(skip !== null)(title, async () => {
      const file = await newFile()
      await Effect.runPromise(run.pipe(Effect.provide(sqlite({ file }))))
    })
  }
})
