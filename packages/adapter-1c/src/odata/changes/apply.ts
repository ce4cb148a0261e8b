import type { SyncRun } from "@aptekit/core"
import type { Mapping } from "../mapping.ts"
import type { SyncKind } from "../runs.ts"
import type { ChangedObject } from "./feed.ts"

export interface ApplyParts {
  readonly mapping: Mapping
  readonly orderDocument: string | null
  readonly saleDocuments: ReadonlyArray<string>
  readonly sync: (kind: SyncKind) => Promise<SyncRun>
  readonly readSales: () => Promise<unknown>
  readonly exchangeOrders: () => Promise<unknown>
  /** What is said of goods, those with it that were removed for good. */
  readonly goods: (objects: ReadonlyArray<ChangedObject>) => Promise<void>
}

const setOf = (path: string): string => path.split("/")[0]!

type SetsOf = (mapping: Mapping) => Readonly<Record<SyncKind, ReadonlyArray<string>>>

const setsOf: SetsOf = ({ products, variants, barcodes, stock, series, prices }) => ({
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
  await parts.goods(objects.filter(({ set }) => set === mapping.products.set))
  if (parts.saleDocuments.some((set) => changed.has(set))) await parts.readSales()
  if (parts.orderDocument !== null && changed.has(parts.orderDocument)) await parts.exchangeOrders()
  return true
}
