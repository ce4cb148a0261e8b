import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { oneC } from "@aptekit/adapter-1c"
import { OneCClient, type OneCClientOptions, type OneCFile } from "@aptekit/adapter-1c/testing"
import { Network, Storage, type StorageService, type SyncRun } from "@aptekit/core"
import { makeChannel } from "@aptekit/core/testing"
import { Effect } from "effect"
import { openStorage } from "../../src/storage.ts"
import { serve, type TestServer } from "./server.ts"

export const LOGIN = "1c"
export const PASSWORD = "a password of 1C"

type Config = Partial<Parameters<typeof oneC>[0]>

/** A hub with an empty SQLite file and a 1C connection that makes what it does not know. */
export interface OneCServer extends TestServer {
  readonly folder: string
  readonly storage: StorageService
  readonly client: (options?: Partial<OneCClientOptions>) => OneCClient
  /** Newest first. */
  readonly runs: () => Promise<ReadonlyArray<SyncRun>>
  readonly run: (file: string) => Promise<SyncRun>
}

export const serveOneC = async (config: Config = {}, folder = mkdtempSync(join(tmpdir(), "aptekit-1c-"))): Promise<OneCServer> => {
  const server = await serve({
    storage: await openStorage({ kind: "sqlite", file: join(folder, "hub.db") }),
    directory: (connection) => join(folder, connection),
    adapters: [
      oneC({
        login: LOGIN,
        password: PASSWORD,
        zone: "Europe/Moscow",
        currency: "RUB",
        total: "all",
        autoCreate: true,
        fileLimit: 20_000,
        pollDelayMs: 500,
        ...config
      }, { id: "1c" })
    ],
    prepare: (hub) =>
      hub.run(Effect.flatMap(Network, (network) => network.save({ channels: [makeChannel("shop", { currency: "RUB" })] })))
  })
  const storage = await server.hub.run(Storage)
  const runs = async (): Promise<ReadonlyArray<SyncRun>> => (await server.hub.run(storage.stock.runs(100, undefined))).items
  return {
    ...server,
    folder,
    storage,
    runs,
    client: (options = {}) =>
      new OneCClient({ url: `${server.url}/exchange/1c`, login: LOGIN, password: PASSWORD, ...options }),
    run: async (file) => {
      const found = (await runs()).find((run) => run.file === file)
      if (found === undefined) throw new Error(`no run of ${file}`)
      return found
    },
    close: async () => {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Units on hand of the whole network, and how many cells have some. */
export const onHand = ({ storage }: OneCServer): { readonly units: number; readonly cells: number } => {
  let units = 0
  let cells = 0
  for (const figure of storage.stock.image.onHand) {
    units += figure
    if (figure > 0) cells++
  }
  return { units, cells }
}

export const links = (server: OneCServer, kind: "product" | "branch") =>
  server.hub.run(server.storage.catalogue.links("1c", kind))

/** Everything that an import may change, to compare. */
export const stateOf = async (server: OneCServer): Promise<unknown> => {
  const { image } = server.storage.stock
  const products = (await links(server, "product")).toSorted((a, b) => (a.externalId < b.externalId ? -1 : 1))
  const rows = await server.hub.run(server.storage.catalogue.byIds(products.map(({ id }) => id as never)))
  return {
    products,
    rows: rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    branches: server.hub.network.branches().map(({ id, name }) => `${id} ${name}`).toSorted(),
    stock: products.flatMap(({ id, externalId }) => {
      const slot = image.productSlot(id as never)
      if (slot === undefined) return []
      return server.hub.network.branches().flatMap((branch) => {
        const units = image.onHand[image.cell(slot, image.branchSlot(branch.id)!)]
        return units === 0 ? [] : [`${externalId} ${branch.id} ${units}`]
      })
    }).toSorted(),
    prices: products.map(({ id, externalId }) => [externalId, image.price("retail", id as never, null)])
  }
}

export const fileOf = (url: URL, name: string): OneCFile => ({ name, bytes: readFileSync(new URL(name, url)) })
