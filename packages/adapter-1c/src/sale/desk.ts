import { randomUUID } from "node:crypto"
import type { Fulfilment, PulledOrder, InboundHub } from "@aptekit/core"
import { encodeXml } from "../documents/encode.ts"
import type { DocumentStyle, OrderDialect, OrderDocument } from "../documents/model.ts"
import { writeOrders } from "../documents/write.ts"
import type { WallClock } from "./clock.ts"
import { type Composer, CannotSend, numberOf } from "./compose.ts"
import type { Ledger } from "./ledger.ts"
import type { Offered } from "./remembered.ts"
import { noteConfirmed, noteSettled, noteUnconfirmed, select, type SelectRules } from "./select.ts"
import type { OrdersConfig } from "./settings.ts"
import { isKnown, type Seen, seenOf } from "./seen.ts"
import { type PartTelling, tell, type Telling } from "./tell.ts"
import { answered, ended, leftWhole, saidBy } from "./turns.ts"
import { DIALECT_DEFAULTS } from "./words.ts"

/** Pages of news that concern nobody, looked through in one answer. */
const MOST_PAGES = 20

export interface DeskParts {
  readonly config: OrdersConfig
  readonly hub: InboundHub
  readonly ledger: Ledger
  readonly composer: Composer
  readonly clock: WallClock
  readonly now: () => number
}

/** The body of an answer to mode=query, and what to do when it has left whole. */
export interface QueryAnswer {
  readonly body: Uint8Array<ArrayBuffer>
  readonly contentType: string
  readonly delivered: () => Promise<void>
}

interface Ready {
  readonly orderId: string
  readonly version: number
  readonly documents: ReadonlyArray<OrderDocument>
  /** By number: what the documents say. */
  readonly seen: Readonly<Record<string, Seen>>
  readonly telling: Telling
}

const versionOf = ({ orderId, version }: Pick<Ready, "orderId" | "version">): Pick<Ready, "orderId" | "version"> => ({
  orderId,
  version
})

const offeredOf = ({ seen, telling, ...order }: Ready): Offered => ({
  ...versionOf(order),
  documents: seen,
  ended: telling.ended
})

/**
 * Orders for 1C: mode=query and mode=success. What is offered stays offered, under the same numbers, until it is
 * confirmed (facts 50, 51); what an answer holds is on disk before it leaves.
 */
export class OrderDesk {
  readonly #parts: DeskParts
  readonly #rules: SelectRules
  constructor(parts: DeskParts) {
    this.#parts = parts
    this.#rules = parts.config
  }

