import { dirname } from "node:path"
import type { InboundHub, InboundRun, SyncRun } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import { deletionsObjection } from "../deletion-guard.ts"
import { ExchangeFailure, failureOf } from "../failure.ts"
import { type DraftItem, itemsOf, type ReadRequest, type ReadResult } from "../worker/protocol.ts"
import { NO_SLOT } from "../worker/tables.ts"
import { asOf } from "./formed-at.ts"
import { GroupPlan } from "./groups.ts"
import { behindText } from "./held-text.ts"
import { KnownProducts } from "./known-products.ts"
import { Memory } from "./memory.ts"
import { Notes } from "./notes.ts"
import { moveWarehouses } from "./moves.ts"
import { ProductWriter } from "./products.ts"
import { BadFile, ReaderThread } from "./reader-thread.ts"
import { Targets } from "./targets.ts"

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
  /** Where the file lies that will probably be asked for next: it is read while the rows of this one are written. */
  readonly next?: () => Promise<string | undefined>
}

/**
 * Who let a file in: the guard, which holds what looks like a mistake, or a person. `behind`: the run of a newer file of its
 * name; then nothing that is known of products and groups may change.
 */
export type Permit =
  | { readonly by: "guard" }
  | { readonly by: "person"; readonly behind?: string }

/** What an import works with. */
interface Parts {
  readonly run: InboundRun
  readonly watch: ImportWatch
  readonly memory: Memory
  readonly known: KnownProducts
  readonly read: ReadResult
  readonly notes: Notes
  readonly groups: GroupPlan
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
   * Applying the same file again changes nothing, so an import that was cut off anywhere is simply done again. Guarded, a
   * file that looks like a mistake (or any, with `review`) is `held`: nothing of it is applied.
   * @throws ExchangeFailure file-bad, file-behind, import-died, stopping; with a failed run for the exchange log
   */
  async run(file: ImportFile, watch: ImportWatch, permit: Permit): Promise<SyncRun> {
    const guarded = permit.by === "guard"
    const { guard: { share, minimum }, review } = this.#config
    const options = guarded ? { guard: { goneShare: share, minimum }, preview: review } : {}
    const run = await this.#hub.stock.openRun(file.name, options)
    let isRead = false
    try {
      const memory = new Memory(this.#hub.files.directory)
      const known = await this.#ready()
      const read = await this.#read(file, memory, run, watch)
      isRead = true
      const notes = new Notes()
      const groups = await GroupPlan.of({ config: this.#config, hub: this.#hub, connection: this.#connection, memory, notes }, read)
      const parts: Parts = { run, watch, memory, known, read, notes, groups }
      if (permit.by === "person" && permit.behind !== undefined) await this.#stayAhead(file, parts, permit.behind)
      const reason = guarded ? this.#objection(read) : undefined
      const done = reason === undefined ? await this.#apply(file, parts) : await this.#hold(file, parts, reason)
      if (done.state === "held") await this.#forget()
      this.#thread.rest()
      return done
    } catch (error) {
      await (error instanceof BadFile && !isRead ? this.#letGo() : this.#forget())
      const failure = this.#failure(file, error)
      await run.abort(failure.message).catch(() => undefined)
      throw failure
    }
  }

  /** Whatever the thread holds of this file goes with it: what waits is read from disk again. */
  async #forget(): Promise<void> {
    await this.#thread.close()
    this.#known = undefined
  }

  /** A file that could not be read to its end has touched nothing that the thread keeps: the next one needs no new one. */
  async #letGo(): Promise<void> {
    await this.#thread.ask("forget").catch(() => this.#forget())
    this.#thread.rest()
  }

  /** Why a person has to look at the file before anything of it is applied. */
  #objection(read: ReadResult): string | undefined {
    const { guard, review } = this.#config
    return deletionsObjection(read, guard, "Файл помечает на удаление") ??
      (review ? "В настройках соединения включена проверка каждого файла (review)." : undefined)
  }

  async close(): Promise<void> {
    await this.#thread.close()
  }

  #failure(file: ImportFile, error: unknown): ExchangeFailure {
    if (error instanceof ExchangeFailure && error.code === "import-died") {
      return new ExchangeFailure(error.code, `Файл «${file.name}» не загружен до конца. ${error.message}`, { cause: error.cause })
    }
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

  async #read(file: ImportFile, memory: Memory, run: InboundRun, watch: ImportWatch): Promise<ReadResult> {
    if (watch.signal.aborted) throw stopping()
    const onAbort = (): void => void this.#thread.close(stopping())
    watch.signal.addEventListener("abort", onAbort, { once: true })
    this.#thread.onProgress((percent) => {
      watch.progress(percent)
      run.progress("reading", percent)
    })
    try {
      const read = await this.#thread.ask("read", this.#request(file.path, memory))
      if (read.kind !== "orders") return read
      throw new BadFile("Это файл заказов, а не каталога: 1С передаёт его с type=sale. Проверьте адрес обмена.")
    } finally {
      watch.signal.removeEventListener("abort", onAbort)
    }
  }

  #request(path: string, memory: Memory): ReadRequest {
    return {
      path,
      scratch: dirname(path),
      currency: this.#config.currency,
      currencies: this.#config.currencies,
      priceTypes: [...memory.priceTypes].map(([id, { currency }]) => ({ id, currency })),
      deleted: [...memory.deleted]
    }
  }

  /** The thread has nothing to do while rows are written. What it reads in vain is forgotten. */
  #readAhead(path: string | undefined, { signal }: ImportWatch, memory: Memory): void {
    if (path !== undefined && !signal.aborted) this.#thread.ask("ahead", this.#request(path, memory)).catch(() => undefined)
  }

  /**
   * New products first: rows need their place. Then stock and prices, all at once. What the file changes in known products
   * comes last, so that a run that is held has changed nothing that was there.
   */
  async #apply(file: ImportFile, parts: Parts): Promise<SyncRun> {
    const { run, watch, memory, known, read, notes, groups } = parts
    await groups.putNew()
    const fresh = new Set<string>()
    let anyKnown = false
    const made = await this.#products(parts, false, ({ externalId }) => {
      // A link without a product is what a killed import left.
      if (known.slot(externalId) === NO_SLOT) fresh.add(externalId)
      const isFresh = fresh.has(externalId)
      anyKnown ||= !isFresh
      return isFresh
    })
    const isKnown = ({ externalId }: DraftItem): boolean => !fresh.has(externalId)
    const changes = anyKnown ? await this.#products({ ...parts, notes: new Notes() }, true, isKnown) : 0
    const targets = await Targets.open(this.#config, this.#hub, memory)
    targets.learn(read)
    await targets.create(read)
    await memory.save()
    const next = await watch.next?.()
    const aside = await this.#rows(file, parts, targets)
    this.#readAhead(next, watch, memory)
    await notes.tell(run)
    const done = await run.finish({ ...notes.counts(), products: made + changes, parked: aside })
    if (done.state === "held") return done
    await groups.putChanged()
    if (changes > 0) await this.#products(parts, false, isKnown)
    await memory.save()
    // Only now: what waited must not be lost if we are stopped before the run is there to stay.
    await this.#thread.ask("commit")
    await this.#thread.ask("forget")
    return done
  }

  /** @throws ExchangeFailure file-behind: the file would change what a newer one of its name has said */
  async #stayAhead({ name }: ImportFile, parts: Parts, newer: string): Promise<void> {
    const isKnown = ({ externalId }: DraftItem): boolean => parts.known.slot(externalId) !== NO_SLOT
    const products = await this.#products({ ...parts, notes: new Notes() }, true, isKnown)
    const groups = parts.groups.changes
    if (products + groups > 0) throw new ExchangeFailure("file-behind", behindText(name, newer, { products, groups }))
  }

  /** Shows what the file would change, and changes nothing. Rows of products that it would make are counted as waiting. */
  async #hold(file: ImportFile, parts: Parts, reason: string): Promise<SyncRun> {
    const { run, memory, read, notes } = parts
    const products = await this.#products(parts, true, () => true)
    const targets = await Targets.open(this.#config, this.#hub, memory)
    targets.learn(read)
    const aside = await this.#rows(file, parts, targets)
    await notes.tell(run)
    return run.hold(reason, { ...notes.counts(), products, parked: aside })
  }

  /** Writes the rows of stock and prices into the run. Gives how many wait. */
  async #rows(file: ImportFile, { run, read, notes, known }: Parts, targets: Targets): Promise<number> {
    const time = asOf(read.formedAt, this.#config.zone, file.sessionStartedAt)
    await moveWarehouses({ hub: this.#hub, thread: this.#thread, known, targets, notes }, time)
    const sorted = await this.#thread.ask("sort", {
      asOf: time,
      warehouses: read.warehouses.map((id) => targets.stockRoute(id)),
      total: targets.stockRoute(""),
      priceTypes: read.priceTypes.map((id) => targets.priceRoute(id))
    })
    for (;;) {
      const batch = await this.#thread.ask("next")
      if (batch === undefined) break
      await run.write(batch)
    }
    notes.add(sorted.notes)
    return sorted.aside
  }

  /** Goes over the products of the file. Gives how many of the wanted ones are, or would be, new or changed. */
  async #products({ memory, known, notes, groups, read: { units } }: Parts, dry: boolean, wanted: (item: DraftItem) => boolean): Promise<number> {
    const writer = new ProductWriter({
      config: this.#config, hub: this.#hub, connection: this.#connection, memory, notes, groups, units, known, dry
    })
    await this.#thread.ask("rewind")
    for (;;) {
      const items = itemsOf(await this.#thread.ask("drafts", PRODUCTS))
      await writer.take(items.filter(wanted))
      if (items.length > 0 && !writer.isFull) continue
      await known.tell(this.#thread, await writer.flush())
      if (items.length === 0) return writer.written
    }
  }
}
