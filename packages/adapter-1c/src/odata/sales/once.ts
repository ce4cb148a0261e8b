import type { ODataSales } from "./settings.ts"

type Level = NonNullable<ODataSales["each"]>

/**
 * Receipts, and what 1C makes of them when a shift is closed: УТ posts `ОтчетОРозничныхПродажах` and
 * `ОтчетОРозничныхВозвратах`, УНФ and Розница the former; the receipts stay, posted.
 */
const KNOWN: ReadonlyArray<readonly [RegExp, Level]> = [
  [/^Document_ЧекККМ/u, "receipt"],
  [/^Document_Отч[её]тОРозничных(?:Продажах|Возвратах)$/u, "shift"]
]

const knownLevel = (document: string): Level | undefined => KNOWN.find(([name]) => name.test(document))?.[1]

const branchesOf = (one: ODataSales, other: ODataSales): string | undefined => {
  if (one.branches === undefined && other.branches === undefined) return "every branch"
  const shared = (one.branches ?? other.branches!).filter((id) => (other.branches ?? one.branches!).includes(id))
  return shared.length === 0 ? undefined : shared.join(", ")
}

const INSTEAD = "Keep one of them: the reports alone hold all sales, but late; receipts tell each at once, with its order. Or let each " +
  "speak for branches of its own: branches: [\"b01\"]."

/** Why two kinds of documents cannot be read together; undefined where no sale can be in both. */
const conflictOf = (one: ODataSales, other: ODataSales): string | undefined => {
  const both = `${one.document} and ${other.document}`
  if (one.document === other.document) {
    return `${one.document} is named twice: each of its documents is read once. Put both into one entry, with where and returns.`
  }
  const branches = branchesOf(one, other)
  if (branches === undefined) return undefined
  const unknown = [one, other].find((sales) => levelOf(sales) === undefined)
  if (unknown !== undefined) {
    return `${both} tell of sales of ${branches}, and the hub does not know whether ${unknown.document} is made of the same sales. ` +
      "Say each: \"receipt\" where a document is a sale by itself, each: \"shift\" where it sums up receipts, or let each of them speak " +
      "for branches of its own: branches: [\"b01\"]."
  }
  if (levelOf(one) === levelOf(other)) return undefined
  return `${both} tell of the same sales of ${branches}: when a shift is closed 1C folds its receipts into the report, so that each ` +
    `sale would count twice. ${INSTEAD}`
}

/** What one document is; undefined where nobody has said. */
export const levelOf = ({ document, each }: ODataSales): Level | undefined => knownLevel(document) ?? each

/**
 * Why these settings would count a sale twice, or sell at a branch that is not there: pure. Undefined: they cannot.
 * `mapped`: the branches of `warehouses`.
 */
export const salesObjection = (sales: ReadonlyArray<ODataSales>, mapped: ReadonlySet<string>): string | undefined => {
  for (const [i, one] of sales.entries()) {
    const known = knownLevel(one.document)
    if (known !== undefined && (one.each ?? known) !== known) {
      return `${one.document} is a "${known}" in 1C, whatever each says: leave it out.`
    }
    const stranger = one.branches?.find((id) => !mapped.has(id))
    if (stranger !== undefined) {
      return `${one.document}: no warehouse is the branch ${stranger}. Put it into warehouses, or mend branches.`
    }
    for (const other of sales.slice(i + 1)) {
      const conflict = conflictOf(one, other)
      if (conflict !== undefined) return conflict
    }
  }
  return undefined
}
