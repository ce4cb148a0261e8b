import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { send, statementAttempt } from "./support/attempts.ts"
import { newMariadb, newSqlite, type TestDatabase } from "./support/database.ts"
import { type HubProcess, startHub, until } from "./support/hub.ts"
import { untrue } from "./support/image.ts"
import { newSeed, withSeed } from "./support/random.ts"
import { stage, workUntil } from "./support/run.ts"
import { BRANCHES, COUNTER, FILLERS, KEYS, STATED_AT } from "./support/world.ts"

const server = useMariadb()
const seed = newSeed()

/** A statement of 3,306 rows is written in four slices. */
const POINTS = ["run.journalled:1", "slice.applied:1", "slice.applied:4"]
/** Orders and receipts among the slices, but no other statements. */
const MIX = { place: 40, repeat: 5, command: 35, sale: 10, walkIn: 10, statement: 0 }

const statementOf = (round: number) =>
  statementAttempt({
    source: `statement-${round}`,
    asOf: new Date(STATED_AT + round * 1_000).toISOString(),
    rows: [...COUNTER, ...FILLERS].flatMap((productId) =>
      BRANCHES.map((branchId) => ({ productId, branchId, quantity: 100 + round }))
    )
  })

/** What the hub tells of the goods that nobody orders: each figure once. */
const told = async (hub: HubProcess): Promise<ReadonlyArray<number>> => {
  const figures = new Set<number>()
  for (let i = 0; i < FILLERS.length; i += 100) {
    const answer = await fetch(`${hub.url()}/api/v1/stock?productId=${FILLERS.slice(i, i + 100).join(",")}`, {
      headers: { authorization: `Bearer ${KEYS.shop.text}` }
    })
    const { items } = await answer.json() as { items: ReadonlyArray<{ available: number }> }
    for (const { available } of items) figures.add(available)
  }
  return [...figures]
}

const killAmongSlices = (database: () => Promise<TestDatabase>, points: ReadonlyArray<string>): Promise<void> =>
  withSeed(seed, async (chance) => {
    const on = await stage(await database(), chance, MIX)
    for (const [i, fault] of points.entries()) {
      const hub = await startHub({ ...on.hubOptions, fault })
      const one = statementOf(i + 1)
      on.workload.attempts.add(one)
      const sent = until("some work is done", async () => on.workload.done > 20 * (i + 1)).then(() => send(hub.url(), one))
      await workUntil(on, hub, hub.exited)
      expect([fault, await sent, await hub.exited]).toEqual([fault, null, { code: null, signal: "SIGKILL" }])
      await on.check("cut off")
      const next = await on.start()
      expect(await told(next), `after ${fault}`).toEqual([100 + i + 1])
      await until("it tells of its stock what is stored", async () => (await untrue(next, await on.database.tables())).length === 0)
      await next.kill()
    }
    await on.conclude()
  })

describe("P7: P3: D4: a hub killed among the slices of a statement, in the middle of orders", () => {
  const title = "shows all of it at its first answer after the restart, and the orders are right"
  test(`${title} (SQLite, SEED=${seed})`, { timeout: 120_000 }, () => killAmongSlices(newSqlite, POINTS))
  test.skipIf(server.skip !== null)(`${title} (MariaDB, SEED=${seed})`, { timeout: 120_000 }, () =>
    killAmongSlices(async () => newMariadb(await server.fresh()), ["run.journalled:1", "slice.applied:2"]))
})
