import type { ProductRow } from "./ops/catalogue.ts"

/** The columns of a product; `slot` is known to the writer alone. */
export const PRODUCT_COLUMNS = [
  "slot", "id", "sku", "name_ru", "name_kk", "name_en", "inn", "atc", "form", "strength", "maker", "storage",
  "prescription", "weight_grams", "family", "shown", "confirmed", "stock_control", "stopped", "barcodes", "search",
  "vat", "group_id", "units"
] as const satisfies ReadonlyArray<keyof ProductRow>
