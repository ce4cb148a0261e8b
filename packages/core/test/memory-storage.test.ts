import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { memoryStorage, storageSuite } from "@aptekit/core/testing"

describe("memory storage", () => {
  for (const one of storageSuite()) {
    it.effect.skipIf(one.skip !== null)(one.title, () => Effect.provide(one.run, memoryStorage()))
  }
})
