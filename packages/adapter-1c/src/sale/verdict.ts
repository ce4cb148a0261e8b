import type { Fulfilment, PartFact } from "@aptekit/core"
import { parseSwitch } from "../cml/context.ts"
import { type BackDocument, plain } from "../documents/read.ts"
import { BACK_ORDER, type Wording } from "./words.ts"

/** What a document that came back says of its part. */
export interface Verdict {
  readonly state: PartFact["state"]
  /** 1C has approved it; УТ takes no more changes (fact 53). */
  readonly approved: boolean
  /**
   * Wall clock of the shipment; null: not told. Not that of the document, which is older: a sale that is dated before the
   * last stock statement takes nothing from it (D1), so of a day without a time it is the end.
   */
  readonly at: string | null
  /** What a person should see of it. */
  readonly remarks: ReadonlyArray<string>
}

const FLAGS = {
  deleted: ["пометкаудаления"],
  cancelled: ["отменен"],
  posted: ["проведен"],
  shipped: ["отгружен"],
  shippedAt: ["дата отгрузки по 1с", "дата отгрузки"]
} as const

/** УНФ writes the second one without grammar (fact 60). */
const STATUS_NAMES = ["статусзаказа", "статус заказа"]
const STATUS_IDS = ["статуса заказа ид", "статус заказа (ид)", "статус заказа ид"]

const first = ({ requisites }: BackDocument, names: ReadonlyArray<string>): string | null =>
  names.map((name) => requisites.get(name)).find((value) => value !== undefined && value.trim() !== "") ?? null

const isSet = (document: BackDocument, names: ReadonlyArray<string>): boolean =>
  parseSwitch(first(document, names) ?? "") === true

/** 1C writes a day without a time as its midnight, or without one. */
const DAY_ALONE = /^(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00)?)?$/u

/** 1C writes an empty date as the first day of the calendar (fact 71). */
const dateAt = (document: BackDocument, names: ReadonlyArray<string>): string | null => {
  const text = first(document, names)
  return text === null || text.startsWith("0001-01-01") || text.startsWith("01.01.0001") ? null : text
}

const furthest = (...states: ReadonlyArray<PartFact["state"]>): PartFact["state"] =>
  states.reduce((most, state) => (rank(state) > rank(most) ? state : most), "none")

const rank = (state: PartFact["state"]): number => BACK_ORDER.findIndex((known) => known === state)

/** What its status says, by id or name; our own words that come back say nothing (fact 61). */
const ofStatus = (
  document: BackDocument,
  now: Fulfilment["status"] | null,
  wording: Wording
): { readonly state: PartFact["state"]; readonly remark: string | null } => {
  const words = [...STATUS_IDS, ...STATUS_NAMES].flatMap((name) => first(document, [name]) ?? [])
  const told = words.filter((text) => now === null || !wording.isEcho(text, now))
  for (const text of told) {
    const meaning = wording.meaning(text)
    if (meaning !== undefined) return { state: meaning === "ignore" ? "none" : meaning, remark: null }
  }
  // An id without a name stays unknown to everybody: the name is what a person maps.
  const raw = told.at(-1)
  if (raw === undefined) return { state: "none", remark: null }
  return {
    state: "none",
    remark: `неизвестный статус «${raw.slice(0, 100)}»: укажите в настройках соединения (orders.statuses), что он значит.`
  }
}

/**
 * The state that a document tells: the mark of deletion and `Отменен` first, then the furthest of status, shipment and
 * posting. УТ has no status name at all (fact 59). `now`: the part's status with us, null if it is unknown.
 */
export const verdictOf = (
  document: BackDocument,
  now: Fulfilment["status"] | null,
  { wording, shipped }: { readonly wording: Wording; readonly shipped: "sold" | "assembled" }
): Verdict => {
  const status = ofStatus(document, now, wording)
  const shippedAt = dateAt(document, FLAGS.shippedAt)
  const isShipped = shippedAt !== null || isSet(document, FLAGS.shipped)
  const isPosted = isSet(document, FLAGS.posted)
  const isCancelled = isSet(document, FLAGS.deleted) || isSet(document, FLAGS.cancelled) || status.state === "cancelled"
  const reached = furthest(status.state, isShipped ? shipped : "none", isPosted ? "accepted" : "none")
  return {
    state: isCancelled ? "cancelled" : reached,
    approved: !isCancelled && rank(reached) >= rank("accepted"),
    at: isCancelled || shippedAt === null ? null : shippedAt.trim().replace(DAY_ALONE, "$1T23:59:59"),
    remarks: status.remark === null ? [] : [status.remark]
  }
}

/** Other documents of the same exchange: payments, shipments. */
export const isOrder = ({ operation }: BackDocument): boolean =>
  operation === null || plain(operation) === "заказ товара"
