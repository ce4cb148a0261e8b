import type { Fulfilment, InboundHub, PulledOrder } from "@aptekit/core"
import { CannotSend, numberOf } from "../../sale/compose.ts"
import type { WallClock } from "../../sale/clock.ts"
import { ODataFault } from "../fault.ts"
import { refOf, type Row } from "../values.ts"
import { twinsText } from "./back.ts"
import { type Wanted, wantedOf } from "./document.ts"
import type { DocumentLedger } from "./ledger.ts"
import { nameless } from "./nameless.ts"
import type { ODataOrders } from "./settings.ts"
import type { DocumentWriter } from "./writer.ts"

export interface OrderDeskParts {
  readonly hub: InboundHub
  readonly settings: ODataOrders
  readonly writer: DocumentWriter
  readonly ledger: DocumentLedger
  readonly clock: WallClock
  readonly warehouseOf: (branch: string) => string | null
  readonly now: () => number
}

/**
 * What became of an order's news. `done`: the base has them; `aside`: a person must look; `later`: this order waits, or
 * the base cannot be reached; `setup`: the connection is wrong, so no order can be told.
 */
export type Delivery = "done" | "aside" | "later" | "setup"

/** A creation was sent a moment ago and its answer was lost. */
class TooSoon extends Error {}

/** Writes of an order in a row that the base, which answers questions, has left without a clear answer. */
const MOST_SILENT = 10

/** Brings the documents of an order to what its parts are. Done again, it changes nothing. */
export class ODataOrderDesk {
  readonly #parts: OrderDeskParts

  constructor(parts: OrderDeskParts) {
    this.#parts = parts
  }

  /** The fault that stopped the last delivery; null where nothing did, or where the order waits for an earlier one. */
  fault: ODataFault | null = null
  readonly #silent = new Map<string, number>()

  async deliver(pulled: PulledOrder): Promise<Delivery> {
    const { hub, ledger } = this.#parts
    this.fault = null
    let at = pulled.parts[0] ?? pulled.left[0]
    try {
      for (const part of pulled.left) await this.#cancel(pulled, at = part, false)
      for (const part of pulled.parts) await this.#tell(pulled, at = part)
    } catch (error) {
      await ledger.save()
      return this.#failed(pulled, at!, error)
    }
    await ledger.save()
    this.#silent.delete(pulled.order.id)
    await hub.orders.confirm([{ orderId: pulled.order.id, version: pulled.version }])
    return "done"
  }

  async #tell(pulled: PulledOrder, part: Fulfilment): Promise<void> {
    if (part.status === "cancelled" || part.status === "expired") return this.#cancel(pulled, part, true)
    // Sold: the document is the base's affair now.
    if (part.status === "closed") return this.#parts.ledger.forget(numberOf(pulled.order, part))
    if (!this.#isDue(part)) return
    const { hub, writer, ledger, clock, warehouseOf } = this.#parts
    const wanted = wantedOf(pulled, part, clock, warehouseOf)
    this.#wait(wanted.number)
    const found = await writer.find(wanted.number, ledger.get(wanted.number)?.key ?? null)
    const row = found.live ?? await this.#absent(found.marked, wanted, part)
    if (row !== undefined) {
      await this.#settle(row, wanted, part)
      ledger.put(wanted.number, part.id, { key: refOf(row, "Ref_Key"), sentAt: null, cancelled: false, posting: false })
    }
    if (found.count > 1) {
      await hub.orders.needsAction(part.id, "needsErpAction", twinsText(wanted.number, found.count))
    } else if (row !== undefined) await hub.orders.resolved(part.id, "needsErpAction")
  }

