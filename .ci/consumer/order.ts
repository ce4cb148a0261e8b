import { equal } from "node:assert/strict"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHub, newProduct, ProductId } from "@aptekit/core"
import { sqlite } from "@aptekit/storage-sql"

const file = join(mkdtempSync(join(tmpdir(), "aptekit-consumer-")), "hub.db")
const hours = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: "00:00", to: "24:00" }))
const branch = {
  id: "b", name: "B", address: "A", point: null, zone: "Asia/Almaty", hours, exceptions: [],
  active: true, warehouse: false, stockControl: true, saleSource: "register"
} as const
const request = {
  channel: "shop",
  externalId: "1",
  customer: { name: "Test", phone: "+77010000042" },
  delivery: { type: "pickup", branchId: "b" },
  lines: [{ productId: "p", quantity: 2 }],
  payment: { method: "cash" }
} as const

const first = await createHub({ storage: sqlite({ file }) })
await first.network.save({
  branches: [branch],
  channels: [{ id: "shop", name: "Shop", active: true, priceType: "retail", currency: "KZT" }]
})
await first.catalogue.upsert([newProduct(ProductId.make("p"), "Product")])
await first.stock.state([{ productId: "p", branchId: "b", quantity: 5 }])
await first.stock.price("retail", [{ productId: "p", amount: 100 }])
const placed = await first.orders.place(request)
equal(placed.order.status, "assigned")
equal(placed.order.fulfilments[0]?.lines[0]?.held, 2)
await first.close()

// Opened again: the order is on disk, and the same request is the same order.
await using second = await createHub({ storage: sqlite({ file }) })
const again = await second.orders.place(request)
equal(again.created, false)
equal(again.order.id, placed.order.id)
const [available] = await second.stock.availability("shop", ["p"], ["b"])
equal(available?.available, 3)
