import type { InboundRun, SyncRun } from "@aptekit/core"
import { deletionsObjection } from "../deletion-guard.ts"
import { kindOf } from "../failure.ts"
import type { Base } from "./base.ts"
import type { Catalogue } from "./catalogue.ts"
import { ODataFault } from "./fault.ts"
import type { WarehousePlaces } from "./places.ts"
import { PriceReader } from "./prices.ts"
import type { SeriesWriter } from "./series.ts"
import { StockReader } from "./stock.ts"

export type SyncKind = "catalogue" | "stock" | "prices"
export const SYNC_KINDS: ReadonlyArray<SyncKind> = ["catalogue", "stock", "prices"]

const UNFORESEEN = "Внутренняя ошибка чтения OData: передайте администратору хаба время этой записи."
const FILES: Readonly<Record<SyncKind, string>> = {
  catalogue: "OData: номенклатура",
  stock: "OData: остатки",
  prices: "OData: цены"
}

export interface SyncOptions {
  /** A person let it through. */
  readonly unguarded?: boolean
}

/** Which kind a run in the list was. */
export const kindOfRun = (run: SyncRun): SyncKind | undefined => SYNC_KINDS.find((kind) => FILES[kind] === run.file)

/** Reads the base into runs of the hub, one after another. */
export class Runs {
  readonly #base: Base
  readonly #catalogue: Catalogue
  readonly #places: WarehousePlaces
  readonly #series: SeriesWriter
  #turn: Promise<unknown> = Promise.resolve()

  constructor(base: Base, catalogue: Catalogue, places: WarehousePlaces, series: SeriesWriter) {
    this.#base = base
    this.#catalogue = catalogue
    this.#places = places
    this.#series = series
  }

  /** One reading. What goes wrong ends the run as failed, with a text that says what to do. */
  sync(kind: SyncKind, options: SyncOptions = {}): Promise<SyncRun> {
    const done = this.#turn.then(() => this.#sync(kind, options))
    this.#turn = done.catch(() => undefined)
    return done
  }

  /** When what is under way has ended. */
  async idle(): Promise<void> {
    await this.#turn
  }

  async #sync(kind: SyncKind, { unguarded = false }: SyncOptions): Promise<SyncRun> {
    const { hub, config, now } = this.#base.parts
    const guard = { goneShare: config.guard.share, minimum: config.guard.minimum }
    const run = await hub.stock.openRun(FILES[kind], unguarded ? {} : { guard })
    try {
      await this.#base.check()
      // The statement speaks of the moment at which it was asked for (D2): a sale after that is taken off again.
      const asOf = now()
      if (kind === "catalogue") return await this.#goods(run, unguarded)
      return kind === "stock" ? await this.#stock(run, asOf) : await this.#prices(run, asOf)
    } catch (error) {
      hub.log("OData reading failed", { code: "odata-failed", kind, error: kindOf(error) })
      return run.abort(error instanceof ODataFault ? error.message : UNFORESEEN)
    } finally {
      await this.#base.parts.client.finish()
    }
  }

  /** Many deletion marks at once look like a mistake: nothing is written until a person lets them through. */
  async #goods(run: InboundRun, unguarded: boolean): Promise<SyncRun> {
    const { guard } = this.#base.parts.config
    if (!unguarded && guard.share < 1) {
      const deletions = await this.#catalogue.deletions()
      const reason = deletionsObjection(deletions, guard, "База")
      if (reason !== undefined) return run.hold(reason, { products: deletions.marked })
    }
    const products = await this.#catalogue.sync((percent) => run.progress("reading", percent))
    return run.finish({ products })
  }

  async #prices(run: InboundRun, asOf: number): Promise<SyncRun> {
    if (this.#base.parts.mapping.prices === null) return run.finish()
    const rejects = await new PriceReader(this.#base, this.#catalogue).write(run, asOf)
    await rejects.tell(run)
    return run.finish(rejects.counts())
  }

  async #stock(run: InboundRun, asOf: number): Promise<SyncRun> {
    if (this.#base.parts.mapping.stock === null) return run.finish()
    const reader = new StockReader(this.#base, this.#catalogue, this.#places)
    const { rejects, table, branches } = await reader.write(run, asOf)
    await rejects.tell(run)
    const done = await run.finish(rejects.counts())
    // A held run is not believed yet, neither are its series.
    if (done.state === "done") await this.#series.state(table, branches, asOf)
    return done
  }
}
