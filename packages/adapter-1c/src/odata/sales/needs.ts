import type { Need } from "../needs.ts"
import type { ODataSales } from "./settings.ts"

const some = (...fields: ReadonlyArray<string | null>): ReadonlyArray<string> =>
  fields.filter((field) => field !== null)

/** Names that the settings take from the base. */
export const salesNeeds = (settings: ODataSales): ReadonlyArray<Need> => {
  const { document, warehouse, table, product, variant, quantity, price, mark, number, order, where, returns } = settings
  const head = some("Ref_Key", "Date", "Posted", "DeletionMark", warehouse, table, number, order)
  const ofReturns = returns === null || returns === "all" ? [] : Object.keys(returns)
  return [
    { setting: "sales", path: document, fields: [...head, ...Object.keys(where), ...ofReturns] },
    { setting: "sales", path: `${document}.${table}`, fields: some(product, variant, quantity, price, mark) }
  ]
}
