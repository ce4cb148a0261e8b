import { AdapterFault, defineAdapter, type SyncRun } from "@aptekit/core"
import { kindOf } from "../failure.ts"
import { type ODataConnection, type ODataWorld, openConnection } from "./connection.ts"
import { ODataFault } from "./fault.ts"
import { oneCODataPort } from "./port.ts"
import { inTask } from "./recording.ts"
import { kindOfRun, SYNC_KINDS, type SyncKind } from "./runs.ts"
import { OneCODataConfig } from "./settings.ts"
import { Timers } from "./timers.ts"

export type { ODataWorld } from "./connection.ts"

const MINUTE = 60_000

/** The adapter over another `fetch` or clock: a simulator's, or a proxy's. */
export const oneCODataOver = (world: ODataWorld) =>
  defineAdapter({
    name: "1c-odata",
    config: OneCODataConfig,
    ports: { readings: oneCODataPort },
    // Tables are read whole, as they are now.
    capabilities: { calledByPartner: false, datedStatements: false, wholeStatements: true, tellsState: true, salesNameOrders: true },
    setup: async (config, { hub, connection, onClose }) => {
      const stopping = new AbortController()
      const own = await openConnection(config, world, { hub, connection, signal: stopping.signal })
      const { runs, places, turn, orders, readSales, removed, changes } = own
      const timers = new Timers()
      onClose(async () => {
        timers.stop()
        stopping.abort()
        await orders?.close()
        await runs.idle()
        // Another hub would make a second document of one that the base may still be writing: it waits for the turn's end.
        if (orders?.inDoubt !== true) await turn.leave()
        await own.base.parts.client.finish()
      })
      const said = saidOnce(own, hub.log)
      /** `task`: as the exchange log names it. */
      const every = (ms: number, task: string, work: () => Promise<unknown>): void =>
        timers.every(ms, () => inTask(task, async () => (await turn.mine()) && work()))
      const telling = (ms: number, task: string, work: () => Promise<unknown>): void =>
        every(ms, task, () => said(task, work))
      for (const kind of SYNC_KINDS) every(config.every[kind] * MINUTE, TASKS[kind], () => runs.sync(kind))
      if (config.sales.length > 0) telling(config.every.sales * MINUTE, "продажи", readSales)
      if (changes !== null) telling((config.changes?.everySeconds ?? 0) * 1000, "изменения", () => changes.look())
      if (config.versions !== undefined) {
        telling(config.versions.everyMinutes * MINUTE, "изменения номенклатуры", () => runs.changed())
      }
      // News is asked for when `setup` has returned: what this connection takes is known only then.
      if (orders !== null && config.orders!.everySeconds > 0) {
        setTimeout(() => void inTask("заказы", async () => orders.start()), 0).unref()
      }
      return {
        readings: {
          sync: async ({ kind }) => {
            const run = await runs.sync(kind)
            return { runId: run.id, state: run.state, error: run.error }
          },
          readSales: () => readSales(),
          exchangeOrders: () => {
            if (orders === null) throw notSet("orders")
            return orders.round()
          },
          readChanges: async () => {
            if (changes === null) throw notSet("changes")
            return { objects: await changes.look() }
          },
          readVersions: async () => {
            if (config.versions === undefined) throw notSet("versions")
            const run = await runs.changed()
            return { runId: run?.id ?? null, state: run?.state ?? null }
          }
        },
        ...(orders === null ? {} : {
          orders: {
            takes: (branch: string) => places.takes(branch),
            ...(config.sameBaseAs === undefined ? {} : { links: config.sameBaseAs })
          }
        }),
        runs: {
          // The base is read again: what was held may be old by now.
          release: async (run: SyncRun) => {
            if (await runs.alone(() => removed.release(run.id))) return
            const kind = kindOfRun(run)
            if (kind !== undefined) await runs.sync(kind, { unguarded: true })
          },
          discard: (run: SyncRun) => removed.discard(run.id)
        }
      }
    }
  })

const TASKS: Readonly<Record<SyncKind, string>> = { catalogue: "номенклатура", stock: "остатки", prices: "цены" }

const notSet = (setting: string): AdapterFault =>
  new AdapterFault(`this connection has no \`${setting}\` in its settings`, { outcome: "rejected" })

const UNFORESEEN = "Внутренняя ошибка: передайте администратору хаба время этой записи."

type Log = (message: string, detail: Readonly<Record<string, unknown>>) => void

/** Work whose failure is told as a failed run: each reason once, until the work succeeds again. */
const saidOnce = ({ base }: ODataConnection, log: Log) => {
  const told = new Map<string, string>()
  return async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
      told.delete(what)
    } catch (error) {
      log("OData reading failed", { code: "odata-failed", kind: what, error: kindOf(error) })
      const reason = error instanceof ODataFault ? error.message : UNFORESEEN
      if (told.get(what) === reason) return
      told.set(what, reason)
      const run = await base.parts.hub.stock.openRun(`OData: ${what}`)
      await run.abort(reason)
    }
  }
}

/**
 * A 1C base that the hub asks by the standard OData interface: goods, free stock with series and expiry dates, prices
 * and retail sales, at intervals and by hand (`oneCODataPort`); orders as documents, and what became of them back.
 */
export const oneCOData = oneCODataOver({})
