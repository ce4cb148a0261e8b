import type { ODataClient } from "../client.ts"
import { isConflict, ODataFault } from "../fault.ts"
import { flagOf, guid, quoted, refOf, type Row, textOf } from "../values.ts"
import { changesIn, newRow, type Wanted } from "./document.ts"
import type { ODataOrders } from "./settings.ts"

/** How often a document that somebody changes at the same time is compared anew. */
const CONFLICTS = 3
/** Documents of one number that are looked at: more than one is an error already. */
const MOST_FOUND = 10

export interface Found {
  /** The first document of this number that bears no deletion mark. */
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

  async find(number: string): Promise<Found> {
    const { document, number: field } = this.#settings
    const { value } = await this.#client.get(document, {
      $filter: `${field} eq ${quoted(number)}`,
      $orderby: "Date,Ref_Key",
      $top: MOST_FOUND,
      allowedOnly: true
    })
    const rows = Array.isArray(value) ? value as ReadonlyArray<Row> : []
    const live = rows.filter((row) => !flagOf(row, "DeletionMark"))
    return { live: live[0], marked: rows.find((row) => flagOf(row, "DeletionMark")), count: live.length }
  }

  create(wanted: Wanted): Promise<Row> {
    return this.#client.create(this.#settings.document, newRow(this.#settings, wanted))
  }

  /**
   * Makes the document say what the part says, and posts it. A change of a posted document works in the base only when it is
   * posted again: `changing` is waited for before it is written, and `again` says that a posting was due and may not
   * have been done. Gives whether anything was written.
   */
  async settle(found: Row, wanted: Wanted, changing: () => Promise<void>, again: boolean): Promise<boolean> {
    const changes = (row: Row): Row => changesIn(this.#settings, row, wanted)
    return this.#compared(found, changes, async (row, changed) => {
      if (!this.#settings.post || (!changed && !again && flagOf(row, "Posted"))) return false
      return this.#post(row)
    }, changing)
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
    after: (row: Row, changed: boolean) => Promise<boolean>,
    before: () => Promise<void> = async () => undefined
  ): Promise<boolean> {
    const path = pathOf(this.#settings.document, found)
    let row = found
    for (let attempt = 1; ; attempt++) {
      const change = differenceOf(row)
      const changed = Object.keys(change).length > 0
      try {
        if (changed) await before()
        if (changed) await this.#client.patch(path, change, textOf(row, "DataVersion") ?? undefined)
        return await after(row, changed) || changed
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
