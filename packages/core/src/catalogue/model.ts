import { Schema } from "effect"
import { ProductGroupId, ProductId } from "../kernel/ids.ts"

const Text = Schema.String.check(Schema.isMaxLength(1000))

/** A name in the languages of the screens; Russian is the one that must be there (OPS-4). */
export const LocalText = Schema.Struct({
  ru: Text,
  kk: Schema.NullOr(Text),
  en: Schema.NullOr(Text)
})
export type LocalText = typeof LocalText.Type

export const MAX_SKU = 100

/** What of a price is value-added tax: a whole percent, or none is due. */
export const Vat = Schema.Union([
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
  Schema.Literal("exempt")
])
export type Vat = typeof Vat.Type

/** A unit of measure. `code`: OKEI's, "796" is a piece. */
export const ProductUnit = Schema.Struct({
  code: Schema.NullOr(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(10))),
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))
})
export type ProductUnit = typeof ProductUnit.Type

export const MAX_PACK_UNITS = 1_000_000

/** A second unit of a product, and how many of the sold unit it holds (D6). */
export const ProductPack = Schema.Struct({
  ...ProductUnit.fields,
  units: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: MAX_PACK_UNITS }))
})
export type ProductPack = typeof ProductPack.Type

/** What is sold. `goods#characteristic` of an ERP is a product of its own with a `family` (D6). */
export const Product = Schema.Struct({
  id: ProductId,
  /** The network's own code: short enough to be a key in any database. */
  sku: Schema.NullOr(Schema.String.check(Schema.isMaxLength(MAX_SKU))),
  barcodes: Schema.Array(Schema.String.check(Schema.isMaxLength(64))),
  name: LocalText,
  /** International non-proprietary name: the active substance. */
  inn: Schema.NullOr(Text),
  atc: Schema.NullOr(Text),
  form: Schema.NullOr(Text),
  strength: Schema.NullOr(Text),
  maker: Schema.NullOr(Text),
  storage: Schema.Literals(["ambient", "cold"]),
  prescription: Schema.Boolean,
  weightGrams: Schema.NullOr(Schema.Int),
  family: Schema.NullOr(Text),
  vat: Schema.NullOr(Vat),
  /** The place in the tree of groups. */
  group: Schema.NullOr(ProductGroupId),
  /** What one of it is: quantities and prices are per this unit (D6). */
  unit: Schema.NullOr(ProductUnit),
  pack: Schema.NullOr(ProductPack),
  shown: Schema.Boolean,
  confirmed: Schema.Boolean,
  /** False: held without a hold, always available unless `stopped` (STK-9, D6). */
  stockControl: Schema.Boolean,
  /** The stop mark: not sold at present, whatever the stock says. */
  stopped: Schema.Boolean
})
export type Product = typeof Product.Type

/** A new product with nothing known but its id and name. */
export const newProduct = (id: ProductId, ru: string): Product => ({
  id,
  sku: null,
  barcodes: [],
  name: { ru, kk: null, en: null },
  inn: null,
  atc: null,
  form: null,
  strength: null,
  maker: null,
  storage: "ambient",
  prescription: false,
  weightGrams: null,
  family: null,
  vat: null,
  group: null,
  unit: null,
  pack: null,
  shown: true,
  confirmed: true,
  stockControl: true,
  stopped: false
})

/** Two products are analogues: same substance, form and strength, all known (ORD-4). */
export const isAnalogue = (a: Product, b: Product): boolean =>
  a.id !== b.id && a.inn !== null && a.form !== null && a.strength !== null &&
  a.inn === b.inn && a.form === b.form && a.strength === b.strength

/** Characters of a description in one language. */
export const MAX_DESCRIPTION = 20_000

const LongText = Schema.NullOr(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(MAX_DESCRIPTION)))

/** What a product is, at length. Only in the database, and read with the single product: a catalogue has 100 MB of it. */
export const Description = Schema.Struct({ ru: LongText, kk: LongText, en: LongText })
export type Description = typeof Description.Type

/** One without any text is none. */
export const hasText = ({ ru, kk, en }: Description): boolean => ru !== null || kk !== null || en !== null

/** A product with all that is known of it. */
export const ProductCard = Schema.Struct({ ...Product.fields, description: Schema.NullOr(Description) })
export type ProductCard = typeof ProductCard.Type

/** A product as it is put, whole but for its description: left out, that stays; null takes it away. */
export const ProductPut = Schema.Struct({
  ...Product.fields,
  description: Schema.optionalKey(Schema.NullOr(Description))
})
export type ProductPut = typeof ProductPut.Type

/** What a store takes: products, and of those that say so their descriptions. */
export const splitPut = (put: ReadonlyArray<ProductPut>): {
  readonly products: ReadonlyArray<Product>
  readonly descriptions: ReadonlyMap<ProductId, Description | null>
} => {
  const descriptions = new Map<ProductId, Description | null>()
  const products = put.map(({ description, ...product }) => {
    if (description !== undefined) descriptions.set(product.id, description)
    return product
  })
  return { products, descriptions }
}
