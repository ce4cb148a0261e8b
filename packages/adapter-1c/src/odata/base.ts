import type { InboundHub } from "@aptekit/core"
import type { ODataClient } from "./client.ts"
import { ODataFault } from "./fault.ts"
import type { Mapping } from "./mapping.ts"
import { readMetadata } from "./metadata.ts"
import { missingIn, type Need, objectsOf } from "./needs.ts"
import { type Page, pagesOf, type Table, TableChanged } from "./paging.ts"
import type { OneCODataConfig } from "./settings.ts"

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
    const metadata = await readMetadata(await client.stream("$metadata"), objectsOf(needs))
    const missing = missingIn(metadata, needs)
    if (missing.length > 0) {
      const reason = `Настройка не подходит к этой базе. ${missing.join(" ")}`
      throw new ODataFault(reason, { outcome: "rejected", blame: "setup" })
    }
    this.#checked = true
  }

  /** All rows of a table, page by page. `begin` is called before each attempt: what came so far is void. */
  async each(table: Table, begin: () => void, take: (page: Page) => void | Promise<void>): Promise<void> {
    const { client, config } = this.parts
    for (let attempt = 1; ; attempt++) {
      begin()
      try {
        for await (const page of pagesOf(client, table, config.page)) await take(page)
        return
      } catch (error) {
        if (!(error instanceof TableChanged) || attempt === TRIES) throw error
      }
    }
  }
}
