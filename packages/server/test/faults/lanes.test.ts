import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { noRedis, ownRedis } from "../support/own-redis.ts"
import { placeOrder } from "./support/actions.ts"
import { type Attempt, attempt, isOk, type Order, orderOf, send } from "./support/attempts.ts"
import { letTimePass, newMariadb, newSqlite, type TestDatabase } from "./support/database.ts"
import { type HubProcess, spawnHub, startHub, until } from "./support/hub.ts"
import { chance } from "./support/random.ts"
import { stage, type Stage } from "./support/run.ts"

const server = useMariadb()

/** The steps of a delivery; what the partner does lies between `sending.done` and `settle.applied`. */
const STEPS = ["claim.applied", "claim.done", "sending.applied", "sending.done", "settle.applied", "settle.done"] as const
const PAST_LEASE = 61_000

const order = (externalId: string): Attempt => {
  const { body, ...rest } = placeOrder(chance(1), () => externalId)
  const pickup = { delivery: { type: "pickup", branchId: "north" }, lines: [{ productId: "aspirin", quantity: 1 }] }
  return attempt({ kind: rest.kind, role: rest.role, method: rest.method, path: rest.path, body: { ...body, ...pickup } })
}

const placed = async (on: Stage, hub: HubProcess, name: string): Promise<Order> => {
  const one = order(name)
  on.workload.attempts.add(one)
  return orderOf((await send(hub.url(), one))!)!
}

const allEnded = async (database: TestDatabase): Promise<boolean> =>
  (await database.tables()).outbox.every(({ ended }) => ended === 1)

/** Each hub finds what the last one's death has left, and dies a step further. */
const killAtEveryStep = async (database: TestDatabase): Promise<void> => {
  const on = await stage(database, chance(1))
  for (const step of STEPS) {
    const hub = spawnHub({ ...on.hubOptions, fault: `${step}:1` })
    const one = order(`killed-at-${step}`)
    on.workload.attempts.add(one)
    if ((await hub.ready) !== null) await send(hub.url(), one)
    expect(await hub.exited, `${step} was reached`).toEqual({ code: null, signal: "SIGKILL" })
    await on.check("cut off")
    await letTimePass(database, PAST_LEASE)
  }
  await on.conclude()
  const sent = on.partners.gateway.ledger.map(({ reference }) => reference)
  expect([sent.length, new Set(sent).size], "messages, and different ones").toEqual([STEPS.length, STEPS.length])
}

describe("P6: P10: kill -9 between any two steps of a delivery", () => {
  const title = "leaves each message sent exactly once, by the gateway's own ledger"
  test(`${title} (SQLite)`, { timeout: 180_000 }, async () => killAtEveryStep(await newSqlite()))
  test.skipIf(server.skip !== null)(`${title} (MariaDB)`, { timeout: 180_000 }, async () =>
    killAtEveryStep(await newMariadb(await server.fresh())))
})

/** A counter of the hub's own metrics. */
const outcomesOf = async (hub: HubProcess, state: string): Promise<number> => {
  const text = await (await fetch(`${hub.url()}/metrics`)).text()
  const line = text.split("\n").find((one) => one.startsWith("aptekit_outbox_outcomes_total{") && one.includes(`state="${state}"`))
  return line === undefined ? 0 : Number(line.split(" ").at(-1))
}

/** Calls that the lane of the gateway has in hand, by the hub's own metrics. */
const inFlightOf = async (hub: HubProcess): Promise<number> => {
  const text = await (await fetch(`${hub.url()}/metrics`)).text()
  const line = text.split("\n").find((one) => one.startsWith("aptekit_lane_in_flight{") && one.includes('lane="gateway"'))
  return Number(line!.split(" ").at(-1))
}

