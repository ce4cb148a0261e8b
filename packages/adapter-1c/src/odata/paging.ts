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

/** Rows that are handed over at once: a millisecond or two of work. */
const SOME = 500

/** The table was changed while it was read, or came in part: begin again. */
export class TableChanged extends ODataFault {
  constructor(where: string) {
    super(`Таблица ${where} менялась во время чтения: число строк не сошлось, ничего не применено.`, {
      outcome: "unavailable",
      blame: "partner"
    })
  }
}

/** A whole table was cut off while it flowed: begin again. */
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
 * All rows of a table, page by page. Each page begins with the last row of the one before, and the number of rows must be
 * the same all along and be the number that came: where a row was added or went meanwhile the reading fails, and nothing
 * that came may be used (D3).
 */
export async function* pagesOf(client: ODataClient, table: Table, size: number): AsyncGenerator<Page> {
  const query = queryOf(table)
  const changed = () => new TableChanged(table.path)
  let last: Row | undefined
  let before: number | undefined
  for (let read = 0; ;) {
    const overlap = last === undefined ? 0 : 1
    const { rows: came, head } = await client.page(table.path, {
      $orderby: table.key.join(","), ...query, $top: size + overlap, $skip: read - overlap, $inlinecount: "allpages"
    })
    expectList(head, table.path)
    const total = totalIn(head) ??
      await client.count(table.path, { $filter: query["$filter"], allowedOnly: query["allowedOnly"] })
    if (before !== undefined && total !== before) throw changed()
    before = total
    if (last !== undefined && (came[0] === undefined || keyOf(came[0], table) !== keyOf(last, table))) throw changed()
    const rows = came.slice(overlap)
    if (rows.length > size || read + rows.length > total || (rows.length === 0 && read < total)) throw changed()
    last = rows.at(-1) ?? last
    for (let at = 0; at < rows.length; at += SOME) {
      const some = rows.slice(at, at + SOME)
      read += some.length
      yield { rows: some, read, total }
    }
    if (read === total) return
  }
}

/** All rows of a table in one answer, which is whole when it has come to its end: no order, no count, no pages. */
export async function* wholeOf(client: ODataClient, table: Table): AsyncGenerator<Page> {
  let [read, begun] = [0, false]
  try {
    for await (const rows of client.flow(table.path, queryOf(table))) {
      begun = true
      read += rows.length
      yield { rows, read, total: null }
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
