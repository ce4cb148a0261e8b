import type { PulledOrder, PartFact } from "@aptekit/core"
import { DecimalReader } from "../cml/decimal.ts"
import type { BackDocument, BackLine } from "../documents/read.ts"

export interface LinesRead {
  /** Null: they cannot be compared, and `remarks` says why. */
  readonly lines: PartFact["lines"]
  readonly remarks: ReadonlyArray<{ readonly line: number; readonly reason: string }>
}

export interface LineLookup {
  readonly pulled: PulledOrder
  /** The connection's id → product, for goods that someone added in 1C. */
  readonly links: ReadonlyMap<string, string>
  /** Ids of lines that are no goods: delivery. */
  readonly services: ReadonlySet<string>
  /** Decimals of the currency. */
  readonly digits: number
}

const encoder = new TextEncoder()
const decimal = new DecimalReader()

/** An amount of 1C as an integer of so many decimals; null where it is empty or no number (fact 64). */
const numberOf = (text: string | null, decimals: number): number | null => {
  const bytes = encoder.encode(text?.trim() ?? "")
  decimal.read(bytes, 0, bytes.length, decimals)
  return decimal.problem === undefined || decimal.problem === "too-precise" ? decimal.value : null
}

/** By GUID; where the id is none of ours, by article or barcode among the goods of the order. */
const productOf = (line: BackLine, { pulled, links }: LineLookup): string | undefined => {
  const own = [...pulled.externalIds].find(([, external]) => external === line.id)?.[0]
  const known = own ?? (line.id === null ? undefined : links.get(line.id))
  if (known !== undefined) return known
  const alike = [...pulled.products.values()].filter(({ sku, barcodes }) =>
    (line.sku !== null && sku === line.sku) || (line.barcode !== null && barcodes.includes(line.barcode))
  )
  return alike.length === 1 ? alike[0]!.id : undefined
}

const ONE = 1000

interface Counted {
  readonly productId: string
  readonly quantity: number
  readonly priceMinor: number | null
  /** Thousandths of the base unit that are no whole unit. */
  readonly rest: number
}

/** A line in base units (D6); a string: why it cannot be told. */
const countedOf = (line: BackLine, lookup: LineLookup): Counted | string => {
  const productId = productOf(line, lookup)
  if (productId === undefined) return "Ид не связан с товаром хаба"
  const said = numberOf(line.quantity, 3)
  if (said === null || said < 0) return "количество не прочитано"
  const factor = !line.factor?.trim() ? ONE : numberOf(line.factor, 3)
  if (factor === null || factor <= 0) return "коэффициент единицы не прочитан"
  const thousandths = said * factor / ONE
  const quantity = Math.floor(thousandths / ONE)
  const price = numberOf(line.price, lookup.digits)
  return {
    productId,
    quantity,
    priceMinor: price === null ? null : Math.round(price * ONE / factor),
    rest: Math.round(thousandths - quantity * ONE)
  }
}

/** The goods of a document in our words. The same goods twice are one line. */
export const readLines = (document: BackDocument, lookup: LineLookup): LinesRead => {
  const found = new Map<string, { productId: string; quantity: number; priceMinor: number | null }>()
  const remarks: Array<{ readonly line: number; readonly reason: string }> = []
  let unclear = false
  for (const line of document.lines) {
    if (line.service || (line.id !== null && lookup.services.has(line.id))) continue
    const tell = (what: string): void =>
      void remarks.push({ line: line.line, reason: `строка заказа «${(line.name ?? line.id ?? "").slice(0, 100)}»: ${what}.` })
    const counted = countedOf(line, lookup)
    if (typeof counted === "string") {
      unclear = true
      tell(counted)
      continue
    }
    const { productId, quantity, priceMinor, rest } = counted
    if (rest > 0) tell(`дробное количество ${quantity + rest / ONE}: учтено целых единиц ${quantity}`)
    const before = found.get(productId)
    found.set(productId, { productId, quantity: quantity + (before?.quantity ?? 0), priceMinor: before?.priceMinor ?? priceMinor })
  }
  return { lines: unclear ? null : [...found.values()], remarks }
}
