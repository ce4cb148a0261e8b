import { existsSync, readFileSync } from "node:fs"
import { open, rename } from "node:fs/promises"
import { join } from "node:path"
import { syncFolder } from "../spool/journal.ts"

/** Writes a file so that a crash leaves the old or the new content, never a mixture. */
export const replaceFile = async (folder: string, name: string, content: string | Uint8Array): Promise<void> => {
  const draft = join(folder, `${name}.new`)
  const handle = await open(draft, "w")
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, join(folder, name))
  await syncFolder(folder)
}

interface Remembered {
  /** Names of price types and warehouses: files that use them need not declare them (3.1). */
  readonly priceTypes: Readonly<Record<string, { readonly name: string | null; readonly currency: string | null }>>
  readonly warehouses: Readonly<Record<string, string | null>>
  /** The price type that `autoCreate` took. */
  readonly retail: string | null
  /** Products that bear 1C's deletion mark: only those does a missing mark bring back. */
  readonly deleted: ReadonlyArray<string>
  /** Groups that bear it. */
  readonly deletedGroups?: ReadonlyArray<string>
}

const NAME = "memory.json"
const NOTHING: Remembered = { priceTypes: {}, warehouses: {}, retail: null, deleted: [] }

/** What a connection has to know from one exchange to the next and the hub has no place for. */
export class Memory {
  readonly #folder: string
  readonly priceTypes: Map<string, { readonly name: string | null; readonly currency: string | null }>
  readonly warehouses: Map<string, string | null>
  readonly deleted: Set<string>
  readonly deletedGroups: Set<string>
  retail: string | null
  #saved: string

  constructor(folder: string) {
    this.#folder = folder
    const path = join(folder, NAME)
    const text = existsSync(path) ? readFileSync(path, "utf8") : JSON.stringify(NOTHING)
    const known = JSON.parse(text) as Remembered
    this.priceTypes = new Map(Object.entries(known.priceTypes))
    this.warehouses = new Map(Object.entries(known.warehouses))
    this.deleted = new Set(known.deleted)
    this.deletedGroups = new Set(known.deletedGroups ?? [])
    this.retail = known.retail
    this.#saved = this.#text()
  }

  async save(): Promise<void> {
    const text = this.#text()
    if (text === this.#saved) return
    await replaceFile(this.#folder, NAME, text)
    this.#saved = text
  }

  #text(): string {
    const remembered: Remembered = {
      priceTypes: Object.fromEntries(this.priceTypes),
      warehouses: Object.fromEntries(this.warehouses),
      retail: this.retail,
      deleted: [...this.deleted],
      deletedGroups: [...this.deletedGroups]
    }
    return JSON.stringify(remembered)
  }
}
