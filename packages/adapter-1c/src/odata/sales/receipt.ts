import type { Sale } from "@aptekit/core"
import { flagOf, instantOf, numberOf, refOf, type Row, textOf } from "../values.ts"
import type { ODataSales } from "./settings.ts"

export type SaleInput = typeof Sale.Encoded
type SaleLine = SaleInput["lines"][number]

/** The hub takes so many lines in one sale; a report of a shift has more. */
const MOST_LINES = 500

export interface ReceiptWorld {
  /** The connection: source of its sales. */
  readonly source: string
  readonly zone: string
  readonly currency: string
  /** Digits of the currency's minor unit. */
  readonly digits: number
  /** This base's id of goods → product. */
  readonly product: (goods: string) => string | undefined
  /** `null`: nobody wants it; undefined: nobody has said. */
  readonly branch: (warehouse: string) => string | null | undefined
}

export interface ReadReceipt {
  readonly sales: ReadonlyArray<SaleInput>
  /** Why it, or a line of it, could not be taken; in Russian. */
  readonly rejected: ReadonlyArray<string>
}

const has = (row: Row, values: ODataSales["where"]): boolean =>
  Object.entries(values).every(([field, value]) => [value].flat().some((one) => row[field] === one))

/** What it is; undefined where it is neither: marked, not posted, or of another kind. */
export const kindOf = ({ where, returns }: ODataSales, row: Row): "sale" | "return" | undefined => {
  if (flagOf(row, "DeletionMark") || !flagOf(row, "Posted")) return undefined
  if (returns === "all" || (returns !== null && has(row, returns))) return "return"
  return has(row, where) ? "sale" : undefined
}

/** Of a warehouse that is ignored, or of a branch for which other documents speak. */
export const isElsewhere = ({ warehouse, branches }: ODataSales, row: Row, world: ReceiptWorld): boolean => {
  const branch = world.branch(refOf(row, warehouse) ?? "")
  return branch === null || (branch !== undefined && branches !== undefined && !branches.includes(branch))
}

export interface Told {
  /** The part that it names. */
  readonly number: string | null
  /** A statement of stock that holds what it sold: it was not later. Infinity: none is known. */
  readonly statedAt: number
}

/** A posted document as sales of the hub. */
export const receiptOf = (settings: ODataSales, row: Row, { number, statedAt }: Told, world: ReceiptWorld): ReadReceipt => {
  const id = refOf(row, "Ref_Key")
  const at = instantOf(textOf(row, "Date"), world.zone)
  const title = `${settings.document} ${textOf(row, "Number") ?? id ?? ""}`
  const warehouse = refOf(row, settings.warehouse)
  const branchId = warehouse === null ? undefined : world.branch(warehouse)
  if (id === null || at === null) return refused(`${title}: нет ссылки или даты.`)
  if (typeof branchId !== "string") return refused(`${title}: склад ${warehouse ?? "не указан"} не сопоставлен филиалу.`)
  const table = row[settings.table]
  const rows = Array.isArray(table) ? table as ReadonlyArray<Row> : []
  const rejected: Array<string> = []
  const lines = rows.flatMap((line): ReadonlyArray<SaleLine> => {
    const read = lineOf(settings, line, world)
    if (typeof read !== "string") return [read]
    rejected.push(`${title}, строка ${textOf(line, "LineNumber") ?? "?"}: ${read}`)
    return []
  })
  const head = {
    source: world.source,
    ...(kindOf(settings, row) === "return" ? { kind: "return" as const } : {}),
    branchId,
    occurredAt: new Date(Math.min(at, statedAt)).toISOString(),
    ...(number === null ? {} : { fulfilmentNumber: number })
  }
  const sales: Array<SaleInput> = []
  for (let from = 0; from < lines.length; from += MOST_LINES) {
    const [first, ...rest] = lines.slice(from, from + MOST_LINES)
    sales.push({ ...head, id: from === 0 ? id : `${id}/${from / MOST_LINES + 1}`, lines: [first!, ...rest] })
  }
  return { sales, rejected }
}

const refused = (reason: string): ReadReceipt => ({ sales: [], rejected: [reason] })

/** A line, or why it cannot be one. */
const lineOf = (settings: ODataSales, line: Row, world: ReceiptWorld): SaleLine | string => {
  const product = refOf(line, settings.product)
  const variant = settings.variant === null ? null : refOf(line, settings.variant)
  if (product === null) return "нет номенклатуры."
  const goods = variant === null ? product : `${product}#${variant}`
  const productId = world.product(goods)
  if (productId === undefined) return `номенклатура ${goods} не известна хабу.`
  const quantity = numberOf(line, settings.quantity) ?? 0
  if (!Number.isInteger(quantity) || quantity <= 0) return `количество ${quantity} не целое больше нуля.`
  const price = settings.price === null ? null : numberOf(line, settings.price)
  const mark = settings.mark === null ? null : textOf(line, settings.mark)
  return {
    productId,
    quantity,
    ...(price === null || price < 0
      ? {}
      : { price: { amount: Math.round(price * 10 ** world.digits), currency: world.currency } }),
    ...(mark === null ? {} : { markCodes: [mark] })
  }
}
