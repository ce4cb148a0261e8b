import type { Fulfilment, FulfilmentStatus, Order, PulledOrder } from "@aptekit/core"
import { numberOf } from "./compose.ts"
import type { PartMemory } from "./remembered.ts"
import { changedIn, editionOf, isKnown, type Seen, seenOf } from "./seen.ts"

const ENDED: ReadonlyArray<FulfilmentStatus> = ["closed", "cancelled", "expired"]
const TAKEN_BACK: ReadonlyArray<FulfilmentStatus> = ["cancelled", "expired"]
const BEFORE_BRANCH: ReadonlyArray<FulfilmentStatus> = ["placed", "operator"]

export interface TellRules {
  readonly sendFrom: "assigned" | "accepted"
  /** The base takes a cancellation, or any change, after it approved an order. */
  readonly takesCancel: boolean
}

/** What 1C is to hear of a part, and people. */
export interface PartTelling {
  readonly part: Fulfilment
  readonly number: string
  /** Null: none. */
  readonly document: { readonly cancelled: boolean } | null
  /** 1C no longer takes it: a person must do it there, in these words. */
  readonly action: string | null
  /** What a person was asked to do has settled itself. */
  readonly settled: boolean
  /** To be remembered once people have been told. */
  readonly note: Partial<Pick<PartMemory, "told" | "asked" | "theirs" | "left">> | null
}

/** What of an order 1C is to hear. */
export interface Telling {
  readonly parts: ReadonlyArray<PartTelling>
  /** Numbers of parts of which nothing more will be told. */
  readonly ended: ReadonlyArray<string>
}

type Verdict = Omit<PartTelling, "part" | "number">

const NOTHING: Verdict = { document: null, action: null, settled: false, note: null }

const isDue = (status: FulfilmentStatus, { sendFrom }: TellRules): boolean =>
  !BEFORE_BRANCH.includes(status) && !(status === "assigned" && sendFrom === "accepted")

const hasOpenCase = (order: Order, { part }: Fulfilment): boolean =>
  order.cases.some((c) => c.part === part && c.reason === "needsErpAction" && c.closedAt === null)

const documentWords = ({ documentId }: PartMemory): string => (documentId === null ? "" : ` (документ ${documentId})`)

const cancelComment = (number: string, memory: PartMemory, left: boolean): string =>
  `Заказ ${number} у нас ${left ? "передан другому филиалу" : "отменён"}, а в 1С уже согласован: отмену по обмену она ` +
  `может не принять. Отмените его в 1С вручную${documentWords(memory)}.`

/** Without what is people's: the order has it. Said again it is the same text, of another change another one. */
const changeComment = (number: string, memory: PartMemory, words: ReadonlyArray<string>, now: Seen): string =>
  `Заказ ${number} изменён у нас, а в 1С уже согласован: внесите изменения в 1С вручную${documentWords(memory)}. ` +
  `Изменилось: ${words.join(", ")}. Редакция ${editionOf(now)}.`

/** A part that goes on, and whose document 1C would skip (fact 53): a person is asked once for each change of it. */
const ofFrozen = (order: Order, part: Fulfilment, number: string, memory: PartMemory): Verdict => {
  const done = { ...NOTHING, settled: memory.asked !== null }
  if (part.status === "closed") return { ...done, note: { asked: null } }
  const now = seenOf(order, part)
  // Who closed the case has entered what it asked for: the document is not what it was when it last came back.
  const entered = memory.asked !== null && !hasOpenCase(order, part)
  const [has, theirs] = entered ? [memory.asked, null] : [memory.told, memory.theirs]
  const words = isKnown(has) ? changedIn(has, now, theirs) : []
  if (words.length === 0) return { ...done, note: { told: now, asked: null, theirs } }
  if (now === memory.asked) return NOTHING
  return { ...NOTHING, action: changeComment(number, memory, words, now), note: { told: has, asked: now, theirs } }
}

const ofPart = (
  order: Order,
  part: Fulfilment,
  left: boolean,
  { parts, aside }: Known,
  rules: TellRules
): Verdict => {
  const number = numberOf(order, part)
  const memory = parts.get(number)
  const cancelled = left || TAKEN_BACK.includes(part.status)
  if (memory === undefined) {
    if (cancelled || !isDue(part.status, rules)) return NOTHING
    return { ...NOTHING, document: { cancelled }, settled: aside.includes(part.id) }
  }
  const frozen = memory.approved && !rules.takesCancel
  // A cancellation is sent all the same: a base that posts orders before it approves them still takes it.
  if (cancelled) {
    const action = frozen ? cancelComment(number, memory, left) : null
    return { ...NOTHING, document: { cancelled }, action, note: left === memory.left ? null : { left } }
  }
  const back = memory.left ? { left: false } : {}
  if (frozen) {
    const verdict = ofFrozen(order, part, number, memory)
    return memory.left ? { ...verdict, settled: verdict.action === null, note: { ...verdict.note, ...back } } : verdict
  }
  const settled = memory.asked !== null || aside.includes(part.id) || (memory.left && memory.approved)
  return { ...NOTHING, document: { cancelled }, settled, note: { ...back, ...(settled ? { asked: null } : {}) } }
}

/** What is remembered: parts by number, and the parts that this connection could not tell 1C of. */
export interface Known {
  readonly parts: ReadonlyMap<string, PartMemory>
  readonly aside: ReadonlyArray<string>
}

/**
 * Decides it. 1C hears only of parts that are due, and of their end only if it may have them: a part that was offered
 * once may be there, confirmed or not (fact 51).
 */
export const tell = ({ order, parts, left }: PulledOrder, known: Known, rules: TellRules): Telling => {
  const leaving = new Set(left.map(({ id }) => id))
  const staying = parts.filter(({ id }) => !leaving.has(id))
  const telling = (part: Fulfilment): PartTelling =>
    ({ part, number: numberOf(order, part), ...ofPart(order, part, leaving.has(part.id), known, rules) })
  return {
    parts: [...staying, ...left].map(telling),
    ended: [...staying.filter(({ status }) => ENDED.includes(status)), ...left].map((part) => numberOf(order, part))
  }
}
