import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { newMariadb, newSqlite, type TestDatabase } from "./support/database.ts"
import { spawnHub } from "./support/hub.ts"
import { newSeed, withSeed } from "./support/random.ts"
import { stage, workUntil } from "./support/run.ts"
import type { Mix } from "./support/workload.ts"

const server = useMariadb()

const POINTS = ["commit.begin", "commit.applied", "commit.done", "slice.applied", "run.journalled"] as const
/** The first time, which may be while the hub starts, and a later one in the middle of its work. */
const COUNTS = { sqlite: [1, 23], mariadb: [1, 7] }
/** Enough stock files that those points are soon reached. */
const MIX: Mix = { place: 30, repeat: 5, command: 35, sale: 8, walkIn: 8, statement: 14 }

/** Kills the hub once at each labelled point, each time on what the last death has left. */
const killAtEveryPoint = (database: () => Promise<TestDatabase>, counts: ReadonlyArray<number>, seed: number): Promise<void> =>
  withSeed(seed, async (chance) => {
    const on = await stage(await database(), chance, MIX)
    for (const count of counts) {
      for (const point of POINTS) {
        const hub = spawnHub({ ...on.hubOptions, fault: `${point}:${count}` })
        if ((await hub.ready) !== null) await workUntil(on, hub, hub.exited)
        expect(await hub.exited, `${point}:${count} was reached`).toEqual({ code: null, signal: "SIGKILL" })
        await on.check("cut off")
      }
    }
    await on.conclude()
  })

const TITLE = "P1: P2: P3: P7: P8: P10: killed at every labelled point, the hub keeps its promises"

describe("kill -9 at labelled points", () => {
  const seed = newSeed()
  test(`${TITLE} (SQLite, SEED=${seed})`, { timeout: 180_000 }, () => killAtEveryPoint(newSqlite, COUNTS.sqlite, seed))
  test.skipIf(server.skip !== null)(`${TITLE} (MariaDB, SEED=${seed})`, { timeout: 180_000 }, () =>
    killAtEveryPoint(async () => newMariadb(await server.fresh()), COUNTS.mariadb, seed))
})
