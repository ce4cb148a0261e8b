import { AdapterFault, type InboundHub, type SyncRun } from "@aptekit/core"
import { ExchangeFailure, failureOf } from "../failure.ts"
import type { HeldFiles } from "../spool/held.ts"
import { heldText } from "./held-text.ts"
import type { ImportFile, Importer, ImportWatch, Permit } from "./importer.ts"

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
   * The same content that is held joins it, unless another file of that name has been applied since: then it is news. What a
   * person let through goes through again: it may say anew what has changed since, but only until another file of that name
   * has been applied.
   */
  async run(file: ImportFile, watch: ImportWatch): Promise<SyncRun> {
    const { name } = file
    const known = await this.#held.find(name, file.path)
    const isReleased = known?.state === "released"
    if (!isReleased && known !== undefined && known.overtakenBy === undefined) {
      throw new ExchangeFailure("file-held", known.text)
    }
    const run = await this.#importer.run(file, watch, isReleased ? { by: "person" } : { by: "guard" })
    if (run.state !== "held") {
      await this.#held.overtaken({ name, run: isReleased ? known.run : run.id })
      return run
    }
    const text = heldText(run)
    await this.#held.keep(file.path, { run: run.id, name, sessionStartedAt: file.sessionStartedAt, text })
    if (known !== undefined) await this.#held.discard(known.run)
    this.#log("import held", { code: "import-held", run: run.id, file: name, ...run.counts })
    throw new ExchangeFailure("file-held", text)
  }

  /**
   * A person lets a held file through: it is applied without guard, as of its own time. Its stock and prices have their time;
   * names, marks and groups have none, so behind a newer file of its name it may not change them.
   * @throws AdapterFault for that person; the file stays held
   */
  async release(run: string, signal: AbortSignal): Promise<void> {
    const held = this.#held.get(run)
    const { name, sessionStartedAt, at, overtakenBy } = held
    if (held.state !== "released") {
      const file = { name, path: this.#held.path(run), sessionStartedAt }
      const permit: Permit = overtakenBy === undefined ? { by: "person" } : { by: "person", behind: overtakenBy }
      await this.#importer.run(file, { signal, progress: () => undefined }, permit).catch((error: unknown) => {
        throw new AdapterFault(failureOf(error).message, { outcome: "rejected", cause: error })
      })
      await this.#held.released(run)
    }
    await this.#held.overtaken({ name, run }, at)
  }

  discard(run: string): Promise<void> {
    return this.#held.discard(run)
  }
}
