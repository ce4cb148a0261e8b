import { existsSync, readFileSync } from "node:fs"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { replaceFile } from "../../import/memory.ts"

const NAME = "odata-sales.json"

interface Place {
  /** Wall clock of the newest document seen. */
  readonly until: string
  /** Where reading began: older ones are not sales of this hub. */
  readonly start: string
  /** Documents of the window that were recorded: `Ref_Key` → date. */
  readonly recorded: Readonly<Record<string, string>>
}

interface Kept {
  until: string
  readonly start: string
  readonly recorded: Map<string, string>
}

/** How far the sales of each kind of document have been read; on disk in the connection's folder. */
export class SalesCursor {
  readonly #folder: string
  readonly #places: Map<string, Kept>

  constructor(folder: string) {
    this.#folder = folder
    const path = join(folder, NAME)
    const kept = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, Place>> : {}
    this.#places = new Map(Object.entries(kept).map(([document, place]) =>
      [document, { ...place, recorded: new Map(Object.entries(place.recorded)) }]
    ))
  }

  until(document: string): string | undefined {
    return this.#places.get(document)?.until
  }

  start(document: string): string | undefined {
    return this.#places.get(document)?.start
  }

  isRecorded(document: string, key: string): boolean {
    return this.#places.get(document)?.recorded.has(key) ?? false
  }

  seen(document: string, wall: string): void {
    const place = this.#place(document, wall)
    if (wall > place.until) place.until = wall
  }

  recorded(document: string, key: string, wall: string): void {
    this.#place(document, wall).recorded.set(key, wall)
  }

  /** `floor`: older documents will not be read again. */
  async save(document: string, floor: string): Promise<void> {
    const recorded = this.#places.get(document)?.recorded
    for (const [key, wall] of recorded ?? []) if (wall < floor) recorded!.delete(key)
    await mkdir(this.#folder, { recursive: true })
    const places = [...this.#places].map(([name, place]) =>
      [name, { ...place, recorded: Object.fromEntries(place.recorded) }] as const
    )
    await replaceFile(this.#folder, NAME, JSON.stringify(Object.fromEntries(places)))
  }

  #place(document: string, wall: string): Kept {
    let place = this.#places.get(document)
    if (place === undefined) this.#places.set(document, place = { until: wall, start: wall, recorded: new Map() })
    return place
  }
}
