import type { InboundHub } from "@aptekit/core"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { OneCConfig } from "../config.ts"
import { encodeXml } from "../documents/encode.ts"
import type { OrderDialect } from "../documents/model.ts"
import { element, leaf, type Xml } from "../documents/xml.ts"
import { Jobs } from "../import/jobs.ts"
import type { Session } from "../spool/session.ts"
import { Sessions } from "../spool/sessions.ts"
import { OrderImporter } from "./back.ts"
import { WallClock } from "./clock.ts"
import { Composer } from "./compose.ts"
import { OrderDesk } from "./desk.ts"
import { Ledger } from "./ledger.ts"
import type { Places } from "./places.ts"
import type { OrdersConfig } from "./settings.ts"
import { Wording } from "./words.ts"

/**
 * The first description of the exchange knows no import of orders: modules after it send the file and go (P). So a file
 * for which nobody asks that long is imported all the same.
 */
const UNASKED_MS = 15_000
const READY_MS = 50
const BODY_PIECE = 64 * 1024

/** The exchange of orders of one connection: its sessions, uploads and imports are apart from those of the catalogue. */
export class SaleService {
  readonly sessions: Sessions
  readonly jobs: Jobs
  readonly #desk: OrderDesk
  readonly #ledger: Ledger
  readonly #config: OrdersConfig
  readonly #wording: Wording
  readonly #dialect: OneCConfig["dialect"]
  readonly #waiting = new Map<Session, NodeJS.Timeout>()
  readonly #unaskedMs: number
  #closed = false

  private constructor(parts: {
    readonly config: OneCConfig
    readonly orders: OrdersConfig
    readonly sessions: Sessions
    readonly jobs: Jobs
    readonly desk: OrderDesk
    readonly ledger: Ledger
    readonly wording: Wording
    readonly unaskedMs: number
  }) {
    this.sessions = parts.sessions
    this.jobs = parts.jobs
    this.#desk = parts.desk
    this.#ledger = parts.ledger
    this.#config = parts.orders
    this.#wording = parts.wording
    this.#dialect = parts.config.dialect
    this.#unaskedMs = parts.unaskedMs
  }

  static async open(
    config: OneCConfig,
    orders: OrdersConfig,
    hub: InboundHub,
    places: Places,
    unaskedMs = UNASKED_MS
  ): Promise<SaleService> {
    const folder = join(hub.files.directory, "sale")
    const sessions = await Sessions.open(folder)
    const ledger = new Ledger(folder)
    const wording = new Wording(orders)
    const clock = new WallClock(config.zone)
    const composer = new Composer({ config: orders, wording, clock, places, branches: hub.network.branches })
    const now = (): number => Date.now()
    const desk = new OrderDesk({ config: orders, hub, ledger, composer, clock, now })
    const importer = new OrderImporter({ config: orders, zone: config.zone, hub, ledger, wording, now })
    const jobs = new Jobs(importer, hub.log, config)
    const service = new SaleService({ config, orders, sessions, jobs, desk, ledger, wording, unaskedMs })
    void service.#resume(hub)
    return service
  }

  /** Goes on with what a former process did not end, as soon as the hub answers for orders: only after all set-ups. */
  async #resume(hub: InboundHub): Promise<void> {
    const former = this.sessions.all()
    while (!await hub.orders.waiting(1).then(() => true, () => false)) {
      if (this.#closed) return
      await sleep(READY_MS, undefined, { ref: false })
    }
    if (this.#closed) return
    this.jobs.resume(former)
    for (const session of former) if (session.unfinished) this.uploaded(session)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    await this.jobs.close()
    await this.#ledger.close()
  }

  /**
   * A piece of a file came, or failed and will come again: if neither another one nor the question for its import follows,
   * it is imported.
   */
  uploaded(session: Session): void {
    clearTimeout(this.#waiting.get(session))
    const timer = setTimeout(() => {
      this.#waiting.delete(session)
      // A piece is on its way.
      if (session.active > 0) return this.uploaded(session)
      for (const name of session.unasked()) this.jobs.ask(session, name).catch(() => undefined)
    }, this.#unaskedMs)
    this.#waiting.set(session, timer.unref())
  }

  /**
   * 1C begins an exchange, and what it sent before is let go (fact 18): files whose import nobody asked for, and which were
   * answered `success`, are asked for here.
   */
  async begin(session: Session, version: string): Promise<void> {
    for (const name of session.unasked()) await this.jobs.begin(session, name)
    await session.init(version)
  }

  /** The orders that wait, as an answer to mode=query. Never packed (fact 49). */
  async query(session: Session): Promise<Response> {
    const dialect = this.#dialectOf(session)
    const { body, contentType, delivered } = await this.#desk.query(this.#turnOf(session), dialect)
    const headers = { "content-type": contentType, "content-length": String(body.length), "cache-control": "no-store" }
    return new Response(watched(body, delivered), { headers })
  }

  success(session: Session): Promise<void> {
    return this.#desk.success(this.#turnOf(session))
  }

  /** Statuses and payment methods (fact 32). The first letter of `Cтатусы` is Latin, as those who ask expect it. */
  info(): Response {
    const { encoding, bom } = this.#config
    const list = (name: string, items: ReadonlyArray<readonly [string, string]>): Xml =>
      element(name, items.map(([id, title]) => element("Элемент", [leaf("Ид", id), leaf("Название", title)])))
    const xml = `<?xml version="1.0" encoding="${encoding === "utf-8" ? "UTF-8" : encoding}"?>\n` + element("Справочник", [
      list("Cтатусы", this.#wording.statuses()),
      list("ПлатежныеСистемы", this.#wording.payments())
    ])
    return new Response(encodeXml(xml, encoding, bom), {
      headers: { "content-type": `text/xml; charset=${encoding}`, "cache-control": "no-store" }
    })
  }

  #turnOf(session: Session): string {
    return `${session.id}:${session.begun}`
  }

  #dialectOf(session: Session): OrderDialect {
    if (this.#dialect !== "auto") return this.#dialect
    const { version } = session
    // Битрикс's module says 3.1; УНФ with subordinate documents says 2.09 (facts 14, 15).
    return version === "" ? "ut" : version.startsWith("2.") ? "unf" : "bitrix"
  }
}

/**
 * The body, and a word when all of it was taken from us: only then may a repetition, or a success without its session,
 * confirm it. In pieces: whoever breaks off in the middle has not taken the last of them. What could not be noted is
 * offered again, and no answer is cut for it.
 */
const watched = (body: Uint8Array<ArrayBuffer>, taken: () => Promise<void>): ReadableStream<Uint8Array> => {
  let at = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (at < body.length) {
        controller.enqueue(body.subarray(at, at + BODY_PIECE))
        at += BODY_PIECE
        return
      }
      await taken().catch(() => undefined)
      controller.close()
    }
  }, { highWaterMark: 0 })
}
