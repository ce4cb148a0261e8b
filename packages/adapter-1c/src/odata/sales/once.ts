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

const INSTEAD = "Keep one of them: the reports alone hold all sales, but late and without orders; receipts tell each at once, with its " +
  "order. Or let each speak for branches of its own: branches: [\"b01\"]."

/** Why two kinds of documents cannot be read together; undefined where no sale can be in both. */
const conflictOf = (one: ODataSales, other: ODataSales): string | undefined => {
  const both = `${one.document} and ${other.document}`
  if (one.document === other.document) {
    return `${one.document} is named twice: each of its documents is read once. Put both into one entry, with where and returns.`
  }
  const branches = branchesOf(one, other)
  if (branches === undefined) return undefined
  if (levelOf(one) === levelOf(other)) return undefined
  return `${both} tell of the same sales of ${branches}: when a shift is closed 1C folds its receipts into the report, so that each ` +
    `sale would count twice. ${INSTEAD}`
}

/** What one document is; undefined where nobody has said. */
export const levelOf = ({ document, each }: ODataSales): Level | undefined => knownLevel(document) ?? each

/** What the settings say of the base: the branches of `warehouses`, and whether its stock is read. */
export interface SalesPlaces {
  readonly branches: ReadonlySet<string>
  readonly stock: boolean
}

/** Why documents of one kind cannot be read as they are set. */
const wrongWith = (one: ODataSales, { branches, stock }: SalesPlaces): string | undefined => {
  const { document, each } = one
  const known = knownLevel(document)
  if (known !== undefined && (each ?? known) !== known) return `${document} is a "${known}" in 1C, whatever each says: leave it out.`
  if (levelOf(one) === undefined) {
    return `What is ${document}? Say each: "receipt" where a document is a sale by itself, each: "shift" where it sums up what a shift sold.`
  }
  const stranger = one.branches?.find((id) => !branches.has(id))
  if (stranger !== undefined) return `${document}: no warehouse is the branch ${stranger}. Put it into warehouses, or mend branches.`
  if (levelOf(one) === "receipt" || stock) return undefined
  return `${document} sums up what the stock has lost already: without a reading of stock after it, it would be taken off twice. Leave ` +
    "mapping.stock on, or read receipts."
}

/** Why these settings would count a sale twice, or never: pure. Undefined: they do neither. */
export const salesObjection = (sales: ReadonlyArray<ODataSales>, places: SalesPlaces): string | undefined => {
  for (const [i, one] of sales.entries()) {
    const wrong = wrongWith(one, places)
    if (wrong !== undefined) return wrong
    for (const other of sales.slice(i + 1)) {
      const conflict = wrongWith(other, places) ?? conflictOf(one, other)
      if (conflict !== undefined) return conflict
    }
  }
  return undefined
}
