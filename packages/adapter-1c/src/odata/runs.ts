import type { InboundRun, RunOptions, SyncRun } from "@aptekit/core"
import { type Deletions, deletionsObjection } from "../deletion-guard.ts"
import { kindOf } from "../failure.ts"
import type { Base } from "./base.ts"
import type { Catalogue, Survey } from "./catalogue.ts"
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

/** More of them are read with all the others: a question holds a dozen goods, a page a thousand. */
const MOST_CHANGED = 500

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
  /** Why versions were last held: a person is asked once. */
  #told: string | undefined
  #statedAt: number | null = null

  constructor(base: Base, catalogue: Catalogue, places: WarehousePlaces, series: SeriesWriter) {
    this.#base = base
    this.#catalogue = catalogue
    this.#places = places
    this.#series = series
  }

  /** The instant of the last statement of stock that was believed; null: none since the hub has started. */
  get statedAt(): number | null {
    return this.#statedAt
  }

  /** One reading. What goes wrong ends the run as failed, with a text that says what to do. */
  sync(kind: SyncKind, options: SyncOptions = {}): Promise<SyncRun> {
    return this.alone(() => this.#sync(kind, options))
  }

  /** When what is under way has ended. */
  async idle(): Promise<void> {
    await this.#turn
  }

  /**
   * Of the goods only those whose version is another one: null where there are none, or where what a person has to look at
   * has been told. @throws ODataFault where the base could not be asked
   */
  changed(): Promise<SyncRun | null> {
    return this.alone(() => this.#changed())
  }

  /** Work on what the readings work on, after those that are under way. */
  alone<A>(work: () => Promise<A>): Promise<A> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #sync(kind: SyncKind, { unguarded = false }: SyncOptions): Promise<SyncRun> {
    const { config, now } = this.#base.parts
    const guard = { goneShare: config.guard.share, minimum: config.guard.minimum }
    return this.#inRun(kind, unguarded ? {} : { guard }, async (run) => {
      await this.#base.check()
      // The statement speaks of the moment at which it was asked for (D2): a sale after that is taken off again.
      const asOf = now()
      if (kind === "catalogue") return this.#goods(run, unguarded)
      return kind === "stock" ? this.#stock(run, asOf) : this.#prices(run, asOf)
    })
  }

  async #inRun(kind: SyncKind, options: RunOptions, work: (run: InboundRun) => Promise<SyncRun>): Promise<SyncRun> {
    const { hub, client } = this.#base.parts
    const run = await hub.stock.openRun(FILES[kind], options)
    try {
      return await work(run)
    } catch (error) {
      hub.log("OData reading failed", { code: "odata-failed", kind, error: kindOf(error) })
      return run.abort(error instanceof ODataFault ? error.message : UNFORESEEN)
    } finally {
      await client.finish()
    }
  }

  async #changed(): Promise<SyncRun | null> {
    const survey = await this.#survey()
    const objection = this.#objection(survey)
    if (objection !== undefined && objection === this.#told) return null
    this.#told = objection
    if (objection === undefined && survey.changed.length === 0) {
      await this.#catalogue.rememberOnly(survey.seen)
      return null
    }
    return this.#inRun("catalogue", {}, async (run) => {
      if (objection !== undefined) return run.hold(objection, { products: survey.marked })
      const many = survey.changed.length > MOST_CHANGED
      const products = many ? await this.#all(run) : await this.#catalogue.read(survey.changed)
      if (!many) await this.#catalogue.rememberOnly(survey.seen)
      return run.finish({ products })
    })
  }

  async #survey(): Promise<Survey> {
    try {
      await this.#base.check()
      return await this.#catalogue.survey()
    } finally {
      await this.#base.parts.client.finish()
    }
  }

  #objection(deletions: Deletions): string | undefined {
    const { guard } = this.#base.parts.config
    return guard.share < 1 ? deletionsObjection(deletions, guard, "База помечает на удаление") : undefined
  }

  /** Many deletion marks at once look like a mistake: nothing is written until a person lets them through. */
  async #goods(run: InboundRun, unguarded: boolean): Promise<SyncRun> {
    if (!unguarded && this.#base.parts.config.guard.share < 1) {
      const deletions = await this.#catalogue.survey()
      const reason = this.#objection(deletions)
      if (reason !== undefined) return run.hold(reason, { products: deletions.marked })
    }
    return run.finish({ products: await this.#all(run) })
  }

  #all(run: InboundRun): Promise<number> {
    return this.#catalogue.sync((percent) => run.progress("reading", percent))
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
    if (done.state === "done") {
      this.#statedAt = asOf
      await this.#series.state(table, branches, asOf)
    }
    return done
  }
}
