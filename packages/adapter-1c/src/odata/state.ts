import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"

const isMissing = (error: unknown): boolean => (error as { readonly code?: string } | null)?.code === "ENOENT"

/**
 * What a connection must not forget, as one JSON file of its folder. A file that cannot be read is an error: forgetting
 * silently would bring deleted goods back.
 */
export class StateFile<T extends object> {
  value: T
  readonly #path: string
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(path: string, value: T) {
    this.#path = path
    this.value = value
  }

  static async open<T extends object>(directory: string, name: string, initial: T): Promise<StateFile<T>> {
    await mkdir(directory, { recursive: true })
    const path = join(directory, name)
    try {
      return new StateFile(path, { ...initial, ...(JSON.parse(await readFile(path, "utf8")) as T) })
    } catch (error) {
      if (isMissing(error)) return new StateFile(path, initial)
      throw error
    }
  }

  /** The old file stays until the new one is whole. */
  save(): Promise<void> {
    const saved = this.#after(this.#turn)
    this.#turn = saved.catch(() => undefined)
    return saved
  }

  async #after(turn: Promise<unknown>): Promise<void> {
    await turn
    await writeFile(`${this.#path}.new`, JSON.stringify(this.value), { flush: true })
    await rename(`${this.#path}.new`, this.#path)
  }
}
