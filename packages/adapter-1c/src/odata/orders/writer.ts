import type { ODataClient } from "../client.ts"
import { isConflict, isNotFound, ODataFault } from "../fault.ts"
import { flagOf, guid, quoted, refOf, type Row, textOf } from "../values.ts"
import { changesIn, newRow, type Wanted } from "./document.ts"
import type { ODataOrders } from "./settings.ts"

/** How often a document that somebody changes at the same time is compared anew. */
const CONFLICTS = 3
/** Documents of one number that are looked at: more than one is an error already. */
const MOST_FOUND = 10

export interface Found {
  /** Of the documents that bear no deletion mark ours, or the first one. */
  readonly live: Row | undefined
  readonly marked: Row | undefined
  readonly count: number
}

/** Documents of parts in the base: asked for before they are made, compared before they are changed. */
export class DocumentWriter {
  readonly #client: ODataClient
  readonly #settings: ODataOrders

  constructor(client: ODataClient, settings: ODataOrders) {
    this.#client = client
    this.#settings = settings
  }

  /** `key`: of the document that we know; it is looked for where none bears the number any more. */
  async find(number: string, key: string | null): Promise<Found> {
    const rows = await this.#numbered(number)
    const known = rows.length > 0 || key === null ? rows : await this.#keyed(key)
    const live = known.filter((row) => !flagOf(row, "DeletionMark"))
    return {
      live: live.find((row) => refOf(row, "Ref_Key") === key) ?? live[0],
      marked: known.find((row) => flagOf(row, "DeletionMark")),
      count: live.length
    }
  }

  async #numbered(number: string): Promise<ReadonlyArray<Row>> {
    const { document, number: field } = this.#settings
    const { value } = await this.#client.get(document, {
      $filter: `${field} eq ${quoted(number)}`,
      $orderby: "Date,Ref_Key",
      $top: MOST_FOUND,
      allowedOnly: true
    })
    return Array.isArray(value) ? value as ReadonlyArray<Row> : []
  }

  /** None: people have removed it for good. One that the user may not see is a refusal, not none. */
  async #keyed(key: string): Promise<ReadonlyArray<Row>> {
    try {
      return [await this.#client.get(`${this.#settings.document}(${guid(key)})`)]
    } catch (error) {
      if (isNotFound(error)) return []
      throw error
    }
  }

  /** @throws ODataFault `unknown` where the answer does not name the document: it may have been made */
  async create(wanted: Wanted): Promise<Row> {
    const { document } = this.#settings
    const row = await this.#client.create(document, newRow(this.#settings, wanted))
    if (refOf(row, "Ref_Key") !== null) return row
    throw new ODataFault(`1С не назвала созданный документ ${document}: найдём его по номеру.`, {
      outcome: "unknown",
      blame: "partner"
    })
  }

  /**
   * Makes the document say what the part says, and posts it. A change of a posted document works in the base only when it is
   * posted again: `changing` is waited for before it is written, and `again` says that a posting was due and may not
   * have been done. Gives whether anything was written.
   */
  async settle(found: Row, wanted: Wanted, changing: () => Promise<void>, again: boolean): Promise<boolean> {
    const changes = (row: Row): Row => changesIn(this.#settings, row, wanted)
    return this.#compared(found, changes, async (row, changed, answer) => {
      this.#expectNumber(answer, wanted)
      if (!this.#settings.post || (!changed && !again && flagOf(row, "Posted"))) return false
      return this.#post(row)
    }, changing)
  }

  /** By the number a document is found again whose key nobody heard of: without it there would be a second one. */
  #expectNumber(row: Row, wanted: Wanted): void {
    const { number } = this.#settings
    if (row[number] === undefined || textOf(row, number) === wanted.number) return
    throw new ODataFault(`Поле ${number} не хранит номер, который пишет хаб: укажите другое в orders.number.`, {
      outcome: "rejected",
      blame: "setup"
    })
  }

  /** Takes the document back as this base does it. */
  async cancel(found: Row): Promise<boolean> {
    const { cancel, post } = this.#settings
    if (typeof cancel !== "string") {
      return this.#compared(found, (row) => differing(row, cancel), async (row) =>
        post && flagOf(row, "Posted") ? this.#post(row) : false)
    }
    const mark = (row: Row): Promise<boolean> =>
      this.#compared(row, (one) => differing(one, { DeletionMark: true }), async () => false)
    if (cancel === "markOnly" || !flagOf(found, "Posted") || flagOf(found, "DeletionMark")) return mark(found)
    // 1C keeps no document both posted and marked; its screens take the posting back by themselves, a write does not.
    const path = pathOf(this.#settings.document, found)
    await this.#client.invoke(`${path}/Unpost`)
    return mark(await this.#client.get(path))
  }

  async #post(row: Row): Promise<true> {
    await this.#client.invoke(`${pathOf(this.#settings.document, row)}/Post`, { PostingModeOperational: false })
    return true
  }

  /** A document that we had cancelled is wanted again. */
  async revive(found: Row): Promise<void> {
    await this.#compared(found, (row) => differing(row, { DeletionMark: false }), async () => false)
  }

  /** Reads, compares, writes only what differs; once more where somebody was faster (fact 81). */
  async #compared(
    found: Row,
    differenceOf: (row: Row) => Row,
    after: (row: Row, changed: boolean, answer: Row) => Promise<boolean>,
    before: () => Promise<void> = async () => undefined
  ): Promise<boolean> {
    const path = pathOf(this.#settings.document, found)
    let row = found
    for (let attempt = 1; ; attempt++) {
      const change = differenceOf(row)
      const changed = Object.keys(change).length > 0
      try {
        if (changed) await before()
        const version = textOf(row, "DataVersion") ?? undefined
        const answer = changed ? await this.#client.patch(path, change, version) : row
        return await after(row, changed, answer) || changed
      } catch (error) {
        if (!isConflict(error)) throw error
        if (attempt === CONFLICTS) throw busy(path)
      }
      row = await this.#client.get(path)
    }
  }
}

const pathOf = (document: string, row: Row): string => `${document}(${guid(refOf(row, "Ref_Key") ?? "")})`

const differing = (row: Row, target: Row): Row =>
  Object.fromEntries(Object.entries(target).filter(([field, value]) => row[field] !== value))

const busy = (path: string): ODataFault =>
  new ODataFault(`Документ ${path} всё время меняют в 1С: повторим позже.`, {
    outcome: "unavailable",
    blame: "partner"
  })
