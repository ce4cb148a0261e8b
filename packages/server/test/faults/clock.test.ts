import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { placeOrder } from "./support/actions.ts"
import { attempt, orderOf, send } from "./support/attempts.ts"
import { newMariadb } from "./support/database.ts"
import { type HubProcess, startHub, until } from "./support/hub.ts"
import { chance } from "./support/random.ts"
import { stage } from "./support/run.ts"

const server = useMariadb()
const MINUTE = 60_000

interface Readiness {
  readonly ready: boolean
  readonly clockOffsetMs: number
}
const readiness = async (hub: HubProcess): Promise<Readiness> => (await (await fetch(`${hub.url()}/readyz`)).json()) as Readiness

describe.skipIf(server.skip !== null)("a hub on MariaDB whose machine's clock is set while it runs", () => {
  test("D24: OPS-1: goes on by the database's clock within seconds, takes nobody's lease, and says that it is not ready", { timeout: 60_000 }, async () => {
    const on = await stage(await newMariadb(await server.fresh()), chance(1))
    const hub = await startHub({ ...on.hubOptions, preload: join(import.meta.dirname, "support/clock-steps.ts") })
    const { body, ...rest } = placeOrder(chance(1), () => "after-the-step")
    const order = attempt({
      kind: rest.kind, role: rest.role, method: rest.method, path: rest.path,
      body: { ...body, delivery: { type: "pickup", branchId: "north" }, lines: [{ productId: "aspirin", quantity: 1 }] }
    })
    on.workload.attempts.add(order)
    expect((await readiness(hub)).ready).toBe(true)
    hub.signal("SIGUSR2")
    // Less than the regular look at the clock takes.
    await until("it has seen the step", async () => (await readiness(hub)).clockOffsetMs < -9 * MINUTE, 10_000)
    expect((await readiness(hub)).ready).toBe(false)

    // A message that another hub has in hand for another half a minute.
    const theirs = Date.now() + MINUTE / 2
    await on.database.write(
      "insert into outbox (seq, id, lane, method, order_id, payload, state, ended, attempts, available_at, leased_until, token, created_at) " +
        `values (900000, 'theirs', 'gateway', 'messages.send', null, '{}', 'sending', 0, 1, ${theirs}, ${theirs}, 7, ${theirs})`
    )
    const placed = orderOf((await send(hub.url(), order))!)!
    await until("its own message is sent", async () =>
      (await on.database.tables()).outbox.some((row) => row.order_id === placed.id && row.ended === 1))
    const { outbox } = await on.database.tables()
    expect(outbox.find(({ id }) => id === "theirs")).toMatchObject({ state: "sending" })
    expect(Math.abs(Date.parse(placed.createdAt) - Date.now())).toBeLessThan(MINUTE)
    await on.database.write("delete from outbox where id = 'theirs'")
    expect((await hub.stop()).code).toBe(0)
    await on.check("quiet")
  })
})
