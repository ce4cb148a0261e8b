import { json, refusal } from "./answers.ts"
import { filterOf } from "./filter.ts"
import { metadataOf } from "./metadata.ts"
import type { ODataEntry, ODataFaults, SimulatedRow, SimulatedTable } from "./model.ts"
import type { ODataSimulatorOptions } from "./simulator.ts"

interface Table {
  readonly fields: SimulatedTable["fields"]
  rows: Array<SimulatedRow>
}

const ROOT = /\/odata\/standard\.odata\/?/u
const KEY = /^([^(/]+)\(guid'([0-9a-f-]+)'\)(?:\/(\w+))?$/iu

/** What the interface answers: its rows, and what is done to them. Tests change the rows as a person in 1C would. */
export class ODataBase {
  readonly #tables: Map<string, Table>
  readonly #limited: boolean
  /** Sorted tables by path and order; null where rows may come and go. */
  readonly #sorted: Map<string, ReadonlyArray<SimulatedRow>> | null
  readonly #faults: ODataFaults
  readonly #now: () => string
  #made = 0
  #version = 1
  #reads = 0
  #shifted = 0
  /** What `SelectChanges` gives: `null` for a deleted one. */
  readonly changes: Array<{ readonly set: string; readonly id: string; readonly deleted: boolean }> = []
  /** Runs inside the next write, after it is done and before it is answered. */
  afterWrite: (() => Promise<void>) | undefined

  constructor(options: ODataSimulatorOptions, faults: ODataFaults) {
    this.#tables = new Map(
      Object.entries(options.tables).map(([path, { fields, rows }]) => [path, { fields, rows: [...rows] }])
    )
    this.#limited = options.limited ?? false
    this.#sorted = options.settled === true ? new Map() : null
    this.#faults = faults
    this.#now = options.now ?? (() => "2026-11-23T11:00:00")
  }

  /** The rows of a table, to look at and to change. */
  rows(path: string): Array<SimulatedRow> {
    const table = this.#tables.get(path)
    if (table === undefined) throw new Error(`The simulated base has no ${path}.`)
    return table.rows
  }

  /** Takes a table out of the published set (fact 68). */
  unpublish(path: string): void {
    this.#tables.delete(path)
  }

  async answer(request: Request, ledger: Array<ODataEntry>): Promise<Response> {
    const url = new URL(request.url)
    const path = decodeURIComponent(url.pathname.slice(url.pathname.search(ROOT)).replace(ROOT, ""))
    if (path === "$metadata") return this.#xml(metadataOf(this.#tables))
    if (path === "") return json({ value: [] })
    if (path === "SelectChanges") return this.#select(url)
    if (path === "NotifyChangesReceived") return this.#acknowledge(url, ledger)
    const entity = KEY.exec(path)
    if (entity !== null) return this.#entity(request, entity, ledger)
    if (request.method === "POST") return this.#create(path, await request.json() as SimulatedRow, ledger)
    return request.method === "GET" ? this.#page(path, url) : refusal("19", "Метод не разрешён")
  }

  #xml(text: string): Response {
    return new Response(text, { headers: { "content-type": "application/xml;charset=utf-8" } })
  }

  #page(full: string, url: URL): Response {
    const counting = full.endsWith("/$count")
    const path = counting ? full.slice(0, -"/$count".length) : full
    const table = this.#tables.get(path)
    if (table === undefined) return refusal("8", `Тип сущности "${path}" не найден`)
    const query = url.searchParams
    const unlimited = query.get("allowedOnly") ?? query.get("$allowedOnly")
    if (this.#limited && unlimited !== "true" && !path.includes("/")) return refusal("20", "Недостаточно прав", 401)
    const select = query.get("$select")?.split(",") ?? []
    const order = query.get("$orderby")?.split(",") ?? []
    const unknown = [...select, ...order].find((field) => table.fields[field] === undefined)
    if (unknown !== undefined) return refusal("10", `Свойство "${unknown}" не найдено`)
    const filter = filterOf(query.get("$filter"))
    if (filter === undefined) return refusal("14", "Неверные параметры выборки")
    const found = query.has("$filter") ? table.rows.filter(filter) : table.rows
    if (counting) return new Response(`\uFEFF${found.length}`, { headers: { "content-type": "text/plain" } })
    const sorted = order.length === 0 ? this.#shuffled(found) : this.#ordered(path, query.has("$filter"), found, order)
    const skip = Number(query.get("$skip") ?? 0)
    const rows = sorted.slice(skip, skip + Number(query.get("$top") ?? Number.POSITIVE_INFINITY))
    const value = rows.map((row) =>
      select.length === 0 ? row : Object.fromEntries(select.map((field) => [field, row[field]]))
    )
    if (this.#faults.shift-- > 0 && found[0] !== undefined) {
      const first = `!${this.#shifted++}`
      table.rows.unshift({ ...found[0], ...Object.fromEntries(order.map((field) => [field, first])) })
    }
    const count = query.get("$inlinecount") === "allpages" ? { "odata.count": String(found.length) } : {}
    return json({ "odata.metadata": `$metadata#${path}`, ...count, value })
  }

  #ordered(
    path: string,
    filtered: boolean,
    rows: ReadonlyArray<SimulatedRow>,
    order: ReadonlyArray<string>
  ): ReadonlyArray<SimulatedRow> {
    const key = `${path} ${order.join()}`
    const known = filtered ? undefined : this.#sorted?.get(key)
    if (known !== undefined) return known
    const sorted = rows.toSorted((a, b) => compare(a, b, order))
    if (!filtered) this.#sorted?.set(key, sorted)
    return sorted
  }

  /** Without an order the pages shift (fact 73). */
  #shuffled(rows: ReadonlyArray<SimulatedRow>): ReadonlyArray<SimulatedRow> {
    const by = this.#reads++ % Math.max(rows.length, 1)
    return [...rows.slice(by), ...rows.slice(0, by)]
  }

  async #entity(
    request: Request,
    [, set = "", id = "", action]: RegExpExecArray,
    ledger: Array<ODataEntry>
  ): Promise<Response> {
    const table = this.#tables.get(set)
    if (table === undefined) return refusal("8", `Тип сущности "${set}" не найден`)
    const row = table.rows.find((one) => one["Ref_Key"] === id)
    if (row === undefined) return refusal("9", `Экземпляр сущности "${set}" не найден по переданному ключу.`)
    if (action !== undefined) return this.#act(set, row, action, ledger)
    if (request.method === "GET") return json(row)
    if (request.method !== "PATCH") return refusal("19", "Метод не разрешён")
    const version = request.headers.get("if-match")
    if (version !== null && (this.#faults.conflict-- > 0 || version !== row["DataVersion"])) {
      return new Response("", { status: 412 })
    }
    const change = await request.json() as SimulatedRow
    const wrong = this.#wrong(set, table, change)
    if (wrong !== undefined) return wrong
    Object.assign(row, change, { DataVersion: this.#nextVersion() })
    ledger.push({ kind: "changed", set, id, row: change })
    return this.#done(row)
  }

  async #act(set: string, row: SimulatedRow, action: string, ledger: Array<ODataEntry>): Promise<Response> {
    if (action !== "Post" && action !== "Unpost") return refusal("11", "Метод не найден")
    if (this.#faults.business-- > 0) return refusal("-1", "Не удалось провести: не хватает товара на складе!")
    Object.assign(row, { Posted: action === "Post", DataVersion: this.#nextVersion() })
    ledger.push({ kind: action === "Post" ? "posted" : "unposted", set, id: String(row["Ref_Key"]), row: { ...row } })
    return this.#done({})
  }

  async #create(set: string, given: SimulatedRow, ledger: Array<ODataEntry>): Promise<Response> {
    const table = this.#tables.get(set)
    if (table === undefined) return refusal("8", `Тип сущности "${set}" не найден`)
    const wrong = this.#wrong(set, table, given)
    if (wrong !== undefined) return wrong
    const id = `00000000-0000-4000-8000-${String(++this.#made).padStart(12, "0")}`
    const row: SimulatedRow = {
      Ref_Key: id,
      Number: `0000-${String(this.#made).padStart(6, "0")}`,
      Date: this.#now(),
      Posted: false,
      DeletionMark: false,
      ...given,
      DataVersion: this.#nextVersion()
    }
    table.rows.push(row)
    ledger.push({ kind: "created", set, id, row: { ...row } })
    return this.#done(row, 201)
  }

  async #done(row: SimulatedRow, status = 200): Promise<Response> {
    const wait = this.afterWrite
    this.afterWrite = undefined
    await wait?.()
    return json(row, status)
  }

  #wrong(set: string, table: Table, row: SimulatedRow): Response | undefined {
    if (this.#faults.business-- > 0) return refusal("-1", `Не удалось записать: "${set}"!`)
    const unknown = Object.keys(row).find((field) => table.fields[field] === undefined)
    return unknown === undefined ? undefined : refusal("10", `Свойство "${unknown}" не найдено`)
  }

  #nextVersion(): string {
    return `AAAA${String(this.#version++).padStart(7, "0")}=`
  }

  #select(url: URL): Response {
    const message = url.searchParams.get("MessageNo")
    const entries = this.changes.map(({ set, id, deleted }) =>
      deleted
        ? `<at:deleted-entry ref="http://base/odata/standard.odata/${set}(guid'${id}')" when="2026-11-23T11:00:00Z"/>`
        : `<entry><id>http://base/odata/standard.odata/${set}(guid'${id}')</id>` +
          `<category term="StandardODATA.${set}" ` +
          `scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme"/></entry>`
    )
    return new Response(
      `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" ` +
        `xmlns:at="http://purl.org/atompub/tombstones/1.0"><id>changes-${message}</id>${entries.join("")}</feed>`,
      { headers: { "content-type": "application/atom+xml;charset=utf-8" } }
    )
  }

  #acknowledge(url: URL, ledger: Array<ODataEntry>): Response {
    this.changes.length = 0
    ledger.push({ kind: "acknowledged", message: Number(url.searchParams.get("MessageNo")) })
    return json({})
  }
}

const compare = (a: SimulatedRow, b: SimulatedRow, order: ReadonlyArray<string>): number => {
  for (const field of order) {
    const [x, y] = [String(a[field]), String(b[field])]
    if (x !== y) return x < y ? -1 : 1
  }
  return 0
}
