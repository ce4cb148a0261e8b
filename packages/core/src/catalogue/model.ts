import { Schema } from "effect"
import { ProductId } from "../kernel/ids.ts"

const Text = Schema.String.check(Schema.isMaxLength(1000))

/** A name in the languages of the screens; Russian is the one that must be there (OPS-4). */
export const LocalText = Schema.Struct({
  ru: Text,
  kk: Schema.NullOr(Text),
  en: Schema.NullOr(Text)
})
export type LocalText = typeof LocalText.Type

export const MAX_SKU = 100

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
  shown: true,
  confirmed: true,
  stockControl: true,
  stopped: false
})

/** Two products are analogues: same substance, form and strength, all known (ORD-4). */
export const isAnalogue = (a: Product, b: Product): boolean =>
  a.id !== b.id && a.inn !== null && a.form !== null && a.strength !== null &&
  a.inn === b.inn && a.form === b.form && a.strength === b.strength
