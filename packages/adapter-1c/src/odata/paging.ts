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

/** The table was changed while it was read, or came in part: begin again. */
export class TableChanged extends ODataFault {
  constructor(where: string) {
    super(`Таблица ${where} менялась во время чтения: число строк не сошлось, ничего не применено.`, {
      outcome: "unavailable",
      blame: "partner"
    })
  }
}

export interface Page {
  readonly rows: ReadonlyArray<Row>
  /** Rows of this and earlier pages. */
  readonly read: number
  readonly total: number
}

const rowsIn = (answer: Row, where: string): ReadonlyArray<Row> => {
  const value = answer["value"]
  if (!Array.isArray(value)) {
    throw new ODataFault(`В ответе на ${where} нет списка value.`, { outcome: "unavailable", blame: "partner" })
  }
  return value as ReadonlyArray<Row>
}

const totalIn = (answer: Row): number | undefined => {
  const count = answer["odata.count"] ?? answer["@odata.count"]
  const text = typeof count === "number" ? String(count) : count
  return typeof text === "string" && /^\d+$/u.test(text) ? Number(text) : undefined
}

const queryOf = ({ key, select, filter, allowedOnly }: Table): Query => ({
  $orderby: key.join(","),
  $select: select?.join(","),
  $filter: filter,
  allowedOnly: allowedOnly === true ? true : undefined
})

/**
 * All pages of a table. Each page begins with the last row of the one before, and the number of rows must be the same
 * all along and be the number that came: where a row was added or went meanwhile the reading fails, and nothing that
 * came may be used (D3). `size` 0: the whole table in one answer.
 */
export async function* pagesOf(client: ODataClient, table: Table, size: number): AsyncGenerator<Page> {
  const query = queryOf(table)
  if (size === 0) {
    const rows = rowsIn(await client.get(table.path, query), table.path)
    yield { rows, read: rows.length, total: rows.length }
    return
  }
  const changed = () => new TableChanged(table.path)
  let last: Row | undefined
  let before: number | undefined
  for (let read = 0; ;) {
    const overlap = last === undefined ? 0 : 1
    const answer = await client.get(table.path, {
      ...query, $top: size + overlap, $skip: read - overlap, $inlinecount: "allpages"
    })
    const total = totalIn(answer) ??
      await client.count(table.path, { $filter: query["$filter"], allowedOnly: query["allowedOnly"] })
    if (before !== undefined && total !== before) throw changed()
    before = total
    const came = rowsIn(answer, table.path)
    if (last !== undefined && (came[0] === undefined || keyOf(came[0], table) !== keyOf(last, table))) throw changed()
    const rows = came.slice(overlap)
    read += rows.length
    if (rows.length > size || read > total || (rows.length === 0 && read < total)) throw changed()
    last = rows.at(-1) ?? last
    yield { rows, read, total }
    if (read === total) return
  }
}

const keyOf = (row: Row, { key }: Table): string => key.map((field) => String(row[field])).join("|")
