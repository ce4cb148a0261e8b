/**
 * What a CommerceML file says, as plain records. Facts are those of reference/1c.md. Everywhere: an absent key means
 * that the file does not mention it, null that the element is there but empty; `line` is the 1-based line of the
 * record's element; ids are as 1C wrote them, without white space around.
 */

export interface DocumentRecord {
  /** `ВерсияСхемы`: "2.03" … "2.10", "3.1"; may be empty or absent (facts 5, 7). */
  readonly schemaVersion: string | null
  /** `ДатаФормирования` as written: the wall clock of the base, mostly without a zone. */
  readonly formedAt: string | null
  readonly line: number
}

/** `offerChanges` is `ИзмененияПакетаПредложений`; `orders` (`Документ`) is recognised, its content is not read. */
export type SectionKind = "classifier" | "catalogue" | "offers" | "offerChanges" | "orders"

export interface SectionRecord {
  readonly kind: SectionKind
  readonly id: string | null
  readonly name: string | null
  readonly catalogueId: string | null
  /** `СодержитТолькоИзменения`, null where the file does not say. False is no promise of completeness (fact 25). */
  readonly onlyChanges: boolean | null
  readonly line: number
}

export interface GroupRecord {
  readonly id: string
  readonly name: string | null
  readonly parentId: string | null
  readonly deleted: boolean
  readonly line: number
}

export interface CategoryRecord {
  readonly id: string
  readonly name: string | null
  readonly deleted: boolean
  readonly line: number
}

export interface PropertyRecord {
  readonly id: string
  readonly name: string | null
  /** `Строка`, `Число`, `Справочник`… */
  readonly valueType: string | null
  /** The values to choose from; goods name them by id. */
  readonly values: ReadonlyArray<{ readonly id: string | null; readonly value: string | null }>
  readonly deleted: boolean
  readonly line: number
}

export interface PriceTypeRecord {
  readonly id: string
  readonly name: string | null
  /** As written: "KZT", but also "руб" (fact 43). */
  readonly currency: string | null
  readonly deleted: boolean
  readonly line: number
}

export interface WarehouseRecord {
  readonly id: string
  readonly name: string | null
  readonly address: string | null
  /** Telephone, mail, `КоординатыНаКарте`… (fact 42). */
  readonly contacts: ReadonlyArray<{ readonly type: string | null; readonly value: string | null }>
  readonly deleted: boolean
  readonly line: number
}

export interface UnitRecord {
  readonly id: string
  readonly code: string | null
  readonly name: string | null
  readonly shortName: string | null
  readonly international: string | null
  readonly deleted: boolean
  readonly line: number
}

/** `БазоваяЕдиница` of an item. */
export interface ItemUnit {
  /** OKEI code: "796". */
  readonly code: string | null
  readonly name: string | null
  readonly shortName: string | null
  readonly international: string | null
  /** `Пересчет`: other units of the item and how many base units they hold, as written. */
  readonly conversions: ReadonlyArray<{ readonly unit: string | null; readonly factor: string | null }>
}

/** A product of the catalogue, or what an offer says about one. */
export interface ItemRecord {
  /** `guid` or `guid#characteristic` (facts 33, 40 b). */
  readonly id: string
  /** Any of the three marks of fact 36. */
  readonly deleted: boolean
  readonly line: number
  readonly name?: string | null
  readonly sku?: string | null
  readonly code?: string | null
  readonly barcodes?: ReadonlyArray<string>
  readonly groupIds?: ReadonlyArray<string>
  readonly categoryId?: string | null
  readonly unit?: ItemUnit
  readonly description?: string | null
  readonly pictures?: ReadonlyArray<string>
  readonly manufacturer?: { readonly id: string | null; readonly name: string | null }
  readonly country?: string | null
  readonly weight?: string | null
  readonly taxRates?: ReadonlyArray<{ readonly name: string | null; readonly rate: string | null }>
  readonly properties?: ReadonlyArray<{ readonly id: string | null; readonly values: ReadonlyArray<string> }>
  readonly requisites?: ReadonlyArray<{ readonly name: string | null; readonly value: string | null }>
  readonly characteristics?: ReadonlyArray<{ readonly name: string | null; readonly value: string | null }>
}

export type ProductRecord = ItemRecord
export type OfferRecord = ItemRecord

export interface StockRecord {
  readonly offerId: string
  /** Null: the offer's total over all warehouses, not to be added to them. */
  readonly warehouseId: string | null
  /** Thousandths of the unit, an integer, may be negative; finer digits are cut off. 1500 is one and a half. */
  readonly thousandths: number
  readonly line: number
}

export interface PriceRecord {
  readonly offerId: string
  readonly priceTypeId: string
  /** Integer of hundredths: "1719.5" is 171950. */
  readonly minorUnits: number
  /** Null: that of the price type. */
  readonly currency: string | null
  readonly unit: string | null
  /** `Коэффициент`: base units in the priced unit, in thousandths; 1000 where the price is for the base unit. */
  readonly factorThousandths: number
  /** `МинКоличество` in thousandths: a price for larger amounts only; 0 where it always applies. */
  readonly minQuantityThousandths: number
  readonly line: number
}

export type RejectedKind =
  | "category" | "group" | "offer" | "price" | "priceType" | "product" | "property" | "stock" | "unit" | "warehouse"

/** A row that cannot be understood; the rest of the file goes on. */
export interface RejectedRecord {
  readonly kind: RejectedKind
  readonly line: number
  /** For the administrator of 1C, in Russian. */
  readonly reason: string
}

/** Takes the records as they come, in the order of the file, which nothing guarantees (fact 39). */
export interface CommerceMlSink {
  document?(record: DocumentRecord): void
  section?(record: SectionRecord): void
  group?(record: GroupRecord): void
  category?(record: CategoryRecord): void
  property?(record: PropertyRecord): void
  priceType?(record: PriceTypeRecord): void
  warehouse?(record: WarehouseRecord): void
  unit?(record: UnitRecord): void
  product?(record: ProductRecord): void
  /** Before the offer's prices and stock. */
  offer?(record: OfferRecord): void
  price?(record: PriceRecord): void
  stock?(record: StockRecord): void
  rejected?(record: RejectedRecord): void
}

export type Counted =
  | "category" | "document" | "group" | "offer" | "price" | "priceType" | "product" | "property" | "rejected" | "stock"
  | "total" | "unit" | "warehouse"

export interface DocumentSummary {
  /** "mixed" for several of catalogue, offers and orders; "empty" for a root without sections (no orders to tell). */
  readonly kind: "catalogue" | "classifier" | "empty" | "mixed" | "offers" | "orders"
  /** `stock` counts rows of warehouses, `total` rows without one, `document` orders. */
  readonly counts: Readonly<Record<Counted, number>>
}
