/** Who reads the documents: how they are laid out depends on it. */
export type OrderDialect = "ut" | "unf" | "bitrix"

export interface DocumentLine {
  /** The id that 1C gave the goods, `#characteristic` included: without it 1C would make new goods (fact 56). */
  readonly id: string
  readonly sku: string | null
  readonly barcode: string | null
  readonly name: string
  readonly quantity: number
  /** Minor units of one unit. */
  readonly price: number
  readonly service: boolean
}

export interface Buyer {
  readonly id: string
  readonly name: string
  /** E.164. */
  readonly phone: string | null
  readonly address: string | null
}

/** One fulfilment as 1C is told of it: the same state always gives the same document. */
export interface OrderDocument {
  readonly id: string
  /** At most 11 characters (fact 52). */
  readonly number: string
  /** Wall clock of the base: `2026-11-23` and `11:00:00`. */
  readonly date: string
  readonly time: string
  /** As the base writes it. */
  readonly currency: string
  /** Decimals of the currency. */
  readonly digits: number
  readonly buyer: Buyer
  readonly comment: string | null
  /** The branch as warehouse of the base; `id` is null where the base has no warehouses. */
  readonly warehouse: { readonly id: string | null; readonly name: string } | null
  readonly organization: string | null
  readonly lines: ReadonlyArray<DocumentLine>
  /** Name and value, in their order. */
  readonly requisites: ReadonlyArray<readonly [string, string]>
}

/** How the documents of a connection are written. */
export interface DocumentStyle {
  readonly dialect: OrderDialect
  readonly version: string
  /** `xmlns` of the root, where the base wants it. */
  readonly namespace: string | null
  readonly encoding: "utf-8" | "windows-1251"
  readonly phoneType: string
  readonly unit: Unit
}

/** The unit of the lines: the hub sells by one unit (D6). */
export interface Unit {
  /** OKEI. */
  readonly code: string
  readonly name: string
  readonly short: string
  readonly international: string
}
