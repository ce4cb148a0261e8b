import { mkdir, open, readFile, rename } from "node:fs/promises"
import { join } from "node:path"
import { Slices } from "../slices.ts"

const NAME = "odata-versions.jsonl"
/** Lines of one write. */
const PIECE = 1000

/** Bad lines are goods that are read once more: nothing is lost by them. */
const pairIn = (line: string): readonly [string, string] | undefined => {
  try {
    const [id, version] = JSON.parse(line) as [unknown, unknown]
    return typeof id === "string" && typeof version === "string" ? [id, version] : undefined
  } catch {
    return undefined
  }
}

const textOf = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if ((error as { readonly code?: string } | null)?.code === "ENOENT") return ""
    throw error
  }
}

/** `DataVersion` of the goods as they were when the hub took them in; in a file of the connection. */
export class VersionMemory {
  readonly #folder: string
  readonly #versions: Map<string, string>
  #dirty = false

  private constructor(folder: string, versions: Map<string, string>) {
    this.#folder = folder
    this.#versions = versions
  }

  static async open(folder: string): Promise<VersionMemory> {
    const lines = (await textOf(join(folder, NAME))).split("\n").filter((line) => line !== "")
    return new VersionMemory(folder, new Map(lines.flatMap((line) => {
      const pair = pairIn(line)
      return pair === undefined ? [] : [pair]
    })))
  }

  get(id: string): string | undefined {
    return this.#versions.get(id)
  }

  /** Call it when the goods as of this version have been written. */
  put(id: string, version: string): void {
    if (this.#versions.get(id) === version) return
    this.#versions.set(id, version)
    this.#dirty = true
  }

  /** Forgets all others: should they come back, they are read. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#versions.keys()) {
      if (ids.has(id)) continue
      this.#versions.delete(id)
      this.#dirty = true
    }
  }

  /** The old file stays until the new one is whole. */
  async save(): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    await mkdir(this.#folder, { recursive: true })
    const path = join(this.#folder, NAME)
    const file = await open(`${path}.new`, "w")
    try {
      for await (const piece of this.#pieces()) await file.write(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
  }

  async *#pieces(): AsyncGenerator<string> {
    const slices = new Slices()
    let lines: Array<string> = []
    for (const pair of this.#versions) {
      lines.push(`${JSON.stringify(pair)}\n`)
      if (lines.length < PIECE) continue
      yield lines.join("")
      lines = []
      if (slices.due) await slices.rest()
    }
    yield lines.join("")
  }
}
