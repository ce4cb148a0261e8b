import { type InboundHub, type SyncRun } from "@aptekit/core"
import type { Mapping } from "../mapping.ts"
import type { SyncKind } from "../runs.ts"
import type { ChangedObject } from "./feed.ts"

export interface ApplyParts {
  readonly hub: Pick<InboundHub, "catalogue">
  readonly mapping: Mapping
  readonly orderDocument: string | null
  readonly saleDocuments: ReadonlyArray<string>
  readonly sync: (kind: SyncKind) => Promise<SyncRun>
  readonly readSales: () => Promise<unknown>
  readonly exchangeOrders: () => Promise<unknown>
  readonly links: () => ReadonlyMap<string, string>
}

const setOf = (path: string): string => path.split("/")[0]!

const setsOf = ({ products, variants, barcodes, stock, series, prices }: Mapping): Readonly<Record<SyncKind, ReadonlyArray<string>>> => ({
  catalogue: [products.set, ...[variants?.set, barcodes?.set].flatMap((set) => set ?? [])],
  stock: [...(stock === null ? [] : [setOf(stock.table)]), ...(series === null ? [] : [series.set])],
  prices: prices === null ? [] : [setOf(prices.table)]
})

/** Reads each kind of which something has changed, goods first. False where one reading failed. */
export const applyChanges = async (parts: ApplyParts, objects: ReadonlyArray<ChangedObject>): Promise<boolean> => {
  const { mapping, sync } = parts
  const changed = new Set(objects.map(({ set }) => set))
  for (const [kind, sets] of Object.entries(setsOf(mapping)) as ReadonlyArray<[SyncKind, ReadonlyArray<string>]>) {
    if (sets.some((set) => changed.has(set)) && (await sync(kind)).state === "failed") return false
  }
  await takeOffSale(parts, objects)
  if (parts.saleDocuments.some((set) => changed.has(set))) await parts.readSales()
  if (parts.orderDocument !== null && changed.has(parts.orderDocument)) await parts.exchangeOrders()
  return true
}

/** Goods that were removed for good, which no reading can show. */
const takeOffSale = async ({ hub, mapping, links }: ApplyParts, objects: ReadonlyArray<ChangedObject>): Promise<void> => {
  const removed = objects.filter(({ set, deleted }) => deleted && set === mapping.products.set).flatMap(({ key }) => key ?? [])
  const ids = new Map(removed.flatMap((key) => (links().has(key) ? [[links().get(key)!, key] as const] : [])))
  if (ids.size === 0) return
  const products = await hub.catalogue.byIds([...ids.keys()])
  await hub.catalogue.upsert(products.map((product) => ({
    externalId: ids.get(product.id)!, product: { ...product, shown: false, stopped: true }
  })))
}
