import { storageSuite } from "@aptekit/core/testing"
import { Effect } from "effect"
import { describe, it } from "vitest"
import { useMariadb } from "../../../test/mariadb.ts"
import { mariadb } from "../src/index.ts"

const server = useMariadb()

describe.skipIf(server.skip !== null)("MariaDB", () => {
  for (const { title, skip, run } of storageSuite()) {
    it.skipIf(skip !== null)(title, async () => {
      const uri = await server.fresh()
      await Effect.runPromise(run.pipe(Effect.provide(mariadb({ uri }))))
    })
  }
})
