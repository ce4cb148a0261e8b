import { createHub, type Hub, type StorageLayer } from "@aptekit/core"
import { mariadb, sqlite } from "@aptekit/storage-sql"
import { join } from "node:path"
import { temporaryDirectory, temporaryMariadb } from "./support/databases.ts"
import { report, say } from "./support/report.ts"
import { seed } from "./support/network.ts"

const BUYERS = 50
const UNITS = 10

const atOnce = async (buyers: number, concurrency: number, buy: (i: number) => Promise<void>): Promise<void> => {
  let next = 0
  await Promise.all(Array.from({ length: concurrency }, async () => {
    while (next < buyers) await buy(next++)
  }))
}

const customer = { name: "Buyer", phone: "+77010000000" }

/** Units that live reservations hold of a product, over all orders. */
const heldOf = async (hub: Hub, productId: string): Promise<number> => {
  const { items } = await hub.orders.list({ limit: 1_000 })
  return items.flatMap((order) => order.fulfilments).flatMap((f) => f.lines)
    .filter((line) => line.productId === productId).reduce((sum, line) => sum + line.held, 0)
}

const oneBranch = async (hub: Hub, store: string, concurrency: number): Promise<void> => {
  const productId = `p${concurrency}`
  await hub.stock.state([{ productId, branchId: "b0", quantity: UNITS }], { asOf: Date.now() + concurrency * 1_000 })
  await atOnce(BUYERS, concurrency, async (i) => {
    await hub.orders.place({
      channel: "bench", externalId: `one-${concurrency}-${i}`, customer,
      delivery: { type: "pickup", branchId: "b0" }, lines: [{ productId, quantity: 1 }], payment: { method: "cash" }
    })
  })
  const held = await heldOf(hub, productId)
  report({
    bench: "oversell", store, case: `${UNITS} units, ${BUYERS} buyers, ${concurrency} at once`,
    value: Math.max(0, held - UNITS), unit: "units beyond stock", note: `${held} held`
  })
}

/** Two branches with 10 and 15 units; every buyer wants 13, delivered: only one can have them from one branch. */
const twoBranches = async (hub: Hub, store: string, concurrency: number): Promise<void> => {
  const productId = `p${100 + concurrency}`
  const asOf = Date.now() + concurrency * 1_000
  await hub.stock.state([
    { productId, branchId: "b0", quantity: 10 }, { productId, branchId: "b1", quantity: 15 }
  ], { asOf })
  await atOnce(BUYERS, concurrency, async (i) => {
    await hub.orders.place({
      channel: "bench", externalId: `two-${concurrency}-${i}`, customer,
      delivery: { type: "courier", address: { text: "Street 5", point: { lat: 43.2, lon: 76.8 } } },
      lines: [{ productId, quantity: 13 }], payment: { method: "cash" }
    })
  })
  const held = await heldOf(hub, productId)
  report({
    bench: "oversell", store, case: `branches with 10 + 15, want 13, ${concurrency} at once`,
    value: Math.max(0, held - 25), unit: "units beyond stock", note: `${held} held`
  })
}

const bench = async (store: string, storage: StorageLayer): Promise<void> => {
  await using hub = await createHub({ storage })
  await seed(hub, { branches: 2, products: 200, quantity: 0 })
  for (const concurrency of [1, 8, 16]) await oneBranch(hub, store, concurrency)
  for (const concurrency of [1, 8, 16]) await twoBranches(hub, store, concurrency)
}

/** Units sold beyond what was there. Must be 0; Vendure 3.7.3 sold 40 too many (`reference/reliability.md`). */
export const run = async (): Promise<void> => {
  const directory = temporaryDirectory()
  try {
    await bench("sqlite", sqlite({ file: join(directory.path, "oversell.db") }))
  } finally {
    directory.remove()
  }
  const database = await temporaryMariadb()
  if (database === undefined) return say("MariaDB: SKIPPED, no server answers at TEST_MARIADB_URI")
  try {
    await bench("mariadb", mariadb({ uri: database.uri }))
  } finally {
    await database.drop()
  }
}
