import type { ActorKind } from "../kernel/actor.ts"
import type { Fulfilment, FulfilmentStatus } from "./model.ts"

/** One row of the table of transitions. */
export interface Transition {
  readonly from: ReadonlyArray<FulfilmentStatus>
  /** `same`: the state does not change. Several: the rule decides which. */
  readonly to: ReadonlyArray<FulfilmentStatus> | "same"
  /** Who may ask for it. A *fact* (D7) is never refused for its state; the table says where it applies. */
  readonly by: ReadonlyArray<ActorKind>
  readonly fact?: true
  readonly title: { readonly ru: string; readonly kk: string; readonly en: string }
}

/**
 * The life of a fulfilment as data (`domain.md`, D9, D11). Routes, the buttons of the screens, the API document
 * and the diagram in the docs are made from it.
 */
export const TRANSITIONS = {
  assign: {
    from: ["placed", "operator"],
    to: ["assigned"],
    by: ["system", "operator"],
    title: { ru: "Передать в аптеку", kk: "Дәріханаға жіберу", en: "Send to the branch" }
  },
  escalate: {
    from: ["placed", "assigned", "accepted", "awaiting", "assembled"],
    to: ["operator"],
    by: ["system", "branch", "operator"],
    title: { ru: "Вернуть оператору", kk: "Операторға қайтару", en: "Return to the operator" }
  },
  accept: {
    from: ["assigned"],
    to: ["accepted"],
    by: ["branch", "operator", "partner"],
    title: { ru: "Принять", kk: "Қабылдау", en: "Accept" }
  },
  defer: {
    from: ["assigned"],
    to: "same",
    by: ["branch"],
    title: { ru: "Отложить", kk: "Кейінге қалдыру", en: "Later" }
  },
  hold: {
    from: ["accepted"],
    to: "same",
    by: ["branch", "operator"],
    title: { ru: "Наличие", kk: "Қолда бар", en: "Reserve what is there" }
  },
  changeLines: {
    from: ["operator", "accepted"],
    to: "same",
    by: ["operator", "branch"],
    title: { ru: "Изменить строки", kk: "Жолдарды өзгерту", en: "Change the lines" }
  },
  substitute: {
    from: ["operator", "accepted"],
    to: "same",
    by: ["operator", "branch"],
    title: { ru: "Заменить аналогом", kk: "Баламамен ауыстыру", en: "Replace by an analogue" }
  },
  requestPurchase: {
    from: ["operator", "accepted"],
    to: ["awaiting"],
    by: ["operator", "branch"],
    title: { ru: "Создать заявку", kk: "Өтінім жасау", en: "Raise a purchase request" }
  },
  arrive: {
    from: ["awaiting"],
    to: ["assigned", "accepted"],
    by: ["system", "branch", "operator"],
    title: { ru: "Товар поступил", kk: "Тауар келді", en: "The goods came" }
  },
  scan: {
    from: ["accepted", "assembled"],
    to: "same",
    by: ["branch"],
    title: { ru: "Сканировать", kk: "Сканерлеу", en: "Scan" }
  },
  assemble: {
    from: ["accepted"],
    to: ["assembled"],
    by: ["branch", "operator", "partner"],
    title: { ru: "Заказ собран", kk: "Тапсырыс жиналды", en: "Assembled" }
  },
  extend: {
    from: ["operator", "assigned", "accepted", "awaiting", "assembled"],
    to: "same",
    by: ["operator", "branch"],
    title: { ru: "Продлить резерв", kk: "Резервті ұзарту", en: "Extend the reservation" }
  },
  handOver: {
    from: ["assembled"],
    to: ["delivering"],
    by: ["system", "branch", "operator", "partner"],
    title: { ru: "Передать курьеру", kk: "Курьерге беру", en: "Hand to the courier" }
  },
  deliver: {
    from: ["delivering"],
    to: ["delivered", "closed"],
    by: ["system", "operator", "partner"],
    title: { ru: "Доставлен", kk: "Жеткізілді", en: "Delivered" }
  },
  fail: {
    from: ["delivering"],
    to: ["returning"],
    by: ["system", "operator", "partner"],
    title: { ru: "Не доставлен", kk: "Жеткізілмеді", en: "Not delivered" }
  },
  receiveBack: {
    from: ["returning"],
    to: ["assembled", "cancelled"],
    by: ["branch", "operator"],
    title: { ru: "Принять возврат", kk: "Қайтаруды қабылдау", en: "Take back" }
  },
  sell: {
    from: ["operator", "assigned", "accepted", "awaiting", "assembled", "delivering", "delivered", "returning", "expired"],
    to: ["closed"],
    by: ["register", "branch", "partner", "system"],
    fact: true,
    title: { ru: "Продажа", kk: "Сату", en: "Sale" }
  },
  expire: {
    from: ["assembled", "assigned", "accepted"],
    to: ["expired", "operator", "closed"],
    by: ["system"],
    title: { ru: "Сбросить резерв", kk: "Резервті босату", en: "Expire" }
  },
  putBack: {
    // `closed`: sold in part, the rest was packed and let go.
    from: ["closed", "cancelled", "expired"],
    to: "same",
    by: ["branch", "operator"],
    title: { ru: "Товар возвращён на место", kk: "Тауар орнына қойылды", en: "Goods are back on the shelf" }
  },
  cancel: {
    from: ["placed", "operator", "assigned", "accepted", "awaiting", "assembled"],
    to: ["cancelled"],
    by: ["system", "operator", "branch", "channel", "customer", "partner"],
    title: { ru: "Отменить", kk: "Бас тарту", en: "Cancel" }
  }
} as const satisfies Record<string, Transition>

/** Each command of the table of transitions. */
export type CommandName = keyof typeof TRANSITIONS
export const COMMANDS = Object.keys(TRANSITIONS) as ReadonlyArray<CommandName>

/** From where to where a command leads, and who may give it. */
export const transition = (command: CommandName): Transition => TRANSITIONS[command]

/** From least to most advanced: the least advanced open part decides the order's status (D12). */
export const OPEN_STATUSES: ReadonlyArray<FulfilmentStatus> = [
  "operator",
  "placed",
  "awaiting",
  "assigned",
  "accepted",
  "returning",
  "assembled",
  "delivering",
  "delivered"
]
/** Ended states, the first one present decides. */
const ENDED_STATUSES: ReadonlyArray<FulfilmentStatus> = ["closed", "expired", "cancelled"]

/** Closed, expired or cancelled: no command leads on. */
export const isEnded = (status: FulfilmentStatus): boolean => ENDED_STATUSES.includes(status)

/** The status of an order follows from its fulfilments; nobody sets it (D12). */
export const orderStatus = (fulfilments: ReadonlyArray<Pick<Fulfilment, "status">>): FulfilmentStatus =>
  [...OPEN_STATUSES, ...ENDED_STATUSES].find((status) => fulfilments.some((f) => f.status === status)) ?? "placed"

/** The commands that a state allows, facts and the system's own left out: what a screen may offer. */
export const allowedCommands = (status: FulfilmentStatus): ReadonlyArray<CommandName> =>
  COMMANDS.filter((name) => {
    const row = transition(name)
    return row.from.includes(status) && row.fact !== true && row.by.some((kind) => kind !== "system")
  })
