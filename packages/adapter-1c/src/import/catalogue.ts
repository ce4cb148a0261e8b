import { AdapterFault, type InboundHub, type SyncRun } from "@aptekit/core"
import { ExchangeFailure, failureOf } from "../failure.ts"
import type { HeldFiles } from "../spool/held.ts"
import { heldText } from "./held-text.ts"
import type { ImportFile, Importer, ImportWatch } from "./importer.ts"

/** Files of goods, prices and stock, and what becomes of those that a person has to look at first. */
export class Catalogue {
  readonly #importer: Importer
  readonly #held: HeldFiles
  readonly #log: InboundHub["log"]

  constructor(importer: Importer, held: HeldFiles, log: InboundHub["log"]) {
    this.#importer = importer
    this.#held = held
    this.#log = log
  }

  /**
   * The same content that is held joins it. What a person let through goes through again: it may say anew what has
   * changed since, but only until another file of that name has been applied.
   */
  async run(file: ImportFile, watch: ImportWatch): Promise<SyncRun> {
    const known = await this.#held.find(file.name, file.path)
    if (known?.state === "released") return this.#importer.run(file, watch, false)
    if (known !== undefined) throw new ExchangeFailure("file-held", known.text)
    const run = await this.#importer.run(file, watch, true)
    if (run.state !== "held") {
      await this.#held.overtaken(file.name)
      return run
    }
    const text = heldText(run)
    await this.#held.keep(file.path, { run: run.id, name: file.name, sessionStartedAt: file.sessionStartedAt, text })
    this.#log("import held", { code: "import-held", run: run.id, file: file.name, ...run.counts })
    throw new ExchangeFailure("file-held", text)
  }

  /**
   * A person lets a held file through: it is applied without guard, as of its own time.
   * @throws AdapterFault for that person; the file stays held
   */
  async release(run: string, signal: AbortSignal): Promise<void> {
    const { name, sessionStartedAt, state } = this.#held.get(run)
    if (state === "released") return
    const file = { name, path: this.#held.path(run), sessionStartedAt }
    await this.#importer.run(file, { signal, progress: () => undefined }, false).catch((error: unknown) => {
      throw new AdapterFault(failureOf(error).message, { outcome: "rejected", cause: error })
    })
    await this.#held.released(run)
  }

  discard(run: string): Promise<void> {
    return this.#held.discard(run)
  }
}
