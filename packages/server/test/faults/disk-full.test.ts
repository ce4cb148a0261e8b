import { statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { isOk } from "./support/attempts.ts"
import { newSqlite, temporaryFolder } from "./support/database.ts"
import { until } from "./support/hub.ts"
import { untrue } from "./support/image.ts"
import { newSeed, withSeed } from "./support/random.ts"
import { stage, workUntil } from "./support/run.ts"
import { canLimitFiles, fill, limitFiles, smallDisk } from "./support/small-disk.ts"

const seed = newSeed()
const disk = smallDisk(24)

/** Works until the disk is full, goes on for a while, gets room again, and must be whole without a restart. */
const runOut = (folder: string, noRoom: (pid: number) => () => void): Promise<void> =>
  withSeed(seed, async (chance) => {
    const on = await stage(await newSqlite(folder), chance)
    const hub = await on.start()
    const refused = () => [...on.workload.attempts].flatMap((one) => one.refusals)
    await workUntil(on, hub, until("some work is done", async () => on.workload.done > 40))
    const giveRoom = noRoom(hub.pid)
    await workUntil(on, hub, until("there is no room any more, again and again", async () => refused().length > 60, 60_000))
    const orders = [...on.workload.attempts].filter((one) => one.kind === "place").flatMap((one) => one.refusals)
    expect(orders.length, "orders refused for want of room").toBeGreaterThan(0)
    const body = expect.objectContaining({ code: "storageUnavailable", outcome: "notApplied" })
    for (const answer of refused()) expect(answer).toEqual({ status: 503, type: "application/problem+json", body })
    await on.check("cut off")

    giveRoom()
    await until("the hub is healthy again", async () => (await fetch(`${hub.url()}/readyz`)).ok)
    await until("what was refused goes through", async () => {
      await on.workload.resend(hub.url())
      return on.workload.unsettled.length === 0
    })
    await until("it tells of its stock what is stored", async () => (await untrue(hub, await on.database.tables())).length === 0)
    expect([...on.workload.attempts].filter((one) => one.kind === "place").every((one) => one.answers.some(isOk))).toBe(true)
    expect((await hub.stop()).code).toBe(0)
    await on.conclude()
  })

describe("P1: P3: P10: no room for the database (SQLite)", () => {
  const title = "orders are answered 503, nothing is half-written, and all goes on when there is room again"
  test.skipIf(disk === null)(`${title}: the disk is full (SEED=${seed})`, { timeout: 120_000 }, () => runOut(disk!, () => fill(disk!)))
  test.skipIf(!canLimitFiles())(`${title}: the file may not grow (SEED=${seed})`, { timeout: 120_000 }, () => {
    const folder = temporaryFolder()
    return runOut(folder, (pid) => {
      const largest = Math.max(...["hub.db", "hub.db-wal"].map((file) => statSync(join(folder, file)).size))
      limitFiles(pid, largest + 65_536)
      return () => limitFiles(pid, "unlimited")
    })
  })
})
