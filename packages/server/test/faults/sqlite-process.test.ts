import { join } from "node:path"
import { expect, test } from "vitest"
import { newSqlite } from "./support/database.ts"
import { spawnHub, until } from "./support/hub.ts"
import { chance } from "./support/random.ts"
import { stage, workUntil } from "./support/run.ts"

test("P3: D17: a second hub on the same file is refused, and the message says what to do; the first one goes on", { timeout: 60_000 }, async () => {
  const on = await stage(await newSqlite(), chance(1))
  const first = await on.start()
  const second = spawnHub(on.hubOptions)
  expect(await second.ready).toBeNull()
  expect(await second.exited).toEqual({ code: 1, signal: null })
  expect(second.output()).toContain(`Another hub uses ${on.database.env["FAULT_TEST_FILE"]}.`)
  expect(second.output()).toContain("Stop it first, or give this one a file of its own; for several replicas use MariaDB.")
  await workUntil(on, first, until("the first one works", async () => on.workload.done > 20))
  await on.conclude()
})

test("P1: P10: D17: a hub whose writer thread dies ends with 1, and the next one has everything it answered", { timeout: 60_000 }, async () => {
  const on = await stage(await newSqlite(), chance(2))
  const hub = await on.start({ preload: join(import.meta.dirname, "support/end-writer.ts") })
  const died = until("some work is done", async () => on.workload.done > 60).then(() => {
    hub.signal("SIGUSR2")
    return hub.exited
  })
  await workUntil(on, hub, died)
  expect(await died).toEqual({ code: 1, signal: null })
  expect(hub.output()).toContain("the database's writer thread died")
  await on.check("cut off")
  await on.conclude()
})
