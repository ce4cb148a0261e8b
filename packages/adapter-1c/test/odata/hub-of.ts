import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHub, type Hub, Network, Storage, type StorageService, type SyncRun } from "@aptekit/core"
import { loadNetwork, makeBranch, makeChannel, memoryStorage } from "@aptekit/core/testing"
import { Effect } from "effect"
import { afterEach } from "vitest"
import { oneC, oneCODataOver, oneCODataPort } from "../../src/index.ts"
import { ODATA_ROOT, type ODataSimulator } from "../../src/testing/index.ts"
import { NORTH, RETAIL, simulate, SOUTH } from "./base-of.ts"

const folders: Array<string> = []
const open: Array<() => Promise<void>> = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-odata-"))
  folders.push(folder)
  return folder
}

export interface ODataHub {
  readonly hub: Hub<"1c-odata">
  readonly storage: StorageService
  readonly base: ODataSimulator
  readonly log: ReadonlyArray<{ readonly message: string; readonly detail: Readonly<Record<string, unknown>> }>
  readonly sync: (...kinds: ReadonlyArray<"catalogue" | "stock" | "prices">) => Promise<SyncRun>
  readonly stockOf: (product: string, branch: string) => number
  readonly priceOf: (product: string) => number | null
  readonly close: () => Promise<void>
}

type Config = Partial<Parameters<ReturnType<typeof oneCODataOver>>[0]>

/** A hub in memory with the branches `north` and `south`, and a connection that reads the simulated base by hand only. */
export const openHub = async (
  config: Config = {},
  options: {
    readonly base?: ODataSimulator
    readonly storage?: ReturnType<typeof memoryStorage>
    readonly folder?: string
    readonly now?: () => number
    readonly withCml?: boolean
    /** The connection's own fetch, for a base that is served. */
    readonly overHttp?: boolean
  } = {}
): Promise<ODataHub> => {
  const base = options.base ?? simulate()
  const folder = options.folder ?? newFolder()
  const log: Array<{ message: string; detail: Readonly<Record<string, unknown>> }> = []
  const odata = oneCODataOver({ ...(options.overHttp === true ? {} : { fetch: base.fetch }), ...(options.now === undefined ? {} : { now: options.now }) })({
    url: `http://1c.test${ODATA_ROOT}`, login: base.login, password: base.password, zone: "Asia/Almaty", page: 2, backoffMs: 1,
    warehouses: { [NORTH]: "north", [SOUTH]: "south" }, prices: { [RETAIL]: "retail" },
    every: { catalogue: 0, stock: 0, prices: 0, sales: 0 }, ...config
  }, { id: "1c-odata" })
  const cml = oneC({ login: "обмен", password: "секрет-1С", zone: "Asia/Almaty", pollDelayMs: 50 }, { id: "1c" })
  const hub = await createHub({
    storage: options.storage ?? memoryStorage(),
    jobs: false,
    adapters: options.withCml === true ? [odata, cml] : [odata],
    host: { directory: (id) => join(folder, id), log: (_, message, detail) => void log.push({ message, detail }) }
  })
  await hub.run(Effect.andThen(
    loadNetwork({
      branches: [makeBranch("north", { saleSource: "erp" }), makeBranch("south")],
      channels: [makeChannel("shop")], products: [], policies: [], levels: [], prices: []
    }, 0),
    Effect.flatMap(Network, (network) => network.reload)
  ))
  const storage = await hub.run(Storage)
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await hub.close()
  }
  open.push(close)
  return {
    hub, storage, base, log, close,
    sync: async (...kinds) => {
      for (const kind of kinds) await hub.port(oneCODataPort).sync({ kind })
      return (await hub.run(storage.stock.runs(1, undefined))).items[0]!
    },
    stockOf: (product, branch) => storage.stock.image.available(product as never, branch as never),
    priceOf: (product) => storage.stock.image.price("retail", product as never, null)
  }
}
