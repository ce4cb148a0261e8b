import { readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { placeOrder } from "./support/actions.ts"
import { type Attempt, attempt, isOk, send, statementAttempt } from "./support/attempts.ts"
import { newMariadb } from "./support/database.ts"
import { type HubProcess, startHub, until } from "./support/hub.ts"
import { chance } from "./support/random.ts"
import { stage } from "./support/run.ts"
import { FILLERS } from "./support/world.ts"

const server = useMariadb()

const order = (externalId: string): Attempt => {
  const { body, ...rest } = placeOrder(chance(1), () => externalId)
  const pickup = { delivery: { type: "pickup", branchId: "north" }, lines: [{ productId: "aspirin", quantity: 1 }] }
  return attempt({ kind: rest.kind, role: rest.role, method: rest.method, path: rest.path, body: { ...body, ...pickup } })
}

/** What is there of aspirin at north, and of goods that nobody orders: enough rows for a run of its own. */
const statement = (): Attempt =>
  statementAttempt({
    asOf: new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000).toISOString(),
    source: "still",
    rows: ["aspirin", ...FILLERS].map((productId) => ({ productId, branchId: "north", quantity: 900_000 }))
  })

const standsStill = ({ pid }: HubProcess): boolean => /^State:\s+T/mu.test(readFileSync(`/proc/${pid}/status`, "utf8"))

describe.skipIf(server.skip !== null)("two hubs on one MariaDB", () => {
  test("P10: one that stands still among what it has locked keeps the other waiting for seconds only", { timeout: 90_000 }, async () => {
    const on = await stage(await newMariadb(await server.fresh()), chance(1))
    const steady = await startHub(on.hubOptions)
    const still = await startHub({ ...on.hubOptions, fault: "slice.applied:1:SIGSTOP" })
    const stated = statement()
    on.workload.attempts.add(stated)
    const answer = send(still.url(), stated)
    await until("it stands still", async () => standsStill(still))

    const one = order("meanwhile")
    on.workload.attempts.add(one)
    await send(steady.url(), one)
    expect([one.refusals, one.answers.map(isOk)]).toEqual([[], [true]])
    expect(standsStill(still)).toBe(true)

    still.signal("SIGCONT")
    await answer
    for (const hub of [still, steady]) expect((await hub.stop()).code).toBe(0)
    await on.conclude()
    const { stock_levels: levels } = await on.database.tables()
    expect(levels.filter(({ on_hand }) => on_hand === 900_000), "what was cut off is finished").toHaveLength(FILLERS.length + 1)
  })
})
