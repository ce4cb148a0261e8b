import { type InboundHub, newProduct, ProductId } from "@aptekit/core"
import type { Statement } from "./wire.ts"

type Places = Readonly<Record<string, string>>

/** Whole units, never below zero (D6). */
const whole = (units: number): number => Math.max(0, Math.floor(units))

/** New goods get an id of ours that tells where they came from; links first, so that a repetition finds them again. */
const linked = async (hub: InboundHub, connection: string, { products }: Statement): Promise<ReadonlyMap<string, string>> => {
  const links = new Map(await hub.catalogue.links())
  const fresh = products.filter(({ id }) => !links.has(id)).map(({ id, name }) => ({
    externalId: id,
    product: newProduct(ProductId.make(`${connection}-${id}`), name)
  }))
  if (fresh.length > 0) await hub.catalogue.upsert(fresh)
  for (const { externalId, product } of fresh) links.set(externalId, product.id)
  return links
}

/**
 * Applies a whole statement as of its time: each known product at each mapped branch, so that what is not named is 0.
 * Read and understood before the run is opened: nonsense opens none.
 */
export const applyStatement = async (hub: InboundHub, connection: string, places: Places, statement: Statement) => {
  const links = await linked(hub, connection, statement)
  const asOf = Date.parse(statement.at)
  const branches = [...new Set(Object.values(places))]
  const units = new Map<string, number>()
  const rejects: Array<{ line: number; reason: string }> = []
  for (const [i, row] of statement.stock.entries()) {
    const [product, branch] = [links.get(row.product), places[row.place]]
    if (product === undefined || branch === undefined) rejects.push({ line: i + 1, reason: "no such product here, or the place is not mapped" })
    else units.set(`${product}/${branch}`, whole(row.units))
  }
  const rows = [...links.values()].flatMap((product) => branches.flatMap((branch) => {
    const [slot, column] = [hub.catalogue.slot(product), hub.network.slot(branch)]
    return slot === undefined || column === undefined ? [] : [[slot, column, units.get(`${product}/${branch}`) ?? 0] as const]
  }))
  const prices = statement.prices.flatMap(({ product, minor }) => {
    const slot = hub.catalogue.slot(links.get(product) ?? "")
    return slot === undefined ? [] : [[slot, minor] as const]
  })
  const run = await hub.stock.openRun("statement")
  await run.reject(rejects)
  await run.write({
    kind: "stock", asOf,
    products: Int32Array.from(rows, ([slot]) => slot),
    branches: Int32Array.from(rows, ([, column]) => column),
    quantities: Int32Array.from(rows, ([, , count]) => count)
  })
  await run.write({
    kind: "price", asOf, priceType: "retail",
    products: Int32Array.from(prices, ([slot]) => slot),
    // The whole network's price.
    branches: Int32Array.from(prices, () => -1),
    amounts: Int32Array.from(prices, ([, minor]) => minor)
  })
  return run.finish()
}