  /** `turn`: one run of 1C through its modes; a query in a later one may confirm the former. */
  query(turn: string, dialect: OrderDialect): Promise<QueryAnswer> {
    return this.#parts.ledger.exclusive(async () => {
      const { config, ledger, clock, now } = this.#parts
      if ((config.confirm ?? DIALECT_DEFAULTS[dialect].confirm) === "repeat") await this.#confirmEarlier(turn)
      noteUnconfirmed(ledger.state, ledger.state.offers.at(-1)?.orders ?? [], this.#rules)
      const ready = await this.#choose(dialect)
      const answer = randomUUID()
      this.#remember({ turn, answer }, ready)
      await ledger.save(now())
      const formed = clock.at(now())
      const documents = ready.flatMap(({ documents }) => documents)
      const xml = writeOrders(documents, this.#style(dialect), `${formed.date}T${formed.time}`)
      return {
        body: encodeXml(xml, config.encoding, config.bom),
        contentType: `text/xml; charset=${config.encoding}`,
        delivered: () => ledger.exclusive(() => this.#delivered(answer))
      }
    })
  }

  /** 1C has taken what its last query was answered. */
  success(turn: string): Promise<void> {
    return this.#parts.ledger.exclusive(async () => {
      const { ledger, now } = this.#parts
      const said = saidBy(ledger.state.offers, turn, now())
      if (said.orders.length > 0) await this.#confirm(said.orders)
      ledger.state.offers = ended(ledger.state.offers, said.turn)
      await ledger.save(now())
    })
  }

  async #delivered(answer: string): Promise<void> {
    const { ledger, now } = this.#parts
    ledger.state.offers = leftWhole(ledger.state.offers, answer)
    await ledger.save(now())
  }

  async #confirmEarlier(turn: string): Promise<void> {
    const earlier = this.#parts.ledger.state.offers.filter((offer) => offer.turn !== turn && offer.delivered)
    for (const { orders } of earlier) if (orders.length > 0) await this.#confirm(orders)
  }

  /** First there, then here: cut off in between, it is confirmed once more. */
  async #confirm(orders: ReadonlyArray<Offered>): Promise<void> {
    const { hub, ledger, now } = this.#parts
    await hub.orders.confirm(orders.map(versionOf))
    noteConfirmed(ledger.state, orders, this.#rules)
    for (const [number, told] of orders.flatMap(({ documents }) => Object.entries(documents))) {
      const part = ledger.parts.get(number)
      if (part !== undefined) ledger.remember(number, { ...part, told })
    }
    ledger.forgetEnded(orders.flatMap((order) => order.ended))
    await ledger.save(now())
    hub.log("orders confirmed", { code: "orders-confirmed", orders: orders.length })
  }

  /** The orders of the next answer. News of others is confirmed without a word on the way. */
  async #choose(dialect: OrderDialect): Promise<ReadonlyArray<Ready>> {
    const { hub, ledger, config } = this.#parts
    for (let page = 0; page < MOST_PAGES; page++) {
      const pulled = await hub.orders.pull(config.batch)
      const sorted = await this.#sort(pulled, dialect)
      const { offer, condemned, stalled } = select(ledger.state, sorted.ready, this.#rules)
      if (condemned !== undefined) await this.#condemn(condemned)
      if (stalled) await this.#stalled()
      if (offer.length > 0) return offer
      const moved = sorted.silent + (condemned === undefined ? 0 : 1)
      if (moved === 0) return []
    }
    return []
  }

  async #sort(
    pulled: ReadonlyArray<PulledOrder>,
    dialect: OrderDialect
  ): Promise<{ readonly ready: ReadonlyArray<Ready>; readonly silent: number }> {
    const ready: Array<Ready> = []
    const silent: Array<Ready> = []
    let refused = 0
    for (const order of pulled) {
      const made = await this.#make(order, dialect)
      if (made === undefined) refused++
      else (made.documents.length > 0 ? ready : silent).push(made)
    }
    if (silent.length > 0) await this.#confirmSilently(silent)
    return { ready, silent: silent.length + refused }
  }

  /** Undefined: it cannot be told to 1C and was put aside. */
  async #make(pulled: PulledOrder, dialect: OrderDialect): Promise<Ready | undefined> {
    const { config, ledger, composer } = this.#parts
    const takesCancel = config.cancelAfterApproval ?? DIALECT_DEFAULTS[dialect].cancelAfterApproval
    const telling = tell(
      pulled,
      { parts: ledger.parts, aside: ledger.state.aside },
      { sendFrom: config.sendFrom, takesCancel }
    )
    const { order, version } = pulled
    const documents: Array<OrderDocument> = []
    for (const { part, document } of telling.parts) {
      if (document === null) continue
      try {
        documents.push(composer.document(pulled, part, document.cancelled))
      } catch (error) {
        if (!(error instanceof CannotSend)) throw error
        await this.#putAside(order, part, error.message)
        return undefined
      }
    }
    for (const each of telling.parts) await this.#tellPeople(each)
    const seen = telling.parts.flatMap(({ part, number, document }) =>
      document === null ? [] : [[number, seenOf(order, part)] as const]
    )
    return { orderId: order.id, version, documents, seen: Object.fromEntries(seen), telling }
  }

  async #putAside(order: PulledOrder["order"], part: Fulfilment, reason: string): Promise<void> {
    const { hub, ledger, now } = this.#parts
    ledger.putAside(order.id, part.id)
    await ledger.save(now())
    await hub.orders.needsAction(part.id, "needsErpAction", reason)
    await hub.orders.quarantine(order.id, reason)
    hub.log("order put aside", { code: "order-unsendable", order: numberOf(order, part) })
  }

  /** First people, then the ledger: cut off in between, they are told the same once more. */
  async #tellPeople({ part, number, action, settled, note }: PartTelling): Promise<void> {
    const { hub, ledger, now } = this.#parts
    if (action !== null) await hub.orders.needsAction(part.id, "needsErpAction", action)
    if (settled) {
      await hub.orders.resolved(part.id, "needsErpAction")
      ledger.takeUp(part.id)
    }
    if (note !== null) ledger.remember(number, { fulfilmentId: part.id, at: now(), ...note })
  }

  async #confirmSilently(silent: ReadonlyArray<Ready>): Promise<void> {
    const { hub, ledger, now } = this.#parts
    // What people were told of them is on disk before the news are gone.
    await ledger.save(now())
    await hub.orders.confirm(silent.map(versionOf))
    noteSettled(ledger.state, silent)
    ledger.forgetEnded(silent.flatMap(({ telling }) => telling.ended))
  }

  /** First here, then there: cut off in between, it is tried once more, never condemned without a try. */
  async #condemn({ orderId, documents }: Ready): Promise<void> {
    const { hub, ledger, config, now } = this.#parts
    const numbers = documents.map(({ number }) => number).join(", ")
    ledger.withdraw(orderId)
    Object.assign(ledger.state, { accused: true, searching: false })
    await ledger.save(now())
    await hub.orders.quarantine(
      orderId,
      `1С не подтвердила заказ ${numbers} и после ${config.aloneTries} попыток по одному: она отказывается его загружать. ` +
        "Причина — в журнале обмена 1С. Исправьте её и повторите отправку."
    )
    hub.log("order put aside", { code: "order-poison", order: numbers })
  }

  /** Said once, as a failed run: whoever looks at the exchange sees it. */
  async #stalled(): Promise<void> {
    const { hub, ledger } = this.#parts
    if (ledger.state.stalled) return
    const run = await hub.stock.openRun("mode=query")
    await run.abort(
      "1С запрашивает заказы и ни одного не подтверждает. Посмотрите журнал обмена 1С; если её модуль не шлёт " +
        "mode=success, поставьте в настройках соединения orders.confirm: \"repeat\"."
    )
    ledger.state.stalled = true
  }

  #remember(asked: { readonly turn: string; readonly answer: string }, ready: ReadonlyArray<Ready>): void {
    const { ledger, now } = this.#parts
    const at = now()
    for (const { documents, seen } of ready) {
      for (const { number, id } of documents) {
        const told = ledger.parts.get(number)?.told ?? null
        ledger.remember(number, { fulfilmentId: id, at, told: isKnown(told) ? told : seen[number]! })
      }
    }
    if (ready.length === 0) ledger.state.searching = false
    const offer = { ...asked, at, orders: ready.map(offeredOf), delivered: false, done: false }
    ledger.state.offers = answered(ledger.state.offers, offer)
  }

  #style(dialect: OrderDialect): DocumentStyle {
    const { config } = this.#parts
    const usual = DIALECT_DEFAULTS[dialect]
    return {
      dialect,
      version: config.version ?? usual.version,
      namespace: config.namespace ? usual.namespace : null,
      encoding: config.encoding,
      phoneType: config.phoneType,
      unit: config.unit
    }
  }
}
