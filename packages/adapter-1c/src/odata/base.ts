import type { InboundHub } from "@aptekit/core"
import type { ODataClient } from "./client.ts"
import { ODataFault } from "./fault.ts"
import type { Mapping } from "./mapping.ts"
import { readMetadata } from "./metadata.ts"
import { missingIn, type Need, objectsOf } from "./needs.ts"
import { type Page, pagesOf, type Table, TableChanged, TableCut, wholeOf } from "./paging.ts"
import type { OneCODataConfig } from "./settings.ts"
import { Slices } from "./slices.ts"

const TRIES = 3

export interface BaseParts {
  readonly config: OneCODataConfig
  readonly mapping: Mapping
  readonly client: ODataClient
  readonly hub: InboundHub
  readonly connection: string
  readonly needs: ReadonlyArray<Need>
  readonly now: () => number
}

/** The base as the readers see it: the client, and whether the mapping fits. */
export class Base {
  readonly parts: BaseParts
  #checked = false

  constructor(parts: BaseParts) {
    this.parts = parts
  }

  /**
   * Compares the mapping with `$metadata`, until it fits once.
   * @throws ODataFault naming everything that is missing.
   */
  async check(): Promise<void> {
    if (this.#checked) return
    const { client, needs } = this.parts
    const metadata = await client.xml("$metadata", (pieces) => readMetadata(pieces, objectsOf(needs)))
    const missing = missingIn(metadata, needs)
    if (missing.length > 0) {
      const reason = `Настройка не подходит к этой базе. ${missing.join(" ")}`
      throw new ODataFault(reason, { outcome: "rejected", blame: "setup" })
    }
    this.#checked = true
  }

  /** All rows of a table, some at a time. `begin` is called before each attempt: what came so far is void. */
  async each(table: Table, begin: () => void, take: (page: Page) => void | Promise<void>): Promise<void> {
    const slices = new Slices()
    for (let attempt = 1; ; attempt++) {
      begin()
      try {
        for await (const page of this.#rows(table)) {
          await take(page)
          if (slices.due) await slices.rest()
        }
        return
      } catch (error) {
        const again = error instanceof TableChanged || error instanceof TableCut
        if (!again || attempt === TRIES) throw error
      }
    }
  }

  #rows(table: Table): AsyncGenerator<Page> {
    const { client, config } = this.parts
    const whole = config.page === 0 || (config.virtualTables === "whole" && table.path.includes("/"))
    return whole ? wholeOf(client, table) : pagesOf(client, table, config.page)
  }
}
