import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { type Attempt, attempt, type Order, orderOf, send } from "./support/attempts.ts"
import { letTimePass, newMariadb, newSqlite, type TestDatabase } from "./support/database.ts"
import { type HubProcess, until } from "./support/hub.ts"
import { chance } from "./support/random.ts"
import { stage } from "./support/run.ts"
import { KEYS } from "./support/world.ts"

const server = useMariadb()

/** Longer than the booking period (24 h) and the unaccepted hold (2 h) of the default policy. */
const TWO_DAYS = 48 * 3_600_000
/** Longer than any lease of the hub. */
const PAST_LEASES = 120_000
const STOCK = 15

interface Counters {
  n: number
}

const place = (counters: Counters): Attempt =>
  attempt({
    kind: "place",
    role: "shop",
    method: "POST",
    path: "/orders",
    body: {
      channel: "shop",
      externalId: `end-${++counters.n}`,
      customer: { name: "Айгерім Сәрсенова", phone: "+77010000001" },
      delivery: { type: "pickup", branchId: "north" },
      lines: [{ productId: "insulin", quantity: 3 }],
      payment: { method: "cash" }
    }
  })

const command = (order: Order, name: string, counters: Counters, body: Record<string, unknown> = {}): Attempt =>
  attempt({
    kind: "command",
    role: "branch",
    method: "POST",
    path: `/fulfilments/${order.fulfilments[0]!.id}/${name}`,
    body,
    key: `end-key-${++counters.n}`
  })

const available = async (hub: HubProcess): Promise<number> => {
  const answer = await fetch(`${hub.url()}/api/v1/stock?productId=insulin&branchId=north`, {
    headers: { authorization: `Bearer ${KEYS.shop.text}` }
  })
  const { items } = await answer.json() as { items: ReadonlyArray<{ available: number }> }
  return items[0]!.available
}

/** Orders in three states whose reservations end unseen. */
const endsUnseen = async (database: TestDatabase): Promise<void> => {
  const on = await stage(database, chance(1))
  const counters: Counters = { n: 0 }
  const hub = await on.start()
  const ask = async (url: string, one: Attempt) => {
    on.workload.attempts.add(one)
    return (await send(url, one))!
  }
  const made = async (...commands: ReadonlyArray<string>): Promise<Order> => {
    let order = orderOf(await ask(hub.url(), place(counters)))!
    for (const name of commands) order = orderOf(await ask(hub.url(), command(order, name, counters)))!
    return order
  }
  const [assembled, accepted, assigned] = [await made("accept", "assemble"), await made("accept"), await made()]
  expect([assembled.status, accepted.status, assigned.status]).toEqual(["assembled", "accepted", "assigned"])
  expect(await available(hub)).toBe(STOCK - 9)
  // Nobody has told the hub, and it has hardly had the time to sweep: whoever asks is told that the assembled three are
  // free all the same; of the others a person decides (D11).
  await letTimePass(database, TWO_DAYS)
  expect(await available(hub)).toBe(STOCK - 6)
  await hub.kill()
  // It may have had the buyer's message before that one in hand.
  await letTimePass(database, PAST_LEASES)

  const next = await on.start()
  expect(await available(next)).toBe(STOCK - 6)
  const until72 = new Date(Date.now() + 70 * 3_600_000).toISOString()
  for (const order of [assembled, accepted]) {
    const refused = await ask(next.url(), command(order, "extend", counters, { until: until72 }))
    expect([order.status, refused.status, (refused.body as { code: string }).code]).toEqual([order.status, 409, "refused"])
  }
  const statuses = async () => {
    const { orders } = await database.tables()
    return [assembled, accepted, assigned].map(({ id }) => orders.find((row) => row.id === id)?.status)
  }
  await until("the sweep has ended what was due", async () => (await statuses())[0] === "expired" && (await statuses())[2] === "operator", 60_000)
  expect(await statuses()).toEqual(["expired", "accepted", "operator"])
  expect(await available(next)).toBe(STOCK - 6)

  const tables = await database.tables()
  const dead = tables.fulfilments.filter((part) => part.status === "assembled" && part.expires_at! <= Date.now())
  expect(dead, "assembled past its end").toEqual([])
  const part = tables.fulfilments.find((row) => row.order_id === assembled.id)!
  expect([part.reservation_state, part.sweep_at]).toEqual(["expired", null])
  await until("the buyer is told", async () =>
    on.partners.gateway.ledger.some(({ reference }) => reference.startsWith(`${assembled.id}:expired:`)))
  await on.conclude()
}

describe("P4: P5: P10: reservations that end while nobody looks, before a kill and a restart", () => {
  const title = "count as free at once, are swept and told, and no extension revives them"
  test(`${title} (SQLite)`, { timeout: 90_000 }, async () => endsUnseen(await newSqlite()))
  test.skipIf(server.skip !== null)(`${title} (MariaDB)`, { timeout: 90_000 }, async () =>
    endsUnseen(await newMariadb(await server.fresh())))
})
