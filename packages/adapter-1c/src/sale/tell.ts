import type { Fulfilment, FulfilmentStatus, PulledOrder } from "@aptekit/core"
import { numberOf } from "./compose.ts"
import type { PartMemory } from "./remembered.ts"

const ENDED: ReadonlyArray<FulfilmentStatus> = ["closed", "cancelled", "expired"]
const TAKEN_BACK: ReadonlyArray<FulfilmentStatus> = ["cancelled", "expired"]
const BEFORE_BRANCH: ReadonlyArray<FulfilmentStatus> = ["placed", "operator"]

export interface TellRules {
  readonly sendFrom: "assigned" | "accepted"
  /** The base takes a cancellation, or any change, after it approved an order. */
  readonly takesCancel: boolean
}

/** What of an order 1C is to hear. */
export interface Telling {
  readonly documents: ReadonlyArray<{ readonly part: Fulfilment; readonly cancelled: boolean }>
  /** 1C no longer takes it: a person must do it there. */
  readonly actions: ReadonlyArray<{ readonly part: Fulfilment; readonly comment: string }>
  /** Numbers of parts of which nothing more will be told. */
  readonly ended: ReadonlyArray<string>
  /** Could not be told before, and now can. */
  readonly sendableAgain: ReadonlyArray<Fulfilment>
}

const isDue = (status: FulfilmentStatus, { sendFrom }: TellRules): boolean =>
  !BEFORE_BRANCH.includes(status) && !(status === "assigned" && sendFrom === "accepted")

const cancelComment = (number: string, memory: PartMemory | undefined, left: boolean): string =>
  `Заказ ${number} у нас ${left ? "передан другому филиалу" : "отменён"}, а в 1С уже согласован: отмену по обмену она ` +
  `может не принять. Отмените его в 1С вручную${memory?.documentId == null ? "" : ` (документ ${memory.documentId})`}.`

/**
 * Decides it. 1C hears only of parts that are due, and of their end only if it may have them: a part that was offered
 * once may be there, confirmed or not (fact 51).
 */
export const tell = (
  pulled: PulledOrder,
  known: ReadonlyMap<string, PartMemory>,
  rules: TellRules
): Telling => {
  const { order } = pulled
  const documents: Array<{ readonly part: Fulfilment; readonly cancelled: boolean }> = []
  const actions: Array<{ readonly part: Fulfilment; readonly comment: string }> = []
  const leaving = new Set(pulled.left.map(({ id }) => id))
  const staying = pulled.parts.filter(({ id }) => !leaving.has(id))
  for (const part of [...staying, ...pulled.left]) {
    const number = numberOf(order, part)
    const memory = known.get(number)
    const left = leaving.has(part.id)
    const cancelled = left || TAKEN_BACK.includes(part.status)
    const frozen = memory?.approved === true && !rules.takesCancel
    if (cancelled && frozen) actions.push({ part, comment: cancelComment(number, memory, left) })
    // A cancellation is sent all the same: a base that posts orders before it approves them still takes it.
    const isNews = memory !== undefined ? cancelled || !frozen : !cancelled && isDue(part.status, rules)
    if (isNews) documents.push({ part, cancelled })
  }
  return {
    documents,
    actions,
    ended: [...staying.filter(({ status }) => ENDED.includes(status)), ...pulled.left].map((part) => numberOf(order, part)),
    sendableAgain: documents.map(({ part }) => part).filter((part) =>
      !known.has(numberOf(order, part)) &&
      order.cases.some((c) => c.part === part.part && String(c.reason) === "needsErpAction" && c.closedAt === null)
    )
  }
}
