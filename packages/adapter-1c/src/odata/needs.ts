import type { Mapping } from "./mapping.ts"
import type { Metadata } from "./metadata.ts"

/** What a mapping takes from an object: every name must be in `$metadata`. */
export interface Need {
  /** Where in the settings it is written. */
  readonly setting: string
  /** Set, virtual table, or `Document_X.Товары`. */
  readonly path: string
  readonly fields: ReadonlyArray<string>
}

const some = (...fields: ReadonlyArray<string | null>): ReadonlyArray<string> =>
  fields.filter((field) => field !== null)

/** `versions`: the goods' versions are looked at. */
export const needsOf = (mapping: Mapping, versions = false): ReadonlyArray<Need> => {
  const { products, variants, barcodes, series, stock, prices, currencies } = mapping
  const { name, sku, maker, deleted, folder } = products
  const needs: Array<Need> = [{
    setting: "products", path: products.set, fields: some("Ref_Key", versions ? "DataVersion" : null, name, sku, maker, deleted, folder)
  }]
  if (variants !== null) needs.push({ setting: "variants", path: variants.set, fields: ["Ref_Key", variants.name] })
  if (barcodes !== null) {
    const { barcode, product, variant, unit } = barcodes
    needs.push({ setting: "barcodes", path: barcodes.set, fields: some(barcode, product, variant, unit) })
  }
  if (series !== null) {
    needs.push({ setting: "series", path: series.set, fields: ["Ref_Key", series.number, series.expires] })
  }
  if (stock !== null) {
    needs.push({ setting: "stock", path: stock.table, fields: [...stockKey(stock), ...stock.plus, ...stock.minus] })
  }
  if (prices !== null) {
    const { product, variant, priceType, more, amount, currency, unit } = prices
    const fields = some(product, variant, priceType, ...more, amount, currency, unit)
    needs.push({ setting: "prices", path: prices.table, fields })
  }
  if (currencies !== null) {
    needs.push({ setting: "currencies", path: currencies.set, fields: ["Ref_Key", currencies.code, currencies.name] })
  }
  return needs
}

type Stock = NonNullable<Mapping["stock"]>

/** The dimensions by which rows of a balance are told apart. */
export const stockKey = ({ product, variant, warehouse, series, more }: Stock): ReadonlyArray<string> =>
  some(product, variant, warehouse, series, ...more)

export const objectsOf = (needs: ReadonlyArray<Need>): ReadonlySet<string> =>
  new Set(needs.map(({ path }) => path.split("/")[0]!.split(".")[0]!))

/** What is missing, in Russian; empty where the mapping fits this base. */
export const missingIn = (metadata: Metadata, needs: ReadonlyArray<Need>): ReadonlyArray<string> =>
  needs.flatMap(({ setting, path, fields }) => {
    const present = metadata.fields(path)
    if (present === undefined) {
      return [`${setting}: в составе интерфейса OData нет ${path}. Включите объект в состав (Настройка стандартного ` +
        `интерфейса OData) или исправьте имя.`]
    }
    const missing = fields.filter((field) => !present.has(field))
    if (missing.length === 0) return []
    return [`${setting}: в ${path} нет ${missing.join(", ")}. Исправьте имена в настройке mapping.`]
  })
