import { storageSuite } from "@aptekit/core/testing"
import { Effect } from "effect"
import { describe, it } from "vitest"
import { mariadb } from "../src/index.ts"
import { useEmptyMariadb } from "./support/databases.ts"

const server = useEmptyMariadb()

describe.skipIf(server.skip !== null)("MariaDB", () => {
  for (const { title, skip, run } of storageSuite()) {
    it.skipIf(skip !== null)(title, async () => {
      const uri = await server.emptied()
      await Effect.runPromise(run.pipe(Effect.provide(mariadb({ uri }))))
    })
  }
})
