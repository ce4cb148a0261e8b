import { fold, type Product } from "@aptekit/core"
import type { ProductRow } from "./ops/catalogue.ts"

const flag = (value: boolean): number => (value ? 1 : 0)

const present = (texts: ReadonlyArray<string | null>): ReadonlyArray<string> => texts.filter((text) => text !== null)

/** Everything a person may type to find a product, folded (D23). */
const searchText = (product: Product): string =>
  fold(present([
    product.name.ru, product.name.kk, product.name.en, product.inn, product.sku, product.maker, ...product.barcodes
  ]).join(" "))

export const productRow = (product: Product): Omit<ProductRow, "slot"> => ({
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
  search: searchText(product)
})

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
    shown: row.shown === 1,
    confirmed: row.confirmed === 1,
    stockControl: row.stock_control === 1,
    stopped: row.stopped === 1
  }) as Product
