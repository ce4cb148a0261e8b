import type { ImportBatch } from "@aptekit/core"

/** What crosses between the hub's thread and the one that reads files: plain values and typed arrays. */

/** Figures of the hub that the thread must not import core for. */
export interface ThreadData {
  readonly folder: string
  readonly maxPrice: number
  readonly maxSku: number
  readonly noPrice: number
  readonly maxDescription: number
  readonly maxPackUnits: number
  readonly maxGroups: number
}

export interface DraftUnit {
  readonly code: string | null
  readonly name: string
}

export interface DraftPack extends DraftUnit {
  readonly units: number
}

/** What a file says about a product, without what the hub does not keep. */
export interface Draft {
  readonly line: number
  /** From the catalogue, not from an offer. */
  readonly fromCatalogue: boolean
  readonly deleted: boolean
  readonly name: string | undefined
  readonly sku: string | undefined
  readonly barcodes: ReadonlyArray<string>
  readonly maker: string | undefined
  readonly weightGrams: number | undefined
  readonly vat: number | "exempt" | undefined
  /** The first of its groups: its place in `usedGroups`. */
  readonly group: number | undefined
  /** Place in `units`. */
  readonly units: number | undefined
  readonly description: string | undefined
  /** Values that tell a characteristic from its sisters: "XL", "red". */
  readonly traits: ReadonlyArray<string>
}

/** Units as some products of a file have them. */
export interface DraftUnits {
  readonly unit: DraftUnit | undefined
  /** Null: the file lists the product's units, and no pack is among them. */
  readonly pack: DraftPack | null | undefined
}

export interface Note {
  readonly line: number
  readonly reason: string
}

/** The first notes with their text, of the rest the number; `remarks` of all are no rejections. */
export interface NoteList {
  readonly kept: ReadonlyArray<Note>
  readonly more: number
  readonly remarks: number
}

export interface PriceTypeName {
  readonly id: string
  readonly name: string | null
  readonly currency: string | null
}

export interface WarehouseName {
  readonly id: string
  readonly name: string | null
  readonly address: string | null
  readonly deleted: boolean
}

export interface GroupName {
  readonly id: string
  readonly name: string | null
  readonly parentId: string | null
  readonly deleted: boolean
  readonly line: number
}

/** A group that products of the file name. */
export interface UsedGroup {
  readonly id: string
  readonly products: number
  /** Of the first of them. */
  readonly line: number
}

export interface ReadRequest {
  readonly path: string
  /** Folder for what does not fit into memory; it is there and ours. */
  readonly scratch: string
  /** ISO code of the hub's prices, or `any`. */
  readonly currency: string
  readonly currencies: Readonly<Record<string, string>>
  /** Price types of former files, with their currencies. */
  readonly priceTypes: ReadonlyArray<Omit<PriceTypeName, "name">>
  /** External ids that bear the deletion mark already. */
  readonly deleted: ReadonlyArray<string>
}

export interface ReadResult {
  readonly kind: "catalogue" | "classifier" | "empty" | "mixed" | "offers" | "orders"
  readonly formedAt: string | null
  /** Ids by the numbers that `SortRequest` speaks of; `used`: those that this file has rows of. */
  readonly warehouses: ReadonlyArray<string>
  readonly priceTypes: ReadonlyArray<string>
  readonly usedWarehouses: ReadonlyArray<string>
  readonly usedPriceTypes: ReadonlyArray<string>
  readonly declaredWarehouses: ReadonlyArray<WarehouseName>
  readonly declaredPriceTypes: ReadonlyArray<PriceTypeName>
  /** Parents before their children. */
  readonly groups: ReadonlyArray<GroupName>
  readonly usedGroups: ReadonlyArray<UsedGroup>
  readonly units: ReadonlyArray<DraftUnits>
  /** Some offer has a total and no warehouses. */
  readonly needsTotal: boolean
  /** Known products that the file speaks of and that are on sale, and how many of them it marks as deleted. */
  readonly named: number
  readonly marked: number
}

export interface DraftItem {
  readonly externalId: string
  readonly draft: Draft
}

