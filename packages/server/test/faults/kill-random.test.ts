import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { newMariadb, newSqlite, type TestDatabase } from "./support/database.ts"
import { newSeed, withSeed } from "./support/random.ts"
import { stage, workUntil } from "./support/run.ts"

const server = useMariadb()
const rounds = (usual: number): number => Number(process.env["ROUNDS"] ?? usual)
const PATIENCE = 30_000

/** Kills the hub again and again in the middle of its work; whatever it had answered must be there. */
const killAgainAndAgain = (database: () => Promise<TestDatabase>, times: number, seed: number): Promise<void> =>
  withSeed(seed, async (chance) => {
    const on = await stage(await database(), chance.fork(1))
    for (let round = 0; round < times; round++) {
      const hub = await on.start()
      const killed = on.workload.nextAnswer().then(() => pause(chance.between(5, 500))).then(() => hub.kill())
      await workUntil(on, hub, killed)
      expect((await killed).signal).toBe("SIGKILL")
      await on.check("cut off")
    }
    await on.conclude()
    expect(on.workload.done, "there was work to be lost").toBeGreaterThan(times * 10)
  })

const TITLE = "P1: P2: P3: P8: P10: killed at random and started again, the hub keeps its promises"

describe("kill -9 at random", () => {
  const seed = newSeed()
  test(`${TITLE} (SQLite, SEED=${seed})`, { timeout: PATIENCE + rounds(8) * 12_000 }, () =>
    killAgainAndAgain(newSqlite, rounds(8), seed))
  test.skipIf(server.skip !== null)(
    `${TITLE} (MariaDB, SEED=${seed})`,
    { timeout: PATIENCE + rounds(5) * 12_000 },
    () => killAgainAndAgain(async () => newMariadb(await server.fresh()), rounds(5), seed)
  )
})