  /** Killed between a change and its posting, the hub posts what nobody would see to be unposted. */
  async #settle(row: Row, wanted: Wanted, part: Fulfilment): Promise<void> {
    const { writer, ledger } = this.#parts
    const changing = async (): Promise<void> => {
      ledger.put(wanted.number, part.id, { posting: true })
      await ledger.save()
    }
    await writer.settle(row, wanted, changing, ledger.get(wanted.number)?.posting === true)
  }

  /**
   * No live document: made; or unmarked, if the mark is ours. Undefined: people in 1C have cancelled it, which is read.
   */
  async #absent(marked: Row | undefined, wanted: Wanted, part: Fulfilment): Promise<Row | undefined> {
    const { writer, ledger, now } = this.#parts
    if (marked !== undefined) {
      if (ledger.get(wanted.number)?.cancelled !== true) {
        ledger.put(wanted.number, part.id, { key: refOf(marked, "Ref_Key"), sentAt: null, version: null })
        return undefined
      }
      await writer.revive(marked)
      return { ...marked, DeletionMark: false, DataVersion: null, Posted: false }
    }
    ledger.put(wanted.number, part.id, { key: null, sentAt: now() })
    await ledger.save()
    try {
      const row = await writer.create(wanted)
      ledger.put(wanted.number, part.id, { key: refOf(row, "Ref_Key"), sentAt: null })
      return row
    } catch (error) {
      // Only where nobody knows whether it was made is there something to wait for.
      if (error instanceof ODataFault && error.outcome !== "unknown") {
        ledger.put(wanted.number, part.id, { sentAt: null })
      }
      throw error
    }
  }

  #isDue(part: Fulfilment): boolean {
    if (part.status === "placed" || part.status === "operator") return false
    return part.status !== "assigned" || this.#parts.settings.sendFrom === "assigned"
  }

  /** `ended`: here for good; a part that has only left may come back under its number. */
  async #cancel(pulled: PulledOrder, part: Fulfilment, ended: boolean): Promise<void> {
    const { hub, writer, ledger } = this.#parts
    const number = numberOf(pulled.order, part)
    this.#wait(number)
    const { live, count } = await writer.find(number, ledger.get(number)?.key ?? null)
    const key = live === undefined ? null : refOf(live, "Ref_Key")
    // Noted before it is made: a mark that nobody has noted would be that of people, should the part come back.
    ledger.put(number, part.id, { key, cancelled: true, sentAt: null })
    await ledger.save()
    if (live !== undefined) await writer.cancel(live)
    if (ended) ledger.forget(number)
    // Whose the others are only people know.
    if (count > 1) await hub.orders.needsAction(part.id, "needsErpAction", leftText(number, count - 1))
    else await hub.orders.resolved(part.id, "needsErpAction")
  }

  /** @throws TooSoon while the base may still be writing what nobody has heard of */
  #wait(number: string): void {
    const { ledger, settings, now } = this.#parts
    const sentAt = ledger.get(number)?.sentAt ?? null
    if (sentAt !== null && now() - sentAt < settings.settleSeconds * 1000) throw new TooSoon()
  }

  async #failed(pulled: PulledOrder, part: Fulfilment, error: unknown): Promise<Delivery> {
    const { hub } = this.#parts
    if (error instanceof TooSoon) return "later"
    if (error instanceof CannotSend) return this.#aside(pulled, part, error.message)
    if (!(error instanceof ODataFault)) throw error
    this.fault = error
    if (error.outcome === "unknown") return this.#unanswered(pulled, part)
    if (error.outcome !== "rejected") return error.blame === "setup" ? "setup" : "later"
    if (error.blame === "setup") return "setup"
    const order = numberOf(pulled.order, part)
    hub.log("1C refused an order", { code: "odata-order-refused", order, error: error.message })
    return this.#aside(pulled, part, refusalText(pulled, error))
  }

  /** Again and again nobody knows what became of what was written: a page of the base or a proxy, each time. */
  async #unanswered(pulled: PulledOrder, part: Fulfilment): Promise<Delivery> {
    const { id } = pulled.order
    const times = (this.#silent.get(id) ?? 0) + 1
    this.#silent.set(id, times)
    if (times < MOST_SILENT) return "later"
    this.#silent.delete(id)
    return this.#aside(pulled, part, silentText(numberOf(pulled.order, part), times))
  }

  async #aside(pulled: PulledOrder, part: Fulfilment, reason: string): Promise<Delivery> {
    const { hub } = this.#parts
    await hub.orders.needsAction(part.id, "needsErpAction", reason)
    await hub.orders.quarantine(pulled.order.id, reason)
    return "aside"
  }
}

const leftText = (number: string, count: number): string =>
  `Заказ ${number} отменён, а в 1С под его номером есть ещё документы: ${count}. Проверьте их и пометьте на удаление.`

const silentText = (number: string, times: number): string =>
  `1С ${times} раз подряд не ответила на запись документа заказа ${number}, хотя на вопросы отвечает. Найдите документ в 1С, проведите его ` +
  "вручную, посмотрите журнал регистрации и журнал веб-сервера; потом верните сообщение в очередь."

/** 1C's own words, where there are any. */
const refusalText = ({ order }: PulledOrder, { said, message }: ODataFault): string => {
  const words = nameless(said ?? "", order).trim()
  return words === "" ? message : `1С отказалась принять документ: ${words}`
}
