/** A text in the languages of the screens (OPS-4). */
export interface Texts {
  readonly ru: string
  readonly kk: string
  readonly en: string
}

/** WGS 84, degrees. */
export interface DemoPoint {
  readonly lat: number
  readonly lon: number
}

/** Wall-clock times `HH:MM`, up to `24:00`; an end at or before the start lies on the next day. */
export interface DemoInterval {
  readonly from: string
  readonly to: string
}

/** `day`: Monday = 1 … Sunday = 7. */
export interface DemoWeeklyInterval extends DemoInterval {
  readonly day: number
}

export interface DemoBranch {
  readonly id: string
  readonly name: string
  readonly address: string
  readonly point: DemoPoint
  readonly zone: string
  readonly hours: ReadonlyArray<DemoWeeklyInterval>
  /** What a date is instead of its weekday; no intervals = closed. */
  readonly exceptions: ReadonlyArray<{ readonly date: string; readonly intervals: ReadonlyArray<DemoInterval> }>
  readonly warehouse: boolean
}

/** A row of the table geocoder. */
export interface DemoPlace {
  readonly address: string
  readonly point: DemoPoint
}

export interface DemoChannel {
  readonly id: string
  readonly name: string
}

export interface DemoGroup {
  readonly id: string
  readonly parent: string | null
  readonly name: Texts
}

export interface DemoProduct {
  readonly id: string
  readonly sku: string
  readonly name: Texts
  /** Russian, as an ERP in Kazakhstan names it; `substance` has it in all three languages. */
  readonly inn: string | null
  readonly substance: Texts | null
  readonly atc: string | null
  readonly form: string | null
  readonly strength: string | null
  readonly maker: string | null
  /** EAN-13 with the prefixes 200-299, which GS1 leaves to each shop: no real product is named. */
  readonly barcodes: ReadonlyArray<string>
  readonly storage: "ambient" | "cold"
  readonly prescription: boolean
  readonly weightGrams: number
  /** Pieces (tablets, ampoules, bottles) in the sold unit. */
  readonly packSize: number
  readonly groups: ReadonlyArray<string>
  readonly stockControl: boolean
}

/** `branchId` null: the price of the whole network; otherwise it wins over that one in its branch. */
export interface DemoPrice {
  readonly productId: string
  readonly branchId: string | null
  readonly priceType: "retail"
  readonly currency: "KZT"
  /** In tiyn, 100 to the tenge. */
  readonly amount: number
}

export interface DemoStockRow {
  readonly productId: string
  readonly branchId: string
  readonly quantity: number
}

export interface DemoNetwork {
  readonly city: string
  readonly branches: ReadonlyArray<DemoBranch>
  readonly places: ReadonlyArray<DemoPlace>
  readonly channels: ReadonlyArray<DemoChannel>
  readonly groups: ReadonlyArray<DemoGroup>
  readonly products: ReadonlyArray<DemoProduct>
  readonly prices: ReadonlyArray<DemoPrice>
  /** Product-major, one cell per (product, branch) in the order of the lists; `NOT_CARRIED` where there is no row. */
  readonly stock: Int16Array
}
