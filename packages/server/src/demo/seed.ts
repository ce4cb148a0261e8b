import { type Branch, type Hub, newProduct, type Product, ProductGroupId, ProductId } from "@aptekit/core"
import { addKeys, type NewKey, newKeyText } from "../keys.ts"
import { demoNetwork, type DemoBranch, type DemoProduct, stockRows } from "./network.ts"

/** Rows of one call: large enough to be few calls, small enough to let orders through in between. */
const ROWS = 20_000

const branchOf = (branch: DemoBranch): typeof Branch.Encoded => ({
  id: branch.id,
  name: branch.name,
  address: branch.address,
  point: branch.point,
  zone: branch.zone,
  hours: branch.hours,
  exceptions: branch.exceptions,
  active: true,
  warehouse: branch.warehouse,
  stockControl: true,
  saleSource: "register"
})

const productOf = (demo: DemoProduct): Product => ({
  ...newProduct(ProductId.make(demo.id), demo.name.ru),
  sku: demo.sku,
  barcodes: demo.barcodes,
  name: demo.name,
  inn: demo.inn,
  atc: demo.atc,
  form: demo.form,
  strength: demo.strength,
  maker: demo.maker,
  storage: demo.storage,
  prescription: demo.prescription,
  weightGrams: demo.weightGrams,
  group: demo.groups[0] === undefined ? null : ProductGroupId.make(demo.groups[0]),
  stockControl: demo.stockControl
})

const slices = <A>(rows: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(rows.length / ROWS) }, (_, i) => rows.slice(i * ROWS, (i + 1) * ROWS))

/** One key for each role, each made by chance for this database alone. */
const demoKeys = (): ReadonlyArray<NewKey> => [
  { text: newKeyText(), role: "channel", channelId: "shop", label: "demo-shop" },
  { text: newKeyText(), role: "channel", channelId: "app", label: "demo-app" },
  { text: newKeyText(), role: "branch", channelId: "counter", label: "demo-branch" },
  { text: newKeyText(), role: "operator", channelId: "phone", label: "demo-operator" },
  { text: newKeyText(), role: "register", channelId: "counter", label: "demo-register" },
  { text: newKeyText(), role: "admin", channelId: "phone", label: "demo-admin" }
]

/**
 * Fills an empty database with the demo network; leaves any other alone. Gives the keys that it made, which nobody
 * can read again later; null where it did nothing.
 */
export const seedIfEmpty = async (hub: Hub): Promise<ReadonlyArray<NewKey> | null> => {
  if (hub.network.branches().length > 0) return null
  const network = demoNetwork()
  await hub.network.save({
    branches: network.branches.map(branchOf),
    channels: network.channels.map(({ id, name }) => ({ id, name, active: true, priceType: "retail", currency: "KZT" }))
  })
  await hub.catalogue.putGroups(network.groups.map((group) => ({ ...group, shown: true })))
  await hub.catalogue.upsert(network.products.map(productOf))
  for (const rows of slices([...stockRows(network)])) await hub.stock.state(rows, { source: "demo" })
  const prices = network.prices.map(({ productId, branchId, amount }) =>
    branchId === null ? { productId, amount } : { productId, branchId, amount }
  )
  for (const rows of slices(prices)) await hub.stock.price("retail", rows, { source: "demo" })
  const keys = demoKeys()
  await addKeys(hub, keys)
  return keys
}
