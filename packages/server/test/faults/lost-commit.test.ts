import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { placeOrder, walkIn } from "./support/actions.ts"
import { type Attempt, attempt, isOk, orderOf, send, statementAttempt } from "./support/attempts.ts"
import { newMariadb } from "./support/database.ts"
import { type HubProcess, until } from "./support/hub.ts"
import { untrue } from "./support/image.ts"
import { type Cut, type DatabaseProxy, startProxy } from "./support/proxy.ts"
import { chance } from "./support/random.ts"
import { stage, type Stage } from "./support/run.ts"
import type { Tables } from "./support/tables.ts"
import { LEVELS, STATED_AT } from "./support/world.ts"

const server = useMariadb()

let proxy: DatabaseProxy
let on: Stage
let hub: HubProcess

const ask = async (one: Attempt): Promise<number | null> => {
  on.workload.attempts.add(one)
  return (await send(hub.url(), one))?.status ?? null
}

const CUTS: ReadonlyArray<readonly [Cut, string]> = [
  ["after COMMIT", "done, but its answer was lost"],
  ["during COMMIT", "under way when the connection went"],
  ["before COMMIT", "lost before it arrived"]
]
/** In these it is certain whether it was done. */
const CERTAIN = CUTS.filter(([when]) => when !== "during COMMIT")
/** Met by its own repetition while it is under way, it may be answered as one. */
const madeOnce = (when: Cut, status: number | null): void =>
  expect(when === "during COMMIT" ? [200, 201] : [201]).toContain(status)

let names = 0
const newName = (what: string): string => `${what}-${++names}-cut`
const stored = (): Promise<Tables> => on.database.tables()
/** The hub tells the truth about its stock; a row whose commit was in doubt it has read again. */
const tellsTheTruth = async (): Promise<void> => {
  await until("the hub tells of its stock what is stored", async () => (await untrue(hub, await stored())).length === 0)
}

describe.skipIf(server.skip !== null)("P2: P3: D18: a COMMIT that is cut off", () => {
  beforeAll(async () => {
    const uri = await server.fresh()
    proxy = await startProxy(uri)
    on = await stage(await newMariadb(uri, proxy.uri), chance(1))
    hub = await on.start()
  }, 60_000)
  afterAll(() => proxy.close())

  test.for(CUTS)("%s: the order is made once and answered as made (%s)", async ([when]) => {
    const name = newName("order")
    const cut = proxy.cut(name, when)
    const one = placeOrder(chance(3), () => name)
    madeOnce(when, await ask(one))
    await cut
    expect(await ask(one)).toBe(200)
    const tables = await stored()
    expect(tables.orders.filter((row) => row.external_id === name)).toHaveLength(1)
    await tellsTheTruth()
  })

  test.for(CUTS)("%s: a receipt moves its goods once (%s)", async ([when]) => {
    const name = newName("receipt")
    const cut = proxy.cut(name, when)
    const one = walkIn(chance(3), () => name, Date.now())
    madeOnce(when, await ask(one))
    await cut
    expect(await ask(one)).toBe(200)
    const tables = await stored()
    expect(tables.stock_movements.filter((row) => row.ref.endsWith(`/${name}`))).toHaveLength(1)
    await tellsTheTruth()
  })

  test.for(CUTS)("%s: a command acts once (%s)", async ([when]) => {
    const first = placeOrder(chance(3), () => newName("commanded"))
    await ask(first)
    const part = orderOf(first.answers.find(isOk)!)!.fulfilments[0]!
    const key = newName("key")
    const path = `/fulfilments/${part.id}/defer`
    const defer = attempt({ kind: "command", role: "branch", method: "POST", path, body: { minutes: 5 }, key })
    const cut = proxy.cut(key, when)
    expect(await ask(defer)).toBe(200)
    await cut
    expect(await ask(defer)).toBe(200)
    const { events } = await stored()
    expect(events.filter((row) => row.fulfilment_id === part.id && row.type === "fulfilment.defer")).toHaveLength(1)
  })

  test.for(CERTAIN)("%s, and nobody to ask: 503 with its outcome unknown; the same again settles it (%s)", async ([when]) => {
    const name = newName("order")
    const cut = proxy.cut(name, when, { unreachable: true })
    const one = placeOrder(chance(3), () => name)
    expect(await ask(one)).toBeNull()
    await cut
    expect(one.refusals).toMatchObject([{ status: 503, body: { code: "storageUnavailable", outcome: "unknown" } }])
    proxy.unreachable(false)
    expect(await ask(one)).toBe(when === "after COMMIT" ? 200 : 201)
    expect((await stored()).orders.filter((row) => row.external_id === name)).toHaveLength(1)
    await tellsTheTruth()
  })

  /** The journal is the second transaction of a run: the first one opens it. */
  const JOURNAL = { after: 1 }
  let second = 0
  const stated = (source: string, quantity: number): Attempt =>
    statementAttempt({
      asOf: new Date(STATED_AT + ++second * 1_000).toISOString(),
      source,
      rows: [{ productId: "serum", branchId: "north", quantity }]
    })

  test.for(CUTS)("%s of a statement's journal: it is written once more, and the statement is answered as applied (%s)", async ([when]) => {
    const name = newName("statement")
    const cut = proxy.cut(name, when, JOURNAL)
    expect(await ask(stated(name, 5 + names))).toBe(200)
    await cut
    await tellsTheTruth()
  })

  test.for(CERTAIN)("%s of a statement's journal, and nobody to ask: it never overtakes a later statement (%s)", async ([when]) => {
    const shown = LEVELS.find(([product, branch]) => product === "serum" && branch === "north")![2]
    expect(await ask(stated(newName("statement"), shown))).toBe(200)
    const name = newName("statement")
    const cut = proxy.cut(name, when, { ...JOURNAL, unreachable: true })
    const lost = stated(name, 99)
    expect(await ask(lost)).toBeNull()
    await cut
    expect(lost.refusals).toMatchObject([{ status: 503 }])
    proxy.unreachable(false)
    // Says what was there before the lost one: did nobody know of that one, this would change nothing.
    expect(await ask(stated(newName("statement"), shown))).toBe(200)
    await tellsTheTruth()
  })

  test("P10: and after a kill and a restart all of it is as it was answered", { timeout: 60_000 }, () => on.conclude())
})
