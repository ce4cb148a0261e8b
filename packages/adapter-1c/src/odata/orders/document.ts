import type { Fulfilment, PulledOrder } from "@aptekit/core"
import { CannotSend, digitsOf, numberOf } from "../../sale/compose.ts"
import type { WallClock } from "../../sale/clock.ts"
import { EMPTY_GUID, isGuid, numberOf as numberIn, refOf, type Row, textOf } from "../values.ts"
import type { ODataOrders } from "./settings.ts"

/** A line as it is compared: which goods, how many, at what price in major units. */
export interface Line {
  readonly goods: string
  readonly quantity: number
  readonly price: number | null
}

/** A part as its document should be. */
export interface Wanted {
  readonly number: string
  readonly warehouse: string
  readonly comment: string
  /** Wall clock of the base. */
  readonly date: string
  readonly lines: ReadonlyArray<Line>
}

/** @throws CannotSend where a product or the branch has no id in this base */
export const wantedOf = (
  pulled: PulledOrder,
  part: Fulfilment,
  clock: WallClock,
  warehouseOf: (branch: string) => string | null
): Wanted => {
  const { order, externalIds, products } = pulled
  const warehouse = part.branchId === null ? null : warehouseOf(part.branchId)
  if (warehouse === null) throw new CannotSend("У филиала заказа нет склада в этой базе 1С: впишите его в warehouses.")
  const scale = 10 ** digitsOf(order.currency)
  const lines = part.lines.filter(({ quantity }) => quantity > 0).map((line): Line => {
    const goods = line.productId === null ? undefined : externalIds.get(line.productId)
    if (goods === undefined || !isGuid(goods.split("#")[0]!)) {
      const name = line.productId === null ? line.asked : products.get(line.productId)?.name.ru ?? line.asked
      throw new CannotSend(
        `Товар «${name}» не связан с номенклатурой этой базы 1С: загрузите его из 1С или замените строку.`
      )
    }
    const price = line.price ?? line.channelPrice
    return { goods, quantity: line.quantity, price: price === null ? null : price.amount / scale }
  })
  const { date, time } = clock.at(order.createdAt)
  const contacts = [order.customer.name.trim(), order.customer.phone ?? "", order.comment ?? ""]
  return {
    number: numberOf(order, part),
    warehouse,
    comment: contacts.filter((text) => text !== "").join(", "),
    date: `${date}T${time}`,
    lines
  }
}

const linesRow = ({ lines: fields }: ODataOrders, lines: ReadonlyArray<Line>): ReadonlyArray<Row> =>
  lines.map(({ goods, quantity, price }, i) => {
    const [product = "", variant = EMPTY_GUID] = goods.split("#")
    return {
      ...fields.values,
      LineNumber: String(i + 1),
      [fields.product]: product,
      ...(fields.variant === null ? {} : { [fields.variant]: variant }),
      [fields.quantity]: quantity,
      ...Object.fromEntries(fields.quantities.map((field) => [field, quantity])),
      ...(fields.price === null || price === null ? {} : { [fields.price]: price }),
      ...(fields.sum === null || price === null ? {} : { [fields.sum]: rounded(price * quantity) })
    }
  })

/** Products of decimals carry dust. */
const rounded = (amount: number): number => Math.round(amount * 10_000) / 10_000

/** A new document. */
export const newRow = (settings: ODataOrders, wanted: Wanted): Row => ({
  ...settings.values,
  Date: wanted.date,
  [settings.number]: wanted.number,
  ...(settings.date === null ? {} : { [settings.date]: wanted.date }),
  ...(settings.comment === null ? {} : { [settings.comment]: wanted.comment }),
  [settings.warehouse]: wanted.warehouse,
  [settings.lines.table]: linesRow(settings, wanted.lines)
})

/** Lines of a document as they are. */
export const linesOf = ({ lines: fields }: ODataOrders, row: Row): ReadonlyArray<Line> => {
  const table = row[fields.table]
  return (Array.isArray(table) ? table as ReadonlyArray<Row> : []).map((line) => {
    const variant = fields.variant === null ? null : refOf(line, fields.variant)
    const product = refOf(line, fields.product) ?? ""
    return {
      goods: variant === null ? product : `${product}#${variant}`,
      quantity: numberIn(line, fields.quantity) ?? 0,
      price: fields.price === null ? null : numberIn(line, fields.price)
    }
  })
}

const sum = (lines: ReadonlyArray<Line>): string => {
  const byGoods = new Map<string, number>()
  for (const { goods, quantity, price } of lines) {
    const key = `${goods.toLowerCase()}|${price ?? ""}`
    byGoods.set(key, (byGoods.get(key) ?? 0) + quantity)
  }
  return JSON.stringify([...byGoods].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * What must change in a document so that it says what the part says; empty where nothing must. Only what the hub owns
 * is compared: what people entered in 1C beside it stays.
 */
export const changesIn = (settings: ODataOrders, row: Row, wanted: Wanted): Row => {
  const current = linesOf(settings, row)
  // A price that the hub does not know is 1C's.
  const comparable = wanted.lines.every(({ price }) => price !== null)
    ? current
    : current.map((line) => ({ ...line, price: null }))
  const target = comparable === current && settings.lines.price !== null
    ? wanted.lines
    : wanted.lines.map((line) => ({ ...line, price: null }))
  return {
    ...(textOf(row, settings.number) === wanted.number ? {} : { [settings.number]: wanted.number }),
    ...(refOf(row, settings.warehouse) === wanted.warehouse.toLowerCase()
      ? {}
      : { [settings.warehouse]: wanted.warehouse }),
    ...(sum(comparable) === sum(target) ? {} : { [settings.lines.table]: linesRow(settings, wanted.lines) })
  }
}
