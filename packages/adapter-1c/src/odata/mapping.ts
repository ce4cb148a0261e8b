import { Schema } from "@aptekit/core"
import { Struct } from "effect"

const Name = Schema.NonEmptyString.check(Schema.isMaxLength(200))
const Names = Schema.Array(Name)
const Filter = Schema.String.check(Schema.isMaxLength(1000))
const maybe = Schema.NullOr(Name)

/** Goods. Null fields: this base has none. */
export const ProductsMapping = Schema.Struct({
  set: Name,
  name: Name,
  sku: maybe,
  maker: maybe,
  deleted: Name,
  folder: maybe,
  /** Only these goods, as `$filter` has it. */
  filter: Schema.NullOr(Filter)
})

/** Characteristics: a name for each; which goods have which is read from the registers. */
export const VariantsMapping = Schema.Struct({ set: Name, name: Name })

/** `unit`: a barcode of a pack is left out, for it would count as one piece. */
export const BarcodesMapping = Schema.Struct({ set: Name, barcode: Name, product: Name, variant: maybe, unit: maybe })

export const SeriesMapping = Schema.Struct({ set: Name, number: Name, expires: Name })

export const StockMapping = Schema.Struct({
  /** Virtual table: `AccumulationRegister_ТоварыНаСкладах/Balance()`. */
  table: Name,
  product: Name,
  variant: maybe,
  warehouse: Name,
  series: maybe,
  /** Further dimensions, only to tell rows apart. */
  more: Names,
  /** Free stock = these, less those (fact 88). */
  plus: Names,
  minus: Names
})

export const PricesMapping = Schema.Struct({
  table: Name,
  product: Name,
  variant: maybe,
  priceType: Name,
  /** Further dimensions, only to tell rows apart. */
  more: Names,
  amount: Name,
  currency: maybe,
  /** A price per pack is rejected: its factor is not known. */
  unit: maybe
})

export const CurrenciesMapping = Schema.Struct({ set: Name, code: Name, name: Name })

export const Mapping = Schema.Struct({
  products: ProductsMapping,
  variants: Schema.NullOr(VariantsMapping),
  barcodes: Schema.NullOr(BarcodesMapping),
  series: Schema.NullOr(SeriesMapping),
  stock: Schema.NullOr(StockMapping),
  prices: Schema.NullOr(PricesMapping),
  currencies: Schema.NullOr(CurrenciesMapping)
})
export type Mapping = typeof Mapping.Type

const own = <F extends Schema.Struct.Fields>(section: Schema.Struct<F>) =>
  section.mapFields(Struct.map(Schema.optionalKey))

/** Names of this base, where they are not those of the preset; null: not read at all. */
export const MappingOverrides = Schema.Struct({
  products: Schema.optionalKey(own(ProductsMapping)),
  variants: Schema.optionalKey(Schema.NullOr(own(VariantsMapping))),
  barcodes: Schema.optionalKey(Schema.NullOr(own(BarcodesMapping))),
  series: Schema.optionalKey(Schema.NullOr(own(SeriesMapping))),
  stock: Schema.optionalKey(Schema.NullOr(own(StockMapping))),
  prices: Schema.optionalKey(Schema.NullOr(own(PricesMapping))),
  currencies: Schema.optionalKey(Schema.NullOr(own(CurrenciesMapping)))
})
export type MappingOverrides = typeof MappingOverrides.Type

type Section = Readonly<Record<string, unknown>> | null

/** The preset's names with those of this base. */
export const merge = (preset: Mapping, overrides: MappingOverrides): Mapping => {
  const sections = Object.entries(preset as Readonly<Record<string, Section>>).map(([name, section]) => {
    const change = (overrides as Readonly<Record<string, Section | undefined>>)[name]
    if (change === undefined) return [name, section] as const
    return [name, change === null ? null : { ...section, ...change }] as const
  })
  return Schema.decodeUnknownSync(Mapping)(Object.fromEntries(sections))
}