describe.skipIf(server.skip !== null)("two hubs on one MariaDB", () => {
  test("P6: D24: a hub that was stopped past its lease can neither write its outcome nor call again", { timeout: 120_000 }, async () => {
    const uri = await server.fresh()
    const on = await stage(await newMariadb(uri), chance(1))
    const { gateway } = on.partners
    const zombie = await startHub(on.hubOptions)
    on.partners.onMessage = { when: "before", act: async () => zombie.signal("SIGSTOP") }
    const one = order("zombie")
    on.workload.attempts.add(one)
    const answer = send(zombie.url(), one)
    // Its call was broken off before the gateway did anything; it cannot know, for it does not run.
    await until("the gateway was called", async () => (await on.database.tables()).outbox.some(({ state }) => state === "sending"))
    await until("the hub stands still", async () => on.partners.called > 0)
    on.partners.onMessage = null
    await letTimePass(on.database, PAST_LEASE)
    const other = await startHub(on.hubOptions)
    await until("the other hub has sent it", async () => allEnded(on.database))
    zombie.signal("SIGCONT")
    // Stopped for longer than a renewal, it may first learn that the lease is another's, and let go of the call.
    await until("the zombie has tried to record that nobody knows, or has let go", async () =>
      (await outcomesOf(zombie, "unknown")) === 1 || (await inFlightOf(zombie)) === 0)
    const { outbox } = await on.database.tables()
    expect(outbox.map(({ state }) => state)).toEqual(["done"])
    expect(gateway.ledger).toHaveLength(1)
    await answer
    expect((await zombie.stop()).code).toBe(0)
    expect((await other.stop()).code).toBe(0)
    await on.check("quiet")
  })

  const share = async (through: Readonly<Record<string, string>>, midway: () => Promise<void>): Promise<void> => {
    const uri = await server.fresh()
    const on = await stage(await newMariadb(uri), chance(1))
    const options = { ...on.hubOptions, env: { ...on.hubOptions.env, ...through } }
    const hubs = [await startHub(options), await startHub(options)] as const
    let keys = 0
    const command = async (hub: HubProcess, { fulfilments }: Order, name: string): Promise<void> => {
      const path = `/fulfilments/${fulfilments[0]!.id}/${name}`
      const one = attempt({ kind: "command", role: "branch", method: "POST", path, body: {}, key: `share-${++keys}` })
      on.workload.attempts.add(one)
      await send(hub.url(), one)
      expect(one.answers.some(isOk), `${name} was done`).toBe(true)
    }
    const live = async (n: number): Promise<Order> => {
      const one = await placed(on, hubs[n % 2]!, `shared-${n}`)
      // The other hub goes on with it: its messages are written by both.
      await command(hubs[(n + 1) % 2]!, one, "accept")
      await command(hubs[n % 2]!, one, "assemble")
      return one
    }
    const first = await Promise.all(Array.from({ length: 8 }, (_, n) => live(n)))
    await midway()
    const orders = [...first, ...(await Promise.all(Array.from({ length: 8 }, (_, n) => live(n + 8))))]
    await until("everything is sent", async () => allEnded(on.database))
    const sent = on.partners.gateway.ledger.map(({ reference }) => reference)
    expect(new Set(sent).size, "each once").toBe(sent.length)
    for (const { id } of orders) {
      const ofOrder = sent.filter((reference) => reference.startsWith(id)).map((reference) => reference.split(":")[1])
      expect(ofOrder, "in the order in which they happened").toEqual(["reserved", "assembled"].slice(0, ofOrder.length))
      expect(ofOrder.length).toBeGreaterThan(0)
    }
    for (const hub of hubs) expect((await hub.stop()).code).toBe(0)
    await on.check("quiet")
  }

  test("P6: D28: share a lane: one effect per message, in order per order", { timeout: 120_000 }, () =>
    share({}, async () => undefined))

  test.skipIf(noRedis !== null)("P6: OPS-1: Redis may be killed, flushed and started again at any time: nothing is lost or doubled", { timeout: 120_000 }, async () => {
    const redis = await ownRedis()
    try {
      await redis.start()
      await share({ APTEKIT_REDIS_URL: redis.url }, async () => {
        await redis.flush()
        await redis.kill()
      })
    } finally {
      await redis.kill()
    }
  })
})
