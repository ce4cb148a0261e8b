import type { InboundHub, PartFact } from "@aptekit/core"
import type { ODataClient } from "../client.ts"
import { questionsOf } from "../filters.ts"
import { flagOf, instantOf, quoted, refOf, type Row, textOf } from "../values.ts"
import { linesOf } from "./document.ts"
import type { DocumentLedger } from "./ledger.ts"
import type { ODataOrders } from "./settings.ts"

export interface BackParts {
  readonly hub: InboundHub
  readonly client: ODataClient
  readonly settings: ODataOrders
  readonly ledger: DocumentLedger
  readonly zone: string
  /** This base's id of goods → product. */
  readonly products: () => Promise<ReadonlyMap<string, string>>
  readonly digits: number
}

/**
 * Reads what people in 1C made of our documents: those whose `DataVersion` is another than when it was last told become
 * facts (D7). Our own writing changes the version too, and is told as what is known already.
 */
export const readBack = async (parts: BackParts): Promise<number> => {
  const { ledger } = parts
  const open = ledger.entries().filter(([, { key, cancelled }]) => key !== null && !cancelled).map(([number]) => number)
  let told = 0
  for (const question of questionsOf(parts.settings.number, open, quoted)) told += await readSome(parts, question)
  await ledger.save()
  return told
}

const readSome = async (parts: BackParts, question: string): Promise<number> => {
  const { hub, client, settings, ledger } = parts
  const { value } = await client.get(settings.document, {
    $filter: question,
    $orderby: "Date,Ref_Key",
    allowedOnly: true
  })
  const rows = Array.isArray(value) ? value as ReadonlyArray<Row> : []
  await tellTwins(parts, rows)
  const news = rows.flatMap((row) => {
    const number = textOf(row, settings.number) ?? ""
    const known = ledger.get(number)
    const version = textOf(row, "DataVersion")
    const own = known !== undefined && known.key === refOf(row, "Ref_Key") && known.version !== version
    return own ? [{ number, row, version }] : []
  })
  if (news.length === 0) return 0
  const products = await parts.products()
  await hub.orders.facts(news.map(({ number, row }) => factOf(parts, number, row, products)))
  for (const { number, version } of news) ledger.put(number, ledger.get(number)!.fulfilmentId, { version })
  return news.length
}

/** Two documents of one number: a proxy repeated what it sent, or people copied one. Which is to stay they must say. */
const tellTwins = async ({ hub, settings, ledger }: BackParts, rows: ReadonlyArray<Row>): Promise<void> => {
  const unmarked = rows.filter((row) => !flagOf(row, "DeletionMark"))
  const live = Map.groupBy(unmarked, (row) => textOf(row, settings.number) ?? "")
  for (const [number, twins] of live) {
    const known = ledger.get(number)
    if (twins.length === 1 || known === undefined) continue
    await hub.orders.needsAction(known.fulfilmentId, "needsErpAction", twinsText(number, twins.length))
  }
}

export const twinsText = (number: string, count: number): string =>
  `В 1С документов с номером ${number}: ${count}. Оставьте один, остальные пометьте на удаление.`

const factOf = (
  { settings, zone, digits }: BackParts,
  number: string,
  row: Row,
  products: ReadonlyMap<string, string>
): PartFact => {
  const lines = linesOf(settings, row)
  const known = lines.map(({ goods }) => products.get(goods))
  const marked = flagOf(row, "DeletionMark")
  return {
    number,
    documentId: refOf(row, "Ref_Key"),
    at: instantOf(textOf(row, "Date"), zone),
    state: marked ? "cancelled" : stateOf(settings, row),
    // A line that the hub cannot name would look as if it were gone.
    lines: marked || known.includes(undefined)
      ? null
      : lines.map(({ quantity, price }, i) => ({
        productId: known[i]!,
        quantity,
        priceMinor: price === null ? null : Math.round(price * 10 ** digits)
      })),
    reason: null
  }
}

const stateOf = ({ state }: ODataOrders, row: Row): PartFact["state"] =>
  state === null ? "none" : state.values[textOf(row, state.field) ?? ""] ?? "none"