/** Products as the text that lies on disk: making objects of it twice is what handing over used to cost. */
export interface DraftPage {
  /** A JSON array of `[external id, draft]`. */
  readonly text: string
  /** Places of those that another part of the file marks as deleted. */
  readonly deleted: ReadonlyArray<number>
}

export const itemsOf = ({ text, deleted }: DraftPage): ReadonlyArray<DraftItem> => {
  const items = (JSON.parse(text) as ReadonlyArray<readonly [string, Draft]>).map(([externalId, draft]) => ({ externalId, draft }))
  for (const i of deleted) items[i] = { ...items[i]!, draft: { ...items[i]!.draft, deleted: true } }
  return items
}

/** In place of a branch's slot. */
export const UNKNOWN_TARGET = -2
export const IGNORED_TARGET = -3

export interface StockTarget {
  /** A branch's slot, `UNKNOWN_TARGET` or `IGNORED_TARGET`. */
  readonly branch: number
  /** Of an unknown one: what to tell the administrator. */
  readonly reason: string
}

export interface PriceTarget extends StockTarget {
  readonly priceType: string
}

export interface SortRequest {
  readonly asOf: number
  /** By the numbers of `ReadResult.warehouses` and `priceTypes`. */
  readonly warehouses: ReadonlyArray<StockTarget>
  readonly total: StockTarget
  readonly priceTypes: ReadonlyArray<PriceTarget>
}

/** A warehouse's id, and where the settings lead it: a branch's slot, `UNKNOWN_TARGET` or `IGNORED_TARGET`. */
export type Route = readonly [warehouse: string, branch: number]

/** What the hub has in a branch, by product slot. */
export interface BranchLevels {
  readonly branch: number
  readonly onHand: Int32Array
  /** Milliseconds; 0: never stated. */
  readonly statedAt: Float64Array
}

export interface Move {
  /** Of the file with which the new settings are met. */
  readonly asOf: number
  readonly levels: ReadonlyArray<BranchLevels>
}

export interface Moved {
  /** Branches whose stock is another one now, of how many products, and up to when at most. */
  readonly branches: ReadonlyArray<{ readonly branch: number; readonly products: number; readonly asOf: number }>
  /** Warehouses that have joined a branch, and nothing is known of what they hold. */
  readonly silent: ReadonlyArray<{ readonly warehouse: string; readonly branch: number }>
  /** Rows for which there was no place any more among those that wait. */
  readonly lost: number
}

export interface SortResult {
  /** Rows of this file that were put aside. */
  readonly aside: number
  /** Of the whole file, its reading included. */
  readonly notes: NoteList
}

export interface Ops {
  /** Known products: ids in the order of their numbers, and their rows; −1 for a product that the hub does not have. */
  learn: (known: { readonly ids: ReadonlyArray<string>; readonly slots: Int32Array }) => null
  read: (request: ReadRequest) => ReadResult
  /** Reads a file that will probably be asked for next; `read` takes it as it is if it is asked the same. */
  ahead: (request: ReadRequest) => null
  /** The next products of the file; goods before their characteristics. Empty: no more. */
  drafts: (most: number) => DraftPage
  /** The next products are the first ones again. */
  rewind: () => null
  /** Where warehouses lead now. Gives the branches of which `move` wants to know the levels; none: nothing moves. */
  route: (routes: ReadonlyArray<Route>) => ReadonlyArray<number>
  /** What warehouses have said follows them to where they lead now; before `sort`. */
  move: (move: Move) => Moved
  sort: (request: SortRequest) => SortResult
  /** The next rows, by product and branch; undefined: no more. */
  next: () => ImportBatch | undefined
  /** The rows are applied: what waits and what warehouses said is written to disk. */
  commit: () => null
  /** The file is let go. */
  forget: () => null
}
export type OpName = keyof Ops

export interface ThreadRequest {
  readonly n: number
  readonly op: OpName
  readonly args: unknown
}

export type ThreadAnswer =
  | { readonly progress: number }
  | { readonly n: number; readonly ok: true; readonly value: unknown }
  /** `file`: the text is for the administrator of 1C. */
  | { readonly n: number; readonly ok: false; readonly kind: "file" | "internal"; readonly message: string; readonly code: string | undefined }
