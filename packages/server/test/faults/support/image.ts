import { type HubProcess } from "./hub.ts"
import { cellNames, type Tables } from "./tables.ts"
import { BRANCHES, KEYS, LEVELS, PRODUCTS } from "./world.ts"

/** What the database says a reservation would get: on hand less reserved less what waiting orders take first (D11). */
const stored = (tables: Tables): ReadonlyMap<string, number> => {
  const name = cellNames(tables)
  const awaited = new Map<string, number>()
  for (const part of tables.fulfilments.filter(({ status }) => status === "awaiting")) {
    for (const line of tables.order_lines.filter((one) => one.order_id === part.order_id && one.part === part.part)) {
      const cell = `${line.product_id}@${part.branch_id}`
      awaited.set(cell, (awaited.get(cell) ?? 0) + line.quantity - line.held - line.sold)
    }
  }
  return new Map(tables.stock_levels.map((level) => {
    const cell = name(level.cell)
    return [cell, Math.max(0, level.on_hand - level.reserved - (awaited.get(cell) ?? 0))]
  }))
}

/** Rows of which a hub at rest tells something else than its database has: `product@branch: told …, stored …`. */
export const untrue = async (hub: HubProcess, tables: Tables): Promise<ReadonlyArray<string>> => {
  const query = `productId=${PRODUCTS.join(",")}&branchId=${BRANCHES.join(",")}`
  const answer = await fetch(`${hub.url()}/api/v1/stock?${query}`, { headers: { authorization: `Bearer ${KEYS.shop.text}` } })
  const { items } = await answer.json() as { items: ReadonlyArray<{ productId: string; branchId: string; available: number | null }> }
  const truth = stored(tables)
  const told = new Map(items.map((item) => [`${item.productId}@${item.branchId}`, item.available]))
  return LEVELS.map(([product, branch]) => `${product}@${branch}`)
    .filter((cell) => told.get(cell) !== truth.get(cell))
    .map((cell) => `${cell}: told ${told.get(cell)}, stored ${truth.get(cell)}`)
}
