import { demoBranches } from "./branches.ts"
import { goodsDrafts } from "./goods-products.ts"
import { demoGroups } from "./groups.ts"
import { medicineDrafts } from "./medicine-products.ts"
import type { DemoChannel, DemoNetwork } from "./model.ts"
import { demoPlaces } from "./places.ts"
import { demoPrices } from "./prices.ts"
import { productOf } from "./product-draft.ts"
import { demoStock } from "./stock.ts"

export type * from "./model.ts"
export { NOT_CARRIED, stockRows } from "./stock.ts"

const channels: ReadonlyArray<DemoChannel> = [
  { id: "shop", name: "Интернет-магазин" },
  { id: "app", name: "Мобильное приложение" },
  { id: "phone", name: "Оператор по телефону" },
  { id: "counter", name: "Касса аптеки" }
]

/**
 * A pharmacy network in Almaty of our own making: no person, firm or product in it is real. The same on every call
 * and every machine; nothing is read from the outside. `stockRows(network)` gives the stock as rows.
 */
export const demoNetwork = (): DemoNetwork => {
  const drafts = [...medicineDrafts(), ...goodsDrafts()]
  const products = drafts.map((draft, i) => productOf(draft, i + 1))
  const priced = drafts.map(({ price }, i) => ({ id: products[i]?.id ?? "", price }))
  return {
    city: "Алматы",
    branches: demoBranches,
    places: demoPlaces,
    channels,
    groups: demoGroups,
    products,
    prices: demoPrices(priced, demoBranches),
    stock: demoStock(products, demoBranches)
  }
}
