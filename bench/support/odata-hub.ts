import { monitorEventLoopDelay } from "node:perf_hooks"
import { oneCOData, oneCODataPort } from "@aptekit/adapter-1c"
import { startServer } from "@aptekit/server"
import { sqlite } from "@aptekit/storage-sql"
import { priceTypeGuid, warehouseGuid } from "./commerceml.ts"
import { branch } from "./network.ts"

/** What the hub's process is told at its start. */
export interface ODataHubJob {
  readonly file: string
  readonly folder: string
  readonly branches: number
  readonly url: string
  readonly login: string
  readonly password: string
  readonly page: number
}

export interface ODataReading {
  /** `done`, or why it is not. */
  readonly state: string
  readonly seconds: number
  /** Milliseconds between two turns of the event loop at most, whoever else had the processor meanwhile. */
  readonly loopMax: number
  /** Of its own thread's processor time between two turns: what we hold it for, under any load. Milliseconds. */
  readonly heldMax: number
}

const RESOLUTION = 1
const loop = monitorEventLoopDelay({ resolution: RESOLUTION })

/** The longest time for which this thread worked without a turn for others. */
class Holds {
  max = 0
  #before = process.threadCpuUsage()

  constructor() {
    setInterval(() => this.#look(), RESOLUTION).unref()
  }

  #look(): void {
    const { user, system } = process.threadCpuUsage(this.#before)
    this.#before = process.threadCpuUsage()
    this.max = Math.max(this.max, (user + system) / 1000)
  }
}

const start = async ({ file, folder, branches, url, login, password, page }: ODataHubJob): Promise<void> => {
  const numbers = Array.from({ length: branches }, (_, i) => i)
  const never = { catalogue: 0, stock: 0, prices: 0, sales: 0 }
  const server = await startServer({
    storage: sqlite({ file }),
    directory: () => folder,
    port: 0,
    rate: false,
    log: () => undefined,
    adapters: [oneCOData({
      url, login, password, page, every: never, zone: "Asia/Almaty",
      mapping: { variants: null, barcodes: null, series: null, stock: { series: null } },
      warehouses: Object.fromEntries(numbers.map((i) => [warehouseGuid(i), `b${i}`])),
      prices: Object.fromEntries(numbers.map((i) => [priceTypeGuid(i), { priceType: "retail", branchId: `b${i}` }]))
    }, { id: "1c-odata" })]
  })
  await server.hub.network.save({
    branches: numbers.map(branch),
    channels: [{ id: "bench", name: "Bench", active: true, priceType: "retail", currency: "KZT" }]
  })
  loop.enable()
  const holds = new Holds()
  process.send?.("ready")
  process.on("message", (kind: "catalogue" | "stock" | "prices" | "rest" | "close") => {
    if (kind === "close") return void server.close().then(() => process.exit(0))
    if (kind === "rest") {
      globalThis.gc?.()
      process.send?.(process.memoryUsage.rss() / 1e6)
      return undefined
    }
    loop.reset()
    holds.max = 0
    const started = performance.now()
    return void server.hub.port(oneCODataPort).sync({ kind }).then(({ state, error }) =>
      process.send?.({
        state: error ?? state,
        seconds: (performance.now() - started) / 1000,
        // The monitor counts from the timer before: its own period is no delay.
        loopMax: Math.max(0, loop.max / 1e6 - RESOLUTION),
        heldMax: holds.max
      } satisfies ODataReading)
    )
  })
}

process.once("message", (job: ODataHubJob) => void start(job))
