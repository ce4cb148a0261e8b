import { type Hub, newProduct, ProductId } from "@aptekit/core"

const everyDay = Array.from({ length: 7 }, (_, i) => ({ day: i + 1, from: "00:00", to: "24:00" }))

/** A network of one branch, one channel and one product: what an order needs. */
export const seed = async (hub: Hub): Promise<void> => {
  await hub.network.save({
    branches: [{
      id: "abay-10", name: "Аптека №1", address: "ул. Абая, 10", point: null, zone: "Asia/Almaty", hours: everyDay,
      exceptions: [], active: true, warehouse: false, stockControl: true, saleSource: "register"
    }],
    channels: [{ id: "shop", name: "Сайт", active: true, priceType: "retail", currency: "KZT" }]
  })
  await hub.catalogue.upsert([newProduct(ProductId.make("paracetamol"), "Парацетамол, таблетки 500 мг №20")])
  await hub.stock.state([{ productId: "paracetamol", branchId: "abay-10", quantity: 12 }])
  await hub.stock.price("retail", [{ productId: "paracetamol", amount: 49_000 }])
}

/** What the shop sends when its customer orders two packs. */
export const request = {
  channel: "shop",
  externalId: "W-1001",
  customer: { name: "Айгерім", phone: "8 701 000 00 42" },
  delivery: { type: "pickup", branchId: "abay-10" },
  lines: [{ productId: "paracetamol", quantity: 2 }],
  payment: { method: "cash" }
} as const
