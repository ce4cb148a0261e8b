import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import { setImmediate } from "node:timers/promises"
import type { InboundHub, SyncRun } from "@aptekit/core"
import { CommerceMlError } from "../cml/error.ts"
import { CommerceMlReader } from "../cml/reader.ts"
import type { OneCConfig } from "../config.ts"
import { ExchangeFailure } from "../failure.ts"
import { XmlError } from "../xml/error.ts"
import { Currencies } from "./currency.ts"
import { asOf } from "./formed-at.ts"
import { Gather } from "./gather.ts"
import { Memory } from "./memory.ts"
import { Notes } from "./notes.ts"
import { Parked } from "./parked.ts"
import { ProductWriter } from "./products.ts"
import { Sorter } from "./sorter.ts"
import { Targets } from "./targets.ts"

/** Large enough to be fast, small enough to let other work through in between: some milliseconds of reading. */
const CHUNK = 128 * 1024

/** A readable file that is not for this exchange. */
class ContentError extends Error {}

/** Errors whose text is for the administrator of 1C. */
const BAD_FILE = [XmlError, CommerceMlError, ContentError]

export interface ImportFile {
  /** On our disk. */
  readonly path: string
  /** As 1C calls it. */
  readonly name: string
  readonly sessionStartedAt: number
}

export interface ImportWatch {
  /** The hub is closing: stop before anything is applied. */
  readonly signal: AbortSignal
  readonly progress: (percent: number) => void
}

/** Reads a file to its end, then applies it: products, then one run of stock and prices, whole or not at all (D4). */
export class Importer {
  readonly #config: OneCConfig
  readonly #hub: InboundHub
  readonly #connection: string
  readonly #currencies: Currencies

  constructor(config: OneCConfig, hub: InboundHub, connection: string) {
    this.#config = config
    this.#hub = hub
    this.#connection = connection
    this.#currencies = new Currencies(config.currencies)
  }

  /**
   * Applying the same file again changes nothing, so an import that was cut off anywhere is simply done again.
   * @throws ExchangeFailure file-bad, with a failed run for the exchange log
   */
  async run(file: ImportFile, watch: ImportWatch): Promise<SyncRun> {
    const memory = new Memory(this.#hub.files.directory)
    const notes = new Notes()
    const links = new Map(await this.#hub.catalogue.links())
    const gather = new Gather({
      offers: links.keys(),
      warehouses: [...Object.keys(this.#config.warehouses), ...(await this.#hub.network.links()).keys()],
      priceTypes: memory.priceTypes.keys()
    }, notes)
    const reader = new CommerceMlReader(gather, { rows: gather.rows })
    await this.#read(file, reader, watch)
    return this.#apply(file, { memory, notes, links, gather, reader })
  }

  async #read(file: ImportFile, reader: CommerceMlReader, watch: ImportWatch): Promise<void> {
    try {
      await feed(file.path, (chunk) => reader.push(chunk), watch)
      const { kind } = reader.end()
      if (kind === "orders") {
        throw new ContentError(
          "Это файл заказов, а не каталога. Обмен заказами через CommerceML пока не поддерживается."
        )
      }
    } catch (error) {
      if (!BAD_FILE.some((kind) => error instanceof kind) || !(error instanceof Error)) throw error
      const message = `Файл «${file.name}» не загружен, ничего не изменено. ${error.message}`
      const run = await this.#hub.stock.openRun(file.name)
      await run.abort(message)
      throw new ExchangeFailure("file-bad", message, { cause: error })
    }
  }

  async #apply(
    file: ImportFile,
    { memory, notes, links, gather, reader }: {
      memory: Memory
      notes: Notes
      links: Map<string, string>
      gather: Gather
      reader: CommerceMlReader
    }
  ): Promise<SyncRun> {
    const { directory } = this.#hub.files
    const [config, hub] = [this.#config, this.#hub]
    const writer = new ProductWriter({ config, hub, connection: this.#connection, memory, notes, links })
    const products = await writer.write(gather)
    const targets = await Targets.open(config, hub, memory)
    await targets.learn(gather)
    await memory.save()
    const parked = new Parked(directory)
    const sorter = new Sorter({ config, hub, memory, notes, parked, targets, currencies: this.#currencies, links })
    const time = asOf(gather.formedAt, config.zone, file.sessionStartedAt)
    sorter.parked()
    await sorter.stock(gather, time)
    await sorter.prices(gather, time, (index) => reader.currency(index))
    sorter.tell()
    const run = await hub.stock.openRun(file.name)
    for (const batch of sorter.batches.all()) await run.write(batch)
    await notes.tell(run)
    const done = await run.finish({ ...notes.counts(), products, parked: sorter.aside })
    // Only now: what waited must not be lost if we are stopped before the run is there to stay.
    await parked.save()
    return done
  }
}

const feed = async (path: string, push: (chunk: Uint8Array) => void, watch: ImportWatch): Promise<void> => {
  const handle = await open(path, "r")
  try {
    const { size } = await handle.stat()
    const buffer = new Uint8Array(CHUNK)
    for (let at = 0; ; ) {
      if (watch.signal.aborted) throw new ExchangeFailure("stopping", "Хаб перезапускается. Загрузка продолжится сама.")
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, at)
      if (bytesRead === 0) return
      push(buffer.subarray(0, bytesRead))
      at += bytesRead
      watch.progress(Math.floor(100 * at / Math.max(size, 1)))
      await setImmediate()
    }
  } finally {
    await handle.close()
  }
}

/** SHA-256 of a file's content. */
export const digestOf = async (path: string, watch: ImportWatch): Promise<string> => {
  const digest = createHash("sha256")
  await feed(path, (chunk) => void digest.update(chunk), { ...watch, progress: () => undefined })
  return digest.digest("hex")
}
