import type { InboundHub } from "@aptekit/core"
import { Redacted } from "effect"
import { digitsOf } from "../sale/compose.ts"
import { Base } from "./base.ts"
import { Catalogue, type CatalogueState } from "./catalogue.ts"
import { applyChanges } from "./changes/apply.ts"
import { ChangesReader, type ChangesState } from "./changes/reader.ts"
import { RemovedGoods, type RemovedState } from "./changes/removed.ts"
import { type Fetch, ODataClient } from "./client.ts"
import { merge } from "./mapping.ts"
import { needsOf } from "./needs.ts"
import type { OrderLane } from "./orders/lane.ts"
import { openOrders, orderNeeds } from "./orders/open.ts"
import { WarehousePlaces } from "./places.ts"
import { PRESETS } from "./presets.ts"
import { Runs } from "./runs.ts"
import { SalesCursor } from "./sales/cursor.ts"
import { salesNeeds } from "./sales/needs.ts"
import { SalesReader, type SalesReport } from "./sales/reader.ts"
import { type SeriesState, SeriesWriter } from "./series.ts"
import type { OneCODataConfig } from "./settings.ts"
import { StateFile } from "./state.ts"
import { Turn } from "./turn.ts"
import { VersionMemory } from "./versions/memory.ts"

/** What a host or a test may put in the place of the world. */
export interface ODataWorld {
  readonly fetch?: Fetch
  readonly now?: () => number
}

interface Surroundings {
  readonly hub: InboundHub
  readonly connection: string
  readonly signal: AbortSignal
}

/** Everything of one connection, put together. */
export interface ODataConnection {
  readonly base: Base
  readonly runs: Runs
  readonly places: WarehousePlaces
  readonly turn: Turn
  /** Null where the settings have no `orders`. */
  readonly orders: OrderLane | null
  readonly readSales: () => Promise<SalesReport>
  readonly removed: RemovedGoods
  /** Null where the settings have no `changes`. */
  readonly changes: ChangesReader | null
}

export const openConnection = async (
  config: OneCODataConfig,
  world: ODataWorld,
  around: Surroundings
): Promise<ODataConnection> => {
  const { hub, connection, signal } = around
  const { url, login, password, concurrency, perSecond, timeoutMs, backoffMs, session, format } = config
  const client = new ODataClient({
    url, login, password: Redacted.value(password), concurrency, perSecond, timeoutMs, backoffMs, session, format,
    signal,
    record: hub.record,
    ...(world.fetch === undefined ? {} : { fetch: world.fetch })
  })
  const mapping = merge(PRESETS[config.preset].mapping, config.mapping)
  const needs = [
    ...needsOf(mapping, config.versions !== undefined),
    ...(config.orders === undefined ? [] : orderNeeds(config.orders)),
    ...config.sales.flatMap(salesNeeds)
  ]
  const base = new Base({ config, mapping, client, hub, connection, needs, now: world.now ?? Date.now })
  const places = new WarehousePlaces(config, hub.network)
  const { directory } = hub.files
  const marks = await StateFile.open<CatalogueState>(directory, "odata-catalogue.json", { deleted: [] })
  const versions = config.versions === undefined ? null : await VersionMemory.open(directory)
  const catalogue = new Catalogue(base, marks, versions)
  const series = await StateFile.open<SeriesState>(directory, "odata-series.json", { stated: {} })
  const runs = new Runs(base, catalogue, places, new SeriesWriter(base, catalogue, series))
  const turn = await Turn.open(hub, timeoutMs, config.orders?.settleSeconds ?? 0)
  const orders = ordersOf(base, catalogue, places, turn)
  const readSales = salesOf(base, catalogue, places, runs, signal)
  const removed = await removedOf(base, catalogue)
  const changes = await changesOf({ base, runs, orders, readSales, removed })
  return { base, runs, places, turn, orders, readSales, removed, changes }
}

const linksOf = async (catalogue: Catalogue): Promise<ReadonlyMap<string, string>> => {
  if (catalogue.links.size === 0) await catalogue.refresh()
  return catalogue.links
}

const ordersOf = (base: Base, catalogue: Catalogue, places: WarehousePlaces, turn: Turn): OrderLane | null => {
  const { config, hub, client, now } = base.parts
  return config.orders === undefined ? null : openOrders({
    hub,
    client,
    settings: config.orders,
    zone: config.zone,
    currency: config.currency,
    warehouseOf: (branch) => places.warehouse(branch) ?? null,
    products: () => linksOf(catalogue),
    mine: () => turn.mine(),
    now
  })
}

const salesOf = (
  base: Base,
  catalogue: Catalogue,
  places: WarehousePlaces,
  runs: Runs,
  signal: AbortSignal
): () => Promise<SalesReport> => {
  const { config, hub, client, connection, now } = base.parts
  const cursor = new SalesCursor(hub.files.directory)
  const orders = config.orders === undefined ? null : { document: config.orders.document, number: config.orders.number }
  const world = {
    source: connection,
    zone: config.zone,
    currency: config.currency,
    digits: digitsOf(config.currency),
    product: (goods: string) => catalogue.links.get(goods),
    branch: (warehouse: string) => {
      const branch = places.branch(warehouse)
      if (branch === "ignore") return null
      return branch === undefined || places.slot(branch) === undefined ? undefined : branch
    }
  }
  const readers = config.sales.map((settings) =>
    new SalesReader({
      hub, client, settings, cursor, world, orders, statedAt: () => runs.statedAt, pageSize: config.page === 0 ? 1000 : config.page, now
    })
  )
  let turn: Promise<unknown> = Promise.resolve()
  const read = async (): Promise<SalesReport> => {
    const total = { recorded: 0, known: 0, rejected: 0 }
    if (readers.length === 0) return total
    await base.check()
    // A hub that has just been set up reads its first goods now: without them it could not tell what was sold.
    if ((await linksOf(catalogue)).size === 0) await runs.idle()
    if ((await linksOf(catalogue)).size === 0) return total
    for (const reader of readers) {
      const { recorded, known, rejected } = await reader.read(signal)
      Object.assign(total, {
        recorded: total.recorded + recorded, known: total.known + known, rejected: total.rejected + rejected
      })
    }
    return total
  }
  return () => {
    const done = turn.then(read)
    turn = done.catch(() => undefined)
    return done
  }
}

const changesOf = async (
  { base, runs, orders, readSales, removed }: Omit<ODataConnection, "changes" | "places" | "turn">
): Promise<ChangesReader | null> => {
  const { config, client, hub, mapping } = base.parts
  if (config.changes === undefined) return null
  const state = await StateFile.open<ChangesState>(hub.files.directory, "odata-changes.json", { message: 0 })
  return new ChangesReader({
    client,
    settings: config.changes,
    state,
    apply: (objects) =>
      applyChanges({
        mapping,
        orderDocument: config.orders?.document ?? null,
        saleDocuments: config.sales.map(({ document }) => document),
        sync: (kind) => runs.sync(kind),
        readSales,
        exchangeOrders: async () => orders?.round(),
        goods: (said) => runs.alone(() => removed.take(said))
      }, objects)
  })
}

const removedOf = async (base: Base, catalogue: Catalogue): Promise<RemovedGoods> => {
  const { config, hub } = base.parts
  const state = await StateFile.open<RemovedState>(hub.files.directory, "odata-removed.json", { held: {} })
  return new RemovedGoods({ hub, catalogue, guard: config.guard, state })
}
