import { afterAll } from "vitest"
import { untold } from "./check-stock.ts"
import { expectPromisesKept } from "./checker.ts"
import { letTimePass, type TestDatabase } from "./database.ts"
import { type HubOptions, type HubProcess, startHub, until } from "./hub.ts"
import { type Partners, startPartners } from "./partners.ts"
import type { Chance } from "./random.ts"
import { type Mix, Workload } from "./workload.ts"

/** One database, its hub, the partners and the people who use it, for the length of a test. */
export interface Stage {
  readonly database: TestDatabase
  readonly partners: Partners
  readonly workload: Workload
  readonly hubOptions: HubOptions
  /** Starts a hub that must come up; only one runs at a time. */
  readonly start: (options?: Partial<HubOptions>) => Promise<HubProcess>
  /** Looks at the database as it lies there, with the hub dead or alive. */
  readonly check: (when: "cut off" | "quiet") => Promise<void>
  /** Brings everything to rest and demands that every promise was kept: after it no hub runs. */
  readonly conclude: () => Promise<void>
}

/** Longer than any lease of the hub: what a dead one had claimed is free again. */
const PAST_LEASES = 120_000

const openPartners = new Set<Partners>()
afterAll(async () => {
  for (const partners of openPartners) await partners.close()
})

export const stage = async (database: TestDatabase, chance: Chance, mix?: Mix): Promise<Stage> => {
  const partners = await startPartners()
  const workload = new Workload(chance, mix)
  const hubOptions: HubOptions = { env: database.env, partners: partners.url }
  let hub: HubProcess | undefined
  openPartners.add(partners)
  const start = async (options: Partial<HubOptions> = {}): Promise<HubProcess> =>
    (hub = await startHub({ ...hubOptions, ...options }))
  const check = async (when: "cut off" | "quiet"): Promise<void> =>
    expectPromisesKept(await database.tables(), { attempts: workload.attempts, ledger: partners.gateway.ledger }, when)

  const atRest = async (): Promise<boolean> => {
    const tables = await database.tables()
    const { outbox, fulfilments } = tables
    return outbox.every(({ ended }) => ended === 1) && fulfilments.every(({ status }) => status !== "placed") &&
      untold(tables).length === 0
  }

  return {
    database,
    partners,
    workload,
    hubOptions,
    start,
    check,
    conclude: async () => {
      await hub?.kill()
      await letTimePass(database, PAST_LEASES)
      const last = await start()
      await until("every request is answered", async () => {
        await workload.resend(last.url())
        return workload.unsettled.length === 0
      })
      await until("every message is sent, every order is planned, everybody knows what is gone", atRest)
      const { code } = await last.stop()
      if (code !== 0) throw new Error(`the hub ended with ${code}: ${last.output()}`)
      await check("quiet")
    }
  }
}

/** The workload goes on, first with what was cut off before, until `end` has happened. */
export const workUntil = async (stage: Stage, hub: HubProcess, end: Promise<unknown>): Promise<void> => {
  const stop = new AbortController()
  const { workload } = stage
  const work = Promise.all([workload.resend(hub.url()), workload.run(hub.url(), stop.signal)])
  await end
  stop.abort()
  await work
}
