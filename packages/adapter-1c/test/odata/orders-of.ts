import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHub, defineAdapter, type Hub, Network, Schema, Storage, type StorageService } from "@aptekit/core"
import { loadNetwork, makeBranch, makeChannel, makeProduct, memoryStorage } from "@aptekit/core/testing"
import { Effect, Layer } from "effect"
import { afterEach } from "vitest"
import { ODataClient } from "../../src/odata/client.ts"
import type { OrderLane } from "../../src/odata/orders/lane.ts"
import { openOrders } from "../../src/odata/orders/open.ts"
import { ODataOrders } from "../../src/odata/orders/settings.ts"
import { SalesCursor } from "../../src/odata/sales/cursor.ts"
import { SalesReader } from "../../src/odata/sales/reader.ts"
import { ODataSales } from "../../src/odata/sales/settings.ts"
import { ODATA_ROOT, type ODataSimulator } from "../../src/testing/index.ts"
import { id, NORTH, ORDER, SOUTH, simulate } from "./base-of.ts"

export const CONNECTION = "1c-odata"
export const OPERATOR = { actor: { kind: "operator", id: "o" } } as const
const BRANCHES = new Map([[NORTH, "north"], [SOUTH, "south"]])

export interface World {
  readonly base: ODataSimulator
  readonly hub: Hub
  readonly storage: StorageService
  readonly lane: OrderLane
  readonly sales: SalesReader
  /** In the place of the base's own fetch, once it is set. */
  answer: ODataSimulator["fetch"] | undefined
  /** Milliseconds by which the adapter's clock has been moved. */
  readonly clock: { ahead: number }
  readonly place: (externalId: string, quantity?: number, more?: object) => Promise<{ readonly id: string; readonly number: string }>
  readonly part: (order: { readonly id: string }) => Promise<{
    readonly id: string
    readonly status: string
    readonly cases: ReadonlyArray<string>
  }>
  readonly documents: () => ReadonlyArray<Readonly<Record<string, unknown>>>
  readonly units: (product: string, branch: string) => number
  /** As a hub that ends. */
  readonly close: () => Promise<void>
  /** Outbox messages of this connection that a person must look at. */
  readonly dead: () => Promise<ReadonlyArray<{ readonly lastError: string | null }>>
}

const closers: Array<() => Promise<void>> = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

export interface WorldOptions {
  readonly orders?: typeof ODataOrders.Encoded
  readonly sales?: typeof ODataSales.Encoded
  readonly base?: ODataSimulator
  readonly folder?: string
  readonly pageSize?: number
  readonly now?: number
  readonly mine?: () => boolean
  /** False: what branches have is in the storage already. */
  readonly stated?: boolean
  readonly storage?: ReturnType<typeof memoryStorage>
}

/**
 * A hub whose branches `north` and `south` are warehouses of a simulated base, `west` is not; goods 1 to 3 are linked, ten of
 * each.
 */
export const openWorld = async (options: WorldOptions = {}): Promise<World> => {
  const base = options.base ?? simulate()
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "aptekit-odata-"))
  const orders = Schema.decodeUnknownSync(ODataOrders)({ settleSeconds: 0, ...options.orders })
  const clock = { ahead: 0 }
  const now = (): number => (options.now ?? Date.now()) + clock.ahead
  let world: World | undefined
  let lane: OrderLane | undefined
  let sales: SalesReader | undefined
  const adapter = defineAdapter({
    name: CONNECTION,
    config: Schema.Struct({}),
    ports: {},
    setup: (_, { hub, connection, onClose }) => {
      const client = new ODataClient({
        url: `http://1c.test${ODATA_ROOT}`, login: base.login, password: base.password,
        fetch: (request) => (world?.answer ?? base.fetch)(request), backoffMs: 1, retries: 1, timeoutMs: 300
      })
      const products = () => hub.catalogue.links()
      const warehouseOf = (branch: string) => [...BRANCHES].find(([, own]) => own === branch)?.[0] ?? null
      lane = openOrders({ hub, client, settings: orders, zone: "Asia/Almaty", currency: "KZT", warehouseOf, products, mine: async () => options.mine?.() ?? true, now })
      const links = new Map([1, 2, 3].map((n) => [id(n), `p${n}`]))
      sales = new SalesReader({
        hub, client, settings: Schema.decodeUnknownSync(ODataSales)(options.sales ?? {}), cursor: new SalesCursor(folder),
        world: {
          source: connection, zone: "Asia/Almaty", currency: "KZT", digits: 2,
          product: (goods) => links.get(goods), branch: (warehouse) => BRANCHES.get(warehouse)
        },
        orders: { document: ORDER, number: orders.number }, statedAt: () => null, pageSize: options.pageSize ?? 100, now
      })
      onClose(() => lane!.close())
      return { orders: { takes: (branch: string) => [...BRANCHES.values()].includes(branch) } }
    }
  })
  const hub = await createHub({
    storage: options.storage ?? memoryStorage(),
    jobs: false,
    adapters: [adapter({}, { id: CONNECTION })],
    host: { directory: () => folder }
  })
  let closed = false
  const close = async (): Promise<void> => {
    if (!closed) await hub.close()
    closed = true
  }
  closers.push(async () => {
    await close()
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  })
  const storage = await hub.run(Storage)
  const products = [1, 2, 3].map((n) => makeProduct(`p${n}`))
  const branches = ["north", "south", "west"]
  const levels = products.flatMap(({ id: product }) => branches.map((branch) => [product, branch, 10] as const))
  await hub.run(Effect.andThen(
    loadNetwork({
      branches: branches.map((branch) => makeBranch(branch, { saleSource: "erp" })),
      channels: [makeChannel("shop")], products, policies: [],
      levels: options.stated === false ? [] : levels,
      prices: products.map(({ id: product }) => [product, null, 49_000] as const)
    }, 0),
    Effect.flatMap(Network, (network) => network.reload)
  ))
  await hub.run(storage.catalogue.putLinks([1, 2, 3].map((n) => ({ connection: CONNECTION, kind: "product", externalId: id(n), id: `p${n}` }))))
  return world = {
    answer: undefined, base, hub, storage, clock, close, lane: lane!, sales: sales!,
    place: async (externalId, quantity = 2, more = {}) => (await hub.orders.place({
      channel: "shop", externalId, customer: { name: "Айгерім", phone: "+77010000001" },
      delivery: { type: "pickup", branchId: "north" },
      lines: [{ productId: "p1", quantity }, { productId: "p2", quantity: 1 }], payment: { method: "cash" },
      ...more
    })).order,
    part: async (order) => {
      const seen = (await hub.orders.get(order.id))!
      const open = seen.cases.filter((one) => one.closedAt === null).map(({ reason }) => reason)
      return { id: seen.fulfilments[0]!.id, status: seen.fulfilments[0]!.status, cases: open }
    },
    documents: () => base.base.rows(ORDER),
    units: (product, branch) => storage.stock.image.available(product as never, branch as never),
    dead: () => hub.run(storage.outbox.list("dead", 100))
  }
}

/** A storage that outlives its hubs. */
export const keptStorage = async (): Promise<ReturnType<typeof memoryStorage>> =>
  Layer.succeedContext(await Effect.runPromise(Effect.scoped(Layer.build(memoryStorage()))))

/** The base does what it was asked, and the answer is lost. */
export const loseNextAnswer = (base: ODataSimulator): void => {
  base.base.afterWrite = () =>
    Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) }))
}
