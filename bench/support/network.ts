import { newProduct, ProductId, type PromiseFace } from "@aptekit/core"

const LANES = 17

/** A network for benches: branches in a grid, products with stock everywhere, one price type. */
export interface BenchNetwork {
  readonly branches: number
  readonly products: number
  readonly quantity: number
}

export const branch = (i: number) => ({
  id: `b${i}`,
  name: `Branch ${i}`,
  address: `Street ${i}`,
  point: { lat: 43.2 + (i % LANES) / 100, lon: 76.8 + Math.floor(i / LANES) / 100 },
  zone: "Asia/Almaty",
  hours: [],
  exceptions: [],
  active: true,
  warehouse: false,
  stockControl: true,
  saleSource: "register" as const
})

const ROWS = 100_000

export const seed = async (hub: PromiseFace, { branches, products, quantity }: BenchNetwork): Promise<void> => {
  await hub.network.save({
    branches: Array.from({ length: branches }, (_, i) => branch(i)),
    channels: [{ id: "bench", name: "Bench", active: true, priceType: "retail", currency: "KZT" }]
  })
  await hub.catalogue.upsert(
    Array.from({ length: products }, (_, i) => ({ ...newProduct(ProductId.make(`p${i}`), `Product ${i}`), sku: `s${i}` }))
  )
  let rows: Array<{ productId: string; branchId: string; quantity: number }> = []
  for (let p = 0; p < products; p++) {
    for (let b = 0; b < branches; b++) rows.push({ productId: `p${p}`, branchId: `b${b}`, quantity })
    if (rows.length >= ROWS || p === products - 1) {
      await hub.stock.state(rows)
      rows = []
    }
  }
  await hub.stock.price("retail", Array.from({ length: products }, (_, i) => ({ productId: `p${i}`, amount: 100_00 + i })))
}

/** A two-line order for pickup, always the same for its number. */
export const orderBody = (i: number, run: string, { branches, products }: BenchNetwork) => ({
  channel: "bench",
  externalId: `${run}-${i}`,
  customer: { name: "Айгуль Сериковна", phone: "+7 701 000 00 00" },
  delivery: { type: "pickup", branchId: `b${i % branches}` },
  lines: [
    { sku: `s${(i * 7) % products}`, quantity: 1 },
    { sku: `s${(i * 13 + 1) % products}`, quantity: 2 }
  ],
  payment: { method: "cash" }
})
