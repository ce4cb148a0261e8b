import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { noRedis, ownRedis } from "../support/own-redis.ts"
import { placeOrder } from "./support/actions.ts"
import { attempt, isOk, type Order, orderOf, send } from "./support/attempts.ts"
import { letTimePass, newMariadb } from "./support/database.ts"
import { type HubProcess, startHub, until } from "./support/hub.ts"
import { chance } from "./support/random.ts"
import { stage } from "./support/run.ts"

const server = useMariadb()
const PAST_LEASE = 61_000
const ORDERS = 12

describe.skipIf(server.skip !== null || noRedis !== null)("three hubs on one MariaDB, with Redis", () => {
  const title = "P6: P10: one is killed and one stands still while they deliver, and Redis goes: each message once, in order per order"
  test(title, { timeout: 180_000 }, async () => {
    const redis = await ownRedis()
    await redis.start()
    try {
      const on = await stage(await newMariadb(await server.fresh()), chance(1))
      const options = { ...on.hubOptions, env: { ...on.hubOptions.env, APTEKIT_REDIS_URL: redis.url } }
      const hubs: Array<HubProcess> = []
      for (let i = 0; i < 3; i++) hubs.push(await startHub(options))
      const [killed, frozen, steady] = hubs as [HubProcess, HubProcess, HubProcess]

      let keys = 0
      /** Whatever hub answers: repeated under its key, it acts once. */
      const command = async ({ fulfilments }: Order, name: string, alive: ReadonlyArray<HubProcess>): Promise<void> => {
        const path = `/fulfilments/${fulfilments[0]!.id}/${name}`
        const one = attempt({ kind: "command", role: "branch", method: "POST", path, body: {}, key: `three-${++keys}` })
        on.workload.attempts.add(one)
        await send(alive[keys % alive.length]!.url(), one)
        expect(one.answers.some(isOk), `${name} was done`).toBe(true)
      }
      const place = async (n: number, alive: ReadonlyArray<HubProcess>): Promise<Order> => {
        const { body, ...rest } = placeOrder(chance(1), () => `three-${n}`)
        const pickup = { delivery: { type: "pickup", branchId: "north" }, lines: [{ productId: "aspirin", quantity: 1 }] }
        const one = attempt({ kind: rest.kind, role: rest.role, method: rest.method, path: rest.path, body: { ...body, ...pickup } })
        on.workload.attempts.add(one)
        return orderOf((await send(alive[n % alive.length]!.url(), one))!)!
      }
      const orders: Array<Order> = []
      const live = async (n: number, alive: ReadonlyArray<HubProcess>): Promise<void> => {
        const order = await place(n, alive)
        orders.push(order)
        await command(order, "accept", alive)
        await command(order, "assemble", alive)
      }
      for (let n = 0; n < ORDERS; n++) await live(n, hubs)

      /** The gateway does its work for an order of this hub's, whose lane heard of it first; nobody hears the answer. */
      const struckIn = async (n: number, hub: HubProcess, strike: () => Promise<unknown>): Promise<{ readonly answer: Promise<unknown> }> => {
        const struck = new Promise<void>((resolve) => {
          on.partners.onMessage = { when: "after", act: () => strike().then(() => resolve()) }
        })
        const answer = live(n, [hub]).catch(() => undefined)
        await struck
        on.partners.onMessage = null
        return { answer }
      }
      await struckIn(ORDERS, killed, () => killed.kill())
      await on.workload.resend(steady.url())
      const late = await struckIn(ORDERS + 1, frozen, async () => frozen.signal("SIGSTOP"))
      await redis.kill()
      for (let n = ORDERS + 2; n < 2 * ORDERS; n++) await live(n, [steady])
      await letTimePass(on.database, PAST_LEASE)
      await redis.start()
      await redis.flush()
      frozen.signal("SIGCONT")
      await late.answer
      await on.workload.resend(steady.url())
      for (let n = 2 * ORDERS; n < 2 * ORDERS + 4; n++) await live(n, [frozen, steady])
      await until("everything has ended", async () => (await on.database.tables()).outbox.every(({ ended }) => ended === 1), 60_000)

      const sent = on.partners.gateway.ledger.map(({ reference }) => reference)
      expect(new Set(sent).size, "each once").toBe(sent.length)
      for (const { id } of orders) {
        const ofOrder = sent.filter((reference) => reference.startsWith(id)).map((reference) => reference.split(":")[1])
        expect(ofOrder, "in the order in which they happened").toEqual(["reserved", "assembled"].slice(0, ofOrder.length))
        expect(ofOrder.length).toBeGreaterThan(0)
      }
      for (const hub of [frozen, steady]) expect((await hub.stop()).code).toBe(0)
      await on.check("quiet")
    } finally {
      await redis.kill()
    }
  })
})
