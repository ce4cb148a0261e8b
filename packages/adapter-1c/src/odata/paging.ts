import type { ODataClient, Query } from "./client.ts"
import { ODataFault } from "./fault.ts"
import type { Row } from "./values.ts"

export interface Table {
  /** `Catalog_Номенклатура`, or a virtual table: `AccumulationRegister_ТоварыНаСкладах/Balance()`. */
  readonly path: string
  /** What tells its rows apart; the order of pages, without which they may shift (fact 73). */
  readonly key: ReadonlyArray<string>
  readonly select?: ReadonlyArray<string>
  readonly filter?: string | undefined
  /** Only rows that the user may see; else a base with limits by row refuses all (fact 75). For sets alone. */
  readonly allowedOnly?: boolean
}

/** How often in a row a page that breaks off is gone on with. */
const CUTS = 3

/** The table was changed while it was read, or came in part: begin again. */
export class TableChanged extends ODataFault {
  constructor(where: string) {
    super(`Таблица ${where} менялась во время чтения: число строк не сошлось, ничего не применено.`, {
      outcome: "unavailable",
      blame: "partner"
    })
  }
}

/** Rows that differ only in what nobody has named: a base gives them in any order, and pages may lose or double them. */
const alike = ({ path, key }: Table): ODataFault =>
  new ODataFault(
    `Строки ${path} не различаются по ${key.join(", ")}: страницы могут потерять или удвоить их, ничего не применено. Впишите ` +
      "остальные измерения в mapping (stock.more, prices.more) или поставьте virtualTables: \"whole\".",
    { outcome: "rejected", blame: "setup" }
  )

/** An answer broke off while it flowed. */
export class TableCut extends ODataFault {
  constructor(fault: ODataFault) {
    super(fault.message, { outcome: fault.outcome, blame: fault.blame, cause: fault })
  }
}

/** Some rows of a table, in their order. */
export interface Page {
  readonly rows: ReadonlyArray<Row>
  /** Rows of this and earlier ones. */
  readonly read: number
  /** Null where nobody knows before the end. */
  readonly total: number | null
}

/** Percent of a table that have been read. */
export const percentOf = ({ read, total }: Page): number =>
  total === null ? 0 : total === 0 ? 100 : Math.floor((read * 100) / total)

const totalIn = (answer: Row): number | undefined => {
  const count = answer["odata.count"] ?? answer["@odata.count"]
  const text = typeof count === "number" ? String(count) : count
  return typeof text === "string" && /^\d+$/u.test(text) ? Number(text) : undefined
}

const queryOf = ({ select, filter, allowedOnly }: Table): Query => ({
  $select: select?.join(","),
  $filter: filter,
  allowedOnly: allowedOnly === true ? true : undefined
})

/**
 * All rows of a table, page by page, as they flow. Each page begins with the last row of the one before, and the number of
 * rows must be the same all along and be the number that came: where a row was added or went meanwhile the reading fails,
 * and nothing that came may be used (D3). A page that breaks off is gone on with from its last row.
 */
export async function* pagesOf(client: ODataClient, table: Table, size: number): AsyncGenerator<Page> {
  const place: Place = { read: 0, last: undefined, before: undefined, total: null }
  for (let cuts = 0; ;) {
    const before = place.read
    try {
      yield* pageOf(client, table, size, place)
      cuts = 0
    } catch (error) {
      if (!(error instanceof TableCut) || ++cuts > CUTS) throw error
      if (place.read > before) cuts = 1
      continue
    }
    if (place.read === place.total) return
  }
}

/** How far a table has been read. */
interface Place {
  read: number
  last: Row | undefined
  /** The row before that. */
  before: Row | undefined
  total: number | null
}

/** The next page: moves the place with each piece that it gives. */
async function* pageOf(client: ODataClient, table: Table, size: number, place: Place): AsyncGenerator<Page> {
  const changed = () => new TableChanged(table.path)
  const query = queryOf(table)
  const overlap = place.last === undefined ? 0 : 1
  const [from, { last, before }] = [place.read, place]
  const isAlike = (one: Row | undefined, other: Row | undefined): boolean =>
    one !== undefined && other !== undefined && keyOf(one, table) === keyOf(other, table)
  if (isAlike(before, last)) throw alike(table)
  let head: Row = {}
  let isFirst = overlap === 1
  const pieces = flowOf(client, table.path, {
    $orderby: table.key.join(","), ...query, $top: size + overlap, $skip: from - overlap, $inlinecount: "allpages"
  }, (answer) => void (head = answer))
  for await (const piece of pieces) {
    if (piece.length === 0) continue
    if (isFirst && keyOf(piece[0]!, table) !== keyOf(last!, table)) throw changed()
    const rows = isFirst ? piece.slice(1) : piece
    isFirst = false
    if (place.read === from && isAlike(last, rows[0])) throw alike(table)
    place.read += rows.length
    place.before = rows.length > 1 ? rows.at(-2) : rows.length === 1 ? place.last : place.before
    place.last = rows.at(-1) ?? place.last
    yield { rows, read: place.read, total: place.total }
  }
  expectList(head, table.path)
  const total = totalIn(head) ??
    await client.count(table.path, { $filter: query["$filter"], allowedOnly: query["allowedOnly"] })
  const came = place.read - from
  const wrong = isFirst || (place.total ?? total) !== total || came > size || place.read > total
  if (wrong || (came === 0 && place.read < total)) throw changed()
  place.total = total
}

/** All rows of a table in one answer, which is whole when it has come to its end: no order, no count, no pages. */
export async function* wholeOf(client: ODataClient, table: Table): AsyncGenerator<Page> {
  let read = 0
  for await (const rows of flowOf(client, table.path, queryOf(table), (head) => expectList(head, table.path))) {
    read += rows.length
    yield { rows, read, total: null }
  }
}

/** @throws TableCut where it broke off after it had begun */
async function* flowOf(
  client: ODataClient,
  path: string,
  query: Query,
  head: (answer: Row) => void
): AsyncGenerator<ReadonlyArray<Row>> {
  let begun = false
  try {
    for await (const rows of client.flow(path, query, head)) {
      begun = true
      yield rows
    }
  } catch (error) {
    throw begun && error instanceof ODataFault ? new TableCut(error) : error
  }
}

const expectList = ({ value }: Row, where: string): void => {
  if (Array.isArray(value)) return
  throw new ODataFault(`В ответе на ${where} нет списка value.`, { outcome: "unavailable", blame: "partner" })
}

const keyOf = (row: Row, { key }: Table): string => key.map((field) => String(row[field])).join("|")
