import { existsSync, readFileSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { replaceFile } from "../../import/memory.ts"

const NAME = "odata-orders.json"

/** What is known of a part's document. */
export interface KnownDocument {
  /** `Ref_Key`; null until an answer said so. */
  readonly key: string | null
  readonly fulfilmentId: string
  /** When its creation was sent; null once its answer came. */
  readonly sentAt: number | null
  /** `DataVersion` when its state was last told to the hub. */
  readonly version: string | null
  /** We have cancelled it ourselves: its mark is no news. */
  readonly cancelled: boolean
  /** It was to be changed, and the posting that makes the change work has not been answered. */
  readonly posting?: boolean
}

/** The documents of parts that have not ended, by number, on disk. The base itself is asked before anything is made. */
export class DocumentLedger {
  readonly #folder: string
  readonly #known: Map<string, KnownDocument>
  #saved: string

  constructor(folder: string) {
    this.#folder = folder
    const path = join(folder, NAME)
    this.#saved = existsSync(path) ? readFileSync(path, "utf8") : "{}"
    this.#known = new Map(Object.entries(JSON.parse(this.#saved) as Record<string, KnownDocument>))
  }

  get(number: string): KnownDocument | undefined {
    return this.#known.get(number)
  }

  entries(): ReadonlyArray<readonly [string, KnownDocument]> {
    return [...this.#known]
  }

  put(number: string, fulfilmentId: string, change: Partial<KnownDocument>): void {
    const known = this.#known.get(number) ?? { key: null, fulfilmentId, sentAt: null, version: null, cancelled: false }
    this.#known.set(number, { ...known, fulfilmentId, ...change })
  }

  forget(number: string): void {
    this.#known.delete(number)
  }

  async save(): Promise<void> {
    const text = JSON.stringify(Object.fromEntries(this.#known))
    if (text === this.#saved) return
    await mkdir(this.#folder, { recursive: true })
    await replaceFile(this.#folder, NAME, text)
    this.#saved = text
  }
}
