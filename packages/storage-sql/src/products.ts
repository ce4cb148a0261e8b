import { type Description, fold, hasText, type Product } from "@aptekit/core"
import type { DescriptionRow, ProductRow } from "./ops/catalogue.ts"
import { PRODUCT_COLUMNS } from "./product-columns.ts"

const flag = (value: boolean): number => (value ? 1 : 0)

const present = (texts: ReadonlyArray<string | null>): ReadonlyArray<string> => texts.filter((text) => text !== null)

/** Everything a person may type to find a product, folded (D23). */
const searchText = (product: Product): string =>
  fold(present([
    product.name.ru, product.name.kk, product.name.en, product.inn, product.sku, product.maker, ...product.barcodes
  ]).join(" "))

/** In the column of percents. */
const EXEMPT = -1

const unitsText = ({ unit, pack }: Product): string | null => (unit === null && pack === null ? null : JSON.stringify([unit, pack]))

const NO_UNITS = { unit: null, pack: null }

const unitsOf = (text: string | null): Pick<Product, "pack" | "unit"> => {
  if (text === null) return NO_UNITS
  const [unit, pack] = JSON.parse(text) as [Product["unit"], Product["pack"]]
  return { unit, pack }
}

const productRow = (product: Product): Omit<ProductRow, "slot"> => ({
  id: product.id,
  sku: product.sku,
  name_ru: product.name.ru,
  name_kk: product.name.kk,
  name_en: product.name.en,
  inn: product.inn,
  atc: product.atc,
  form: product.form,
  strength: product.strength,
  maker: product.maker,
  storage: product.storage,
  prescription: flag(product.prescription),
  weight_grams: product.weightGrams,
  family: product.family,
  shown: flag(product.shown),
  confirmed: flag(product.confirmed),
  stock_control: flag(product.stockControl),
  stopped: flag(product.stopped),
  barcodes: JSON.stringify(product.barcodes),
  search: searchText(product),
  vat: product.vat === "exempt" ? EXEMPT : product.vat,
  group_id: product.group,
  units: unitsText(product)
})

/** Rows one behind the other, in the order of the columns, each with an empty slot: they cross to the thread at half the cost. */
export const productValues = (products: ReadonlyArray<Product>): ReadonlyArray<unknown> => {
  const values: Array<unknown> = []
  for (const product of products) {
    const row = { slot: null, ...productRow(product) }
    for (const column of PRODUCT_COLUMNS) values.push(row[column])
  }
  return values
}

export const productOf = (row: ProductRow): Product =>
  ({
    id: row.id,
    sku: row.sku,
    barcodes: JSON.parse(row.barcodes),
    name: { ru: row.name_ru, kk: row.name_kk, en: row.name_en },
    inn: row.inn,
    atc: row.atc,
    form: row.form,
    strength: row.strength,
    maker: row.maker,
    storage: row.storage,
    prescription: row.prescription === 1,
    weightGrams: row.weight_grams,
    family: row.family,
    vat: row.vat === EXEMPT ? "exempt" : row.vat,
    group: row.group_id,
    ...unitsOf(row.units),
    shown: row.shown === 1,
    confirmed: row.confirmed === 1,
    stockControl: row.stock_control === 1,
    stopped: row.stopped === 1
  }) as Product

/** `n`: the product's place among those that are written together. */
export const descriptionRow = (n: number, description: Description | null): DescriptionRow =>
  description === null || !hasText(description) ? { n, texts: null } : { n, texts: [description.ru, description.kk, description.en] }
