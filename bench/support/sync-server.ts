import { monitorEventLoopDelay } from "node:perf_hooks"
import { oneC } from "@aptekit/adapter-1c"
import { startServer } from "@aptekit/server"
import { mariadb, sqlite } from "@aptekit/storage-sql"
import { priceTypeGuid, warehouseGuid } from "./commerceml.ts"
import { branch } from "./network.ts"

/** What the server process is told at its start. */
export interface SyncServerJob {
  readonly store: { readonly file: string } | { readonly uri: string }
  readonly folder: string
  readonly branches: number
  readonly key: string
  readonly password: string
}

const RESOLUTION = 1
/** Milliseconds after a collection until the monitor has counted it. */
const SETTLED = 50
const loop = monitorEventLoopDelay({ resolution: RESOLUTION })

const start = async ({ store, folder, branches, key, password }: SyncServerJob): Promise<void> => {
  const numbers = Array.from({ length: branches }, (_, i) => i)
  const server = await startServer({
    storage: "file" in store ? sqlite(store) : mariadb(store),
    directory: () => folder,
    port: 0,
    rate: false,
    log: () => undefined,
    keys: [{ text: key, role: "channel", channelId: "bench", label: "bench" }],
    adapters: [oneC({
      login: "1c",
      password,
      zone: "Asia/Almaty",
      pollDelayMs: 50_000,
      warehouses: Object.fromEntries(numbers.map((i) => [warehouseGuid(i), `b${i}`])),
      prices: Object.fromEntries(numbers.map((i) => [priceTypeGuid(i), { priceType: "retail", branchId: `b${i}` }]))
    }, { id: "1c" })]
  })
  await server.hub.network.save({
    branches: numbers.map(branch),
    channels: [{ id: "bench", name: "Bench", active: true, priceType: "retail", currency: "KZT" }]
  })
  loop.enable()
  process.send?.({ port: server.port })
  // The monitor counts from the timer before: its own period is no delay.
  const answer = (): void =>
    void process.send?.({ loopMax: Math.max(0, loop.max / 1e6 - RESOLUTION), rss: process.memoryUsage.rss() / 1e6 })
  process.on("message", (ask) => {
    if (ask === "close") return void server.close().then(() => process.exit(0))
    if (ask !== "rest") return answer()
    globalThis.gc?.()
    // The monitor's timer is late by the collection, and says so when it fires.
    setTimeout(() => {
      loop.reset()
      answer()
    }, SETTLED)
  })
}

process.once("message", (job: SyncServerJob) => void start(job))
