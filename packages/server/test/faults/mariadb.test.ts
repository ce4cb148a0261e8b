import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { onServer, useMariadb } from "../../../../test/mariadb.ts"
import { placeOrder } from "./support/actions.ts"
import { isOk, send } from "./support/attempts.ts"
import { newMariadb, temporaryFolder } from "./support/database.ts"
import { type HubProcess, until } from "./support/hub.ts"
import { untrue } from "./support/image.ts"
import { noOwnMariadb, ownMariadb } from "./support/own-mariadb.ts"
import { newSeed, withSeed } from "./support/random.ts"
import { stage, type Stage, workUntil } from "./support/run.ts"

const server = useMariadb()
const seed = newSeed()

/** The hub works again without anybody's help: healthy, and everything that was refused goes through. */
const recovers = async (on: Stage, hub: HubProcess): Promise<void> => {
  await until("the hub is healthy again", async () => (await fetch(`${hub.url()}/readyz`)).ok)
  await until("what was refused goes through", async () => {
    await on.workload.resend(hub.url())
    return on.workload.unsettled.length === 0
  })
  await until("it tells of its stock what is stored", async () => (await untrue(hub, await on.database.tables())).length === 0)
}

/** Connections of the hub's pool, as the server knows them. */
const connectionsOf = async (uri: string): Promise<ReadonlyArray<number>> => {
  const rows = await onServer(uri, "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
  return rows.map((row) => Number(row["id"]))
}

const refusals = (on: Stage) => [...on.workload.attempts].flatMap((one) => one.refusals)

describe.skipIf(server.skip !== null)("connections killed", () => {
  test(
    `P1: P2: P3: P8: P10: KILL CONNECTION in the middle of the work costs no answered order (SEED=${seed})`,
    { timeout: 90_000 },
    () =>
      withSeed(seed, async (chance) => {
        const uri = await server.fresh()
        const on = await stage(await newMariadb(uri), chance)
        const hub = await on.start()
        let killed = 0
        const killing = async (): Promise<void> => {
          for (let i = 0; i < 6; i++) {
            await on.workload.nextAnswer()
            await pause(chance.between(5, 300))
            for (const id of await connectionsOf(uri)) {
              // It may have ended by itself since it was listed.
              await onServer(uri, `KILL CONNECTION ${id}`).then(() => killed++, () => undefined)
            }
          }
        }
        await workUntil(on, hub, killing())
        await recovers(on, hub)
        expect(killed).toBeGreaterThan(6)
        // It lived through it: nobody started it again.
        expect((await hub.stop()).code).toBe(0)
        await on.conclude()
      })
  )
})

describe.skipIf(noOwnMariadb !== null)("a MariaDB that ends and comes back", () => {
  test(
    `P1: P2: P3: P8: P10: the hub answers 503 meanwhile and works again by itself (SEED=${seed})`,
    { timeout: 180_000 },
    () =>
      withSeed(seed, async (chance) => {
        const own = await ownMariadb(temporaryFolder())
        await own.start()
        await onServer(own.uri(""), "CREATE DATABASE aptekit")
        const on = await stage(await newMariadb(own.uri("aptekit")), chance)
        const hub = await on.start()
        for (const [round, signal] of (["SIGKILL", "SIGTERM"] as const).entries()) {
          const before = on.workload.done
          await workUntil(on, hub, until("some work is done", async () => on.workload.done > before + 60).then(() => own.end(signal)))
          expect((await fetch(`${hub.url()}/readyz`)).status).toBe(503)
          const one = placeOrder(chance, () => `while-it-is-away-${round}`)
          on.workload.attempts.add(one)
          expect(await send(hub.url(), one)).toBeNull()
          expect(one.refusals).toMatchObject([{ status: 503, body: { code: "storageUnavailable", outcome: "notApplied" } }])
          await own.start()
          await recovers(on, hub)
          expect(one.answers.filter(isOk)).toHaveLength(1)
        }
        const kinds = new Set(refusals(on).map(({ status, type, body }) => `${status} ${type} ${(body as { type: string }).type}`))
        expect([...kinds]).toEqual(["503 application/problem+json urn:aptekit:problem:storageUnavailable"])
        expect((await hub.stop()).code).toBe(0)
        await on.conclude()
        await own.end("SIGTERM")
      })
  )
})
