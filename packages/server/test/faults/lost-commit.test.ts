import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { placeOrder, walkIn } from "./support/actions.ts"
import { type Attempt, attempt, isOk, orderOf, send } from "./support/attempts.ts"
import { newMariadb } from "./support/database.ts"
import type { HubProcess } from "./support/hub.ts"
import { untrue } from "./support/image.ts"
import { type Cut, type DatabaseProxy, startProxy } from "./support/proxy.ts"
import { chance } from "./support/random.ts"
import { stage, type Stage } from "./support/run.ts"

const server = useMariadb()

let proxy: DatabaseProxy
let on: Stage
let hub: HubProcess

beforeEach(async () => {
  if (server.skip !== null) return
  const uri = await server.fresh()
  proxy = await startProxy(uri)
  on = await stage(await newMariadb(uri, proxy.uri), chance(1))
  hub = await on.start()
}, 60_000)
afterEach(async () => {
  if (server.skip === null) await proxy.close()
})

const ask = async (one: Attempt): Promise<number | null> => {
  on.workload.attempts.add(one)
  return (await send(hub.url(), one))?.status ?? null
}

const placed = (name: string): Attempt => placeOrder(chance(3), () => name)

const CUTS: ReadonlyArray<readonly [Cut, string]> = [
  ["after COMMIT", "done, but its answer was lost"],
  ["during COMMIT", "under way when the connection went"],
  ["before COMMIT", "lost before it arrived"]
]
/** Found under way, it may be met by its own repetition: then the answer is that of a repetition. */
const madeOnce = (when: Cut, status: number | null): void =>
  expect(when === "during COMMIT" ? [200, 201] : [201]).toContain(status)

describe.skipIf(server.skip !== null)("P2: P3: D18: a COMMIT that is cut off", () => {
  test.for(CUTS)("%s: the order is made once and answered as made (%s)", { timeout: 60_000 }, async ([when]) => {
    const cut = proxy.cut("lost-order", when)
    const one = placed("lost-order")
    madeOnce(when, await ask(one))
    await cut
    expect(await ask(one)).toBe(200)
    const tables = await on.database.tables()
    expect(tables.orders.map((row) => row.external_id)).toEqual(["lost-order"])
    expect(await untrue(hub, tables)).toEqual([])
    await on.conclude()
  })

  test.for(CUTS)("%s: a receipt moves its goods once (%s)", { timeout: 60_000 }, async ([when]) => {
    const cut = proxy.cut("lost-receipt", when)
    const one = walkIn(chance(3), () => "lost-receipt", Date.now())
    madeOnce(when, await ask(one))
    await cut
    expect(await ask(one)).toBe(200)
    const tables = await on.database.tables()
    expect(tables.stock_movements).toHaveLength(1)
    expect(await untrue(hub, tables)).toEqual([])
    await on.conclude()
  })

  test.for(CUTS)("%s: a command acts once (%s)", { timeout: 60_000 }, async ([when]) => {
    const first = placed("an-order")
    await ask(first)
    const part = orderOf(first.answers.find(isOk)!)!.fulfilments[0]!
    const defer = attempt({
      kind: "command",
      role: "branch",
      method: "POST",
      path: `/fulfilments/${part.id}/defer`,
      body: { minutes: 5 },
      key: "lost-command"
    })
    const cut = proxy.cut("lost-command", when)
    expect(await ask(defer)).toBe(200)
    await cut
    expect(await ask(defer)).toBe(200)
    const { events } = await on.database.tables()
    expect(events.filter(({ type }) => type === "fulfilment.defer")).toHaveLength(1)
    await on.conclude()
  })

  test.for(CUTS.filter(([when]) => when !== "during COMMIT"))("%s, and nobody to ask: 503 with its outcome unknown; the same again settles it (%s)", { timeout: 60_000 }, async ([when]) => {
    const cut = proxy.cut("unknown-order", when, "unreachable")
    const one = placed("unknown-order")
    expect(await ask(one)).toBeNull()
    await cut
    expect(one.refusals).toMatchObject([{ status: 503, body: { code: "storageUnavailable", outcome: "unknown" } }])
    proxy.unreachable(false)
    expect(await ask(one)).toBe(when === "after COMMIT" ? 200 : 201)
    expect((await on.database.tables()).orders).toHaveLength(1)
    await on.conclude()
  })
})
