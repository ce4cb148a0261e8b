import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { placeOrder } from "./support/actions.ts"
import { type Attempt, attempt, isOk, orderOf, send } from "./support/attempts.ts"
import { letTimePass, newMariadb, newSqlite, type TestDatabase } from "./support/database.ts"
import { until } from "./support/hub.ts"
import { chance } from "./support/random.ts"
import { stage } from "./support/run.ts"

const server = useMariadb()

const order = (externalId: string): Attempt => {
  const { body, ...rest } = placeOrder(chance(1), () => externalId)
  const pickup = { delivery: { type: "pickup", branchId: "north" }, lines: [{ productId: "aspirin", quantity: 1 }] }
  return attempt({ kind: rest.kind, role: rest.role, method: rest.method, path: rest.path, body: { ...body, ...pickup } })
}

/** A dead hub's lease on a message runs out within this time. */
const PAST_LEASE = 61_000

/** Kills the hub while the gateway has its message in hand; the next hub must find out what became of it. */
const killInTheCall = async (database: TestDatabase, when: "before" | "after"): Promise<void> => {
  const on = await stage(database, chance(1))
  const { gateway } = on.partners
  const hub = await on.start()
  on.partners.onMessage = { when, act: async () => void (await hub.kill()) }
  const one = order("kill-in-the-call")
  on.workload.attempts.add(one)
  const answer = await send(hub.url(), one)
  expect(await hub.exited).toEqual({ code: null, signal: "SIGKILL" })
  on.partners.onMessage = null
  const posted = gateway.calls.filter(({ method }) => method === "POST").length
  expect([posted, gateway.ledger.length]).toEqual(when === "before" ? [0, 0] : [1, 1])

  await letTimePass(on.database, PAST_LEASE)
  const next = await on.start()
  await until("the message has an end", async () => (await on.database.tables()).outbox.every(({ ended }) => ended === 1))
  if (answer === null) await send(next.url(), one)
  // Asked first (D27): the gateway takes no keys, so a blind repetition would have been a second message.
  expect(gateway.calls.filter(({ method }) => method === "GET")).toHaveLength(1)
  expect(gateway.calls.filter(({ method }) => method === "POST")).toHaveLength(1)
  const { id } = orderOf(one.answers.find(isOk)!)!
  expect(gateway.ledger.map(({ reference }) => reference)).toEqual([`${id}:reserved:1`])
  await next.kill()
  await on.check("quiet")
}

describe("P6: P10: a hub killed while a partner has its message in hand", () => {
  for (const [when, what] of [["before", "before the partner did anything"], ["after", "after it did, before its answer"]] as const) {
    const title = `sends it exactly once: ${what}`
    test(`${title} (SQLite)`, { timeout: 60_000 }, async () => killInTheCall(await newSqlite(), when))
    test.skipIf(server.skip !== null)(`${title} (MariaDB)`, { timeout: 60_000 }, async () =>
      killInTheCall(await newMariadb(await server.fresh()), when))
  }
})
