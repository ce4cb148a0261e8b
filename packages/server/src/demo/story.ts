import type { OrderView } from "@aptekit/core"
import type { EventView } from "../routes/event-view.ts"
import type { DemoBranch } from "./network.ts"

type Event = typeof EventView.Encoded
type Order = typeof OrderView.Encoded

const WHO: Readonly<Record<Event["actor"]["kind"], string>> = {
  system: "хаб",
  channel: "магазин",
  branch: "аптека",
  operator: "оператор",
  customer: "покупатель",
  partner: "партнёр",
  register: "касса"
}

const WHAT: Readonly<Record<string, string>> = {
  "order.placed": "заказ принят",
  "order.settled": "заказ распределён, товар отложен",
  "fulfilment.accept": "аптека взяла заказ в работу",
  "fulfilment.hold": "товар отложен",
  "fulfilment.assemble": "заказ собран",
  "fulfilment.handOver": "заказ передан курьеру",
  "fulfilment.deliver": "заказ доставлен",
  "fulfilment.sell": "продажа по кассе"
}

const STATUS: Readonly<Record<string, string>> = {
  placed: "оформлен",
  operator: "у оператора",
  assigned: "в аптеке",
  accepted: "принят",
  awaiting: "ждёт поступления",
  assembled: "собран",
  delivering: "в доставке",
  delivered: "доставлен",
  returning: "возвращается",
  closed: "закрыт",
  cancelled: "отменён",
  expired: "бронь снята"
}

export const statusText = (status: string): string => STATUS[status] ?? status

const time = new Intl.DateTimeFormat("ru-RU", {
  timeZone: "Asia/Almaty",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3
})

export const tenge = (minor: number): string => `${(minor / 100).toLocaleString("ru-RU")} ₸`

const line = (event: Event): string => {
  const status = event.data["status"] as readonly [string | null, string] | undefined
  const now = status === undefined ? "" : ` → ${statusText(status[1])}`
  const who = WHO[event.actor.kind].padEnd(9)
  return `    ${time.format(new Date(event.at))}  ${who} ${WHAT[event.type] ?? event.type}${now}`
}

/** The chronology of an order as people tell it. */
export const chronology = (events: ReadonlyArray<Event>): string => events.map(line).join("\n")

const WHY: Readonly<Record<string, string>> = {
  pickup: "аптеку выбрал покупатель",
  deepAndNearest: "ближайшая из тех, где всё есть с запасом",
  presentAndNearest: "ближайшая из тех, где есть всё",
  fewestBranches: "наименьшее число аптек, из таких — кратчайший путь",
  greedy: "наименьшее число аптек, которое удалось найти"
}

const VERDICT: Readonly<Record<string, string>> = {
  chosen: "выбрана",
  deep: "есть с запасом, но дальше",
  present: "есть без запаса",
  partial: "есть не всё",
  nothing: "нет ничего",
  closed: "закрыта",
  inactive: "не работает",
  unplaced: "место неизвестно"
}

/** Why this branch: the plan's own explanation in words (ASM-3). */
export const explanation = (order: Order, branches: ReadonlyArray<DemoBranch>): string => {
  const { plan } = order
  if (plan === null) return "    плана нет"
  const rows = plan.branches.slice(0, 4).map((seen) => {
    const name = branches.find(({ id }) => id === seen.branchId)?.name ?? seen.branchId
    const distance = seen.distance === null ? "" : `${(seen.distance / 1000).toFixed(1)} км`
    return `      ${name.padEnd(28)} ${distance.padStart(8)}  ${VERDICT[seen.verdict] ?? seen.verdict}`
  })
  return [`    просмотрено аптек: ${plan.considered}; решило: ${WHY[plan.reason] ?? plan.reason}`, ...rows].join("\n")
}
