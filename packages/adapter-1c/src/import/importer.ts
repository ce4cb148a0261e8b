import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import { dirname } from "node:path"
import { setImmediate } from "node:timers/promises"
import type { InboundHub, InboundRun, SyncRun } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import { ExchangeFailure, failureOf } from "../failure.ts"
import type { ReadResult } from "../worker/protocol.ts"
import { asOf } from "./formed-at.ts"
import { KnownProducts } from "./known-products.ts"
import { Memory } from "./memory.ts"
import { Notes } from "./notes.ts"
import { ProductWriter } from "./products.ts"
import { BadFile, ReaderThread } from "./reader-thread.ts"
import { Targets } from "./targets.ts"

const CHUNK = 128 * 1024
/** Products that are compared and written between two turns of the event loop: a few milliseconds. */
const PRODUCTS = 200

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

const stopping = (): ExchangeFailure =>
  new ExchangeFailure("stopping", "Хаб перезапускается. Загрузка продолжится сама.")

/**
 * Has a file read to its end by a thread of its own, then applies it: products, then one run of stock and prices, whole
 * or not at all (D4). One file at a time.
 */
export class Importer {
  readonly #config: OneCConfig
  readonly #hub: InboundHub
  readonly #connection: string
  readonly #thread: ReaderThread
  #known: KnownProducts | undefined

  constructor(config: OneCConfig, hub: InboundHub, connection: string) {
    this.#config = config
    this.#hub = hub
    this.#connection = connection
    this.#thread = new ReaderThread(hub.files.directory)
  }

  /**
   * Applying the same file again changes nothing, so an import that was cut off anywhere is simply done again.
   * @throws ExchangeFailure file-bad, import-died, stopping; with a failed run for the exchange log
   */
  async run(file: ImportFile, watch: ImportWatch): Promise<SyncRun> {
    const run = await this.#hub.stock.openRun(file.name)
    try {
      const memory = new Memory(this.#hub.files.directory)
      const known = await this.#ready()
      const read = await this.#read(file, memory, watch)
      const done = await this.#apply(file, { run, memory, known, read })
      this.#thread.rest()
      return done
    } catch (error) {
      // Whatever the thread holds of this file goes with it: what waits is read from disk again.
      await this.#thread.close()
      this.#known = undefined
      const failure = this.#failure(file, error)
      await run.abort(failure.message).catch(() => undefined)
      throw failure
    }
  }

  async close(): Promise<void> {
    await this.#thread.close()
  }

  #failure(file: ImportFile, error: unknown): ExchangeFailure {
    if (!(error instanceof BadFile)) return failureOf(error)
    const message = `Файл «${file.name}» не загружен, ничего не изменено. ${error.message}`
    return new ExchangeFailure("file-bad", message, { cause: error })
  }

  /** A thread that knows the products. */
  async #ready(): Promise<KnownProducts> {
    const known = this.#known ??= await KnownProducts.load(this.#hub)
    if (this.#thread.isRunning) return known
    await known.teach(this.#thread)
    return known
  }

  async #read(file: ImportFile, memory: Memory, watch: ImportWatch): Promise<ReadResult> {
    if (watch.signal.aborted) throw stopping()
    const onAbort = (): void => void this.#thread.close(stopping())
    watch.signal.addEventListener("abort", onAbort, { once: true })
    this.#thread.onProgress(watch.progress)
    try {
      const read = await this.#thread.ask("read", {
        path: file.path,
        scratch: dirname(file.path),
        currency: this.#config.currency,
        currencies: this.#config.currencies,
        priceTypes: [...memory.priceTypes].map(([id, { currency }]) => ({ id, currency })),
        deleted: [...memory.deleted]
      })
      if (read.kind !== "orders") return read
      throw new BadFile("Это файл заказов, а не каталога: 1С передаёт его с type=sale. Проверьте адрес обмена.")
    } finally {
      watch.signal.removeEventListener("abort", onAbort)
    }
  }

  async #apply(
    file: ImportFile,
    { run, memory, known, read }: { run: InboundRun; memory: Memory; known: KnownProducts; read: ReadResult }
  ): Promise<SyncRun> {
    const [config, hub] = [this.#config, this.#hub]
    const notes = new Notes()
    const products = await this.#products(memory, known, notes)
    const targets = await Targets.open(config, hub, memory)
    await targets.learn(read)
    await memory.save()
    const sorted = await this.#thread.ask("sort", {
      asOf: asOf(read.formedAt, config.zone, file.sessionStartedAt),
      warehouses: read.warehouses.map((id) => targets.stockRoute(id)),
      total: targets.stockRoute(""),
      priceTypes: read.priceTypes.map((id) => targets.priceRoute(id)),
      shared: targets.shared()
    })
    for (;;) {
      const batch = await this.#thread.ask("next")
      if (batch === undefined) break
      await run.write(batch)
    }
    notes.add(sorted.notes)
    await notes.tell(run)
    const done = await run.finish({ ...notes.counts(), products, parked: sorted.aside })
    // Only now: what waited must not be lost if we are stopped before the run is there to stay.
    await this.#thread.ask("commit")
    await this.#thread.ask("forget")
    return done
  }

  async #products(memory: Memory, known: KnownProducts, notes: Notes): Promise<number> {
    const writer = new ProductWriter({
      config: this.#config, hub: this.#hub, connection: this.#connection, memory, notes, links: known.links
    })
    for (;;) {
      const items = await this.#thread.ask("drafts", PRODUCTS)
      if (items.length === 0) return writer.written
      await writer.write(items)
      const offers = Int32Array.from(items, ({ offer }) => offer)
      await this.#thread.ask("slots", { offers, slots: Int32Array.from(items, ({ externalId }) => known.slot(externalId)) })
    }
  }
}

const feed = async (path: string, push: (chunk: Uint8Array) => void, watch: ImportWatch): Promise<void> => {
  const handle = await open(path, "r")
  try {
    const { size } = await handle.stat()
    const buffer = new Uint8Array(CHUNK)
    for (let at = 0; ; ) {
      if (watch.signal.aborted) throw stopping()
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
