import { Effect } from "effect"
import type { Product } from "../catalogue/model.ts"
import type { SyncRun } from "../exchange/sync.ts"
import { BranchId, ProductId } from "../kernel/ids.ts"
import type { Instant } from "../kernel/time.ts"
import type { Branch, Channel, PolicyEntry } from "../network/model.ts"
import { NO_PRICE } from "../stock/image.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import { Storage, type StorageService } from "../store/ports.ts"
import { makeBranch, makeChannel, makeProduct, TEST_NOW } from "./builders.ts"

/** A stated level: product, branch, units. */
export type LevelRow = readonly [product: string, branch: string, units: number]
/** A stated price: product, branch (null: the whole network), minor units. */
export type PriceRow = readonly [product: string, branch: string | null, amount: number]

/** A network as a test wants it, ready to be loaded into any storage. */
export interface TestNetwork {
  readonly branches: ReadonlyArray<Branch>
  readonly channels: ReadonlyArray<Channel>
  readonly products: ReadonlyArray<Product>
  readonly policies: ReadonlyArray<PolicyEntry>
  readonly levels: ReadonlyArray<LevelRow>
  readonly prices: ReadonlyArray<PriceRow>
}

/**
 * Three branches in Almaty and five products: `aspirin` (10 north, 15 south), `ibuprofen` (5 north, 5 east), `insulin`
 * (cold, on prescription, 4 north), `coffee` (no stock control), `rare` (nowhere). Channel `shop`, prices in KZT.
 */
export const smallNetwork = (over: Partial<TestNetwork> = {}): TestNetwork => ({
  branches: [
    makeBranch("north", { point: { lat: 43.27, lon: 76.94 } }),
    makeBranch("south", { point: { lat: 43.2, lon: 76.94 } }),
    makeBranch("east", { point: { lat: 43.24, lon: 77.0 } })
  ],
  channels: [makeChannel("shop"), makeChannel("app")],
  products: [
    makeProduct("aspirin", { barcodes: ["4600000000015"], inn: "Аспирин", form: "таблетки", strength: "500 мг" }),
    makeProduct("ibuprofen", { barcodes: ["4600000000022"], inn: "Ибупрофен", form: "таблетки", strength: "200 мг" }),
    makeProduct("insulin", { storage: "cold", prescription: true }),
    makeProduct("coffee", { stockControl: false }),
    makeProduct("rare")
  ],
  policies: [],
  levels: [
    ["aspirin", "north", 10],
    ["aspirin", "south", 15],
    ["ibuprofen", "north", 5],
    ["ibuprofen", "east", 5],
    ["insulin", "north", 4]
  ],
  prices: [
    ["aspirin", null, 49_000],
    ["ibuprofen", null, 99_000],
    ["insulin", null, 850_000],
    ["coffee", null, 120_000],
    ["rare", null, 10_000]
  ],
  ...over
})

/** Saves a network, its products, stock (as of `asOf`) and prices of type `retail`. */
export const loadNetwork = (
  network: TestNetwork = smallNetwork(),
  asOf: Instant = TEST_NOW
): Effect.Effect<void, StorageUnavailable, Storage> =>
  Effect.gen(function*() {
    const storage = yield* Storage
    yield* storage.network.save(network)
    yield* storage.catalogue.upsert(network.products)
    if (network.levels.length > 0) yield* stateStock(network.levels, asOf)
    if (network.prices.length > 0) yield* statePrices(network.prices, asOf)
  })

/** One whole run that states these levels. */
export const stateStock = (
  rows: ReadonlyArray<LevelRow>,
  asOf: Instant = TEST_NOW
): Effect.Effect<SyncRun, StorageUnavailable, Storage> =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const run = yield* storage.stock.openRun({ connection: "test", file: "rests.xml" })
    yield* run.write(stockBatch(storage, rows, asOf))
    return yield* run.finish()
  })

/** One whole run that states these prices; amount −1 takes a price back. */
export const statePrices = (
  rows: ReadonlyArray<PriceRow>,
  asOf: Instant = TEST_NOW,
  priceType = "retail"
): Effect.Effect<SyncRun, StorageUnavailable, Storage> =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const run = yield* storage.stock.openRun({ connection: "test", file: "prices.xml" })
    yield* run.write(priceBatch(storage, rows, asOf, priceType))
    return yield* run.finish()
  })

/** Rows by id as the batch of a run, which names slots. */
export const stockBatch = (storage: StorageService, rows: ReadonlyArray<LevelRow>, asOf: Instant) => ({
  kind: "stock" as const,
  asOf,
  products: productSlots(storage, rows),
  branches: Int32Array.from(rows, ([, branch]) => branchSlot(storage, branch)),
  quantities: Int32Array.from(rows, ([, , units]) => units)
})

/** As `stockBatch`; a row without a branch is the price of the whole network. */
export const priceBatch = (
  storage: StorageService,
  rows: ReadonlyArray<PriceRow>,
  asOf: Instant,
  priceType = "retail"
) => ({
  kind: "price" as const,
  asOf,
  priceType,
  products: productSlots(storage, rows),
  branches: Int32Array.from(rows, ([, branch]) => (branch === null ? NO_PRICE : branchSlot(storage, branch))),
  amounts: Int32Array.from(rows, ([, , amount]) => amount)
})

const productSlots = (storage: StorageService, rows: ReadonlyArray<LevelRow | PriceRow>): Int32Array =>
  Int32Array.from(rows, ([id]) => known("product", id, storage.stock.image.productSlot(ProductId.make(id))))

const branchSlot = (storage: StorageService, id: string): number =>
  known("branch", id, storage.stock.image.branchSlot(BranchId.make(id)))

const known = (kind: string, id: string, slot: number | undefined): number => {
  if (slot === undefined) throw new Error(`the image does not know ${kind} ${id}; load the network first`)
  return slot
}
