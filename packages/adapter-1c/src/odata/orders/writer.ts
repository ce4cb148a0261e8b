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

  /** Makes the document say what the part says, and posts it. Gives whether anything was written. */
  async settle(found: Row, wanted: Wanted): Promise<boolean> {
    return this.#compared(found, (row) => changesIn(this.#settings, row, wanted), async (row, changed) => {
      if (!this.#settings.post || (!changed && flagOf(row, "Posted"))) return false
      await this.#client.invoke(`${pathOf(this.#settings.document, row)}/Post`, { PostingModeOperational: false })
      return true
    })
  }

  /** Takes the document back as this base does it. */
  async cancel(found: Row): Promise<boolean> {
    const { cancel } = this.#settings
    const target: Row = cancel === "mark" ? { DeletionMark: true } : cancel
    if (cancel === "mark" && flagOf(found, "Posted") && !flagOf(found, "DeletionMark")) {
      // 1C keeps no document both posted and marked; its screens take the posting back by themselves, a write does not.
      const path = pathOf(this.#settings.document, found)
      await this.#client.invoke(`${path}/Unpost`)
      return this.#compared(await this.#client.get(path), (row) => differing(row, target), async () => false)
    }
    return this.#compared(found, (row) => differing(row, target), async () => false)
  }

  /** A document that we had cancelled is wanted again. */
  async revive(found: Row): Promise<void> {
    await this.#compared(found, (row) => differing(row, { DeletionMark: false }), async () => false)
  }

  /** Reads, compares, writes only what differs; once more where somebody was faster (fact 81). */
  async #compared(
    found: Row,
    differenceOf: (row: Row) => Row,
    after: (row: Row, changed: boolean) => Promise<boolean>
  ): Promise<boolean> {
    const path = pathOf(this.#settings.document, found)
    let row = found
    for (let attempt = 1; ; attempt++) {
      const change = differenceOf(row)
      const changed = Object.keys(change).length > 0
      try {
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
