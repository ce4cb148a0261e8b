import type { Fulfilment, InboundHub, Order, PartFact } from "@aptekit/core"
import type { BackDocument } from "../documents/read.ts"
import { numberOf } from "./compose.ts"
import type { Ledger } from "./ledger.ts"
import type { PartMemory } from "./remembered.ts"
import { changedIn, isKnown, seenOf } from "./seen.ts"
import type { Verdict } from "./verdict.ts"

const ENDED: ReadonlyArray<Fulfilment["status"]> = ["cancelled", "expired", "closed"]

export interface BackCasesParts {
  readonly hub: InboundHub
  readonly ledger: Ledger
  readonly now: () => number
}

/** What documents that come back mean for the cases «needs action in 1C», and for what is remembered of their parts. */
export class BackCases {
  readonly #parts: BackCasesParts

  constructor(parts: BackCasesParts) {
    this.#parts = parts
  }

  /** A person was asked to enter a change of ours: are its lines there now, and was there nothing else to enter? */
  async entered(
    order: Order,
    part: Fulfilment,
    { told, asked }: PartMemory,
    theirs: string | null
  ): Promise<Partial<PartMemory>> {
    const now = seenOf(order, part)
    if (asked === null || (isKnown(told) && changedIn(told, now, theirs).length > 0)) return {}
    await this.#parts.hub.orders.resolved(part.id, "needsErpAction")
    return { told: now, asked: null }
  }

  /**
   * The part is cancelled here, or another branch's, and its document is behind; where it stays so, a person must cancel
   * it there (R8).
   */
  async takenBack(fulfilmentId: string, number: string, verdict: Verdict, document: BackDocument): Promise<void> {
    const { hub, ledger, now } = this.#parts
    if (verdict.state === "cancelled") {
      await hub.orders.resolved(fulfilmentId, "needsErpAction")
      ledger.forget(number)
      return
    }
    if (!verdict.approved) return
    const title = document.requisites.get("номер по 1с") ?? document.id
    await hub.orders.needsAction(
      fulfilmentId,
      "needsErpAction",
      `Заказ ${number} у нас отменён или передан другому филиалу, а в 1С согласован. Отмените его в 1С вручную` +
        `${title === null ? "" : ` (${title})`}.`
    )
    if (ledger.parts.has(number)) ledger.remember(number, { fulfilmentId, at: now(), approved: true })
  }

  /** Of a part that went to another base the hub knows no more that it was here. False: this document is of no such part. */
  async ofLeft(document: BackDocument, numbers: ReadonlyArray<string>, verdict: Verdict): Promise<boolean> {
    const { parts } = this.#parts.ledger
    const number = numbers.find((text) => parts.get(text)?.left === true)
    if (number === undefined) return false
    await this.takenBack(parts.get(number)!.fulfilmentId, number, verdict, document)
    return true
  }

  /** What 1C ends itself is no news to it: nobody else would note that these parts are over. */
  async noteEnded(facts: ReadonlyArray<PartFact>): Promise<void> {
    const { hub, ledger, now } = this.#parts
    const numbers = new Set(facts.flatMap(({ number, state }) =>
      (state === "sold" || state === "cancelled") && ledger.parts.get(number)?.ended === null ? [number] : []
    ))
    if (numbers.size === 0) return
    for (const { order, parts } of await hub.orders.byNumbers([...numbers])) {
      for (const part of parts.filter(({ status }) => ENDED.includes(status))) {
        const number = numberOf(order, part)
        if (!numbers.has(number)) continue
        if (ledger.parts.get(number)?.asked != null) await hub.orders.resolved(part.id, "needsErpAction")
        ledger.remember(number, { fulfilmentId: part.id, at: now(), asked: null, ended: now() })
      }
    }
  }
}
