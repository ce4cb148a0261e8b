import type { FulfilmentStatus, Payment } from "@aptekit/core"
import type { OrderDialect } from "../documents/model.ts"
import { plain } from "../documents/read.ts"
import type { BackState, OrdersConfig } from "./settings.ts"

/** Without `ё`, as 1C writes them. */
const NAMES: Readonly<Record<FulfilmentStatus, string>> = {
  placed: "Оформлен",
  operator: "У оператора",
  assigned: "Новый",
  accepted: "Принят",
  awaiting: "Ждет поступления",
  assembled: "Собран",
  delivering: "Доставляется",
  delivered: "Доставлен",
  returning: "Возвращается",
  closed: "Выполнен",
  cancelled: "Отменен",
  expired: "Отменен"
}

const PAYMENTS: Readonly<Record<Payment["method"], string>> = {
  cash: "Наличный расчет",
  card: "Банковская карта при получении",
  online: "Оплата онлайн",
  invoice: "Безналичный расчет"
}

/** From nothing known to gone, as a document that comes back tells it. */
export const BACK_ORDER = ["none", "accepted", "assembled", "sold"] as const

/** How far a part has come: what lies behind it was its status once. */
const RANK: Readonly<Record<FulfilmentStatus, number>> = {
  placed: 0, operator: 0, assigned: 1, accepted: 2, awaiting: 2, assembled: 3, delivering: 4, returning: 4,
  delivered: 5, closed: 6, cancelled: 6, expired: 6
}

const STATUSES = Object.keys(NAMES) as ReadonlyArray<FulfilmentStatus>
const ENDED: ReadonlyArray<FulfilmentStatus> = ["closed", "cancelled", "expired"]

/** The words that hub and base use for the same thing. */
export class Wording {
  readonly #config: OrdersConfig
  readonly #statuses: ReadonlyMap<string, BackState>

  constructor(config: OrdersConfig) {
    this.#config = config
    const usual: ReadonlyArray<readonly [string, BackState]> = [
      ["Не согласован", "ignore"],
      ["НеСогласован", "ignore"],
      ["Подтвержден", "accepted"],
      ["Согласован", "accepted"],
      ["К обеспечению", "accepted"],
      ["КОбеспечению", "accepted"],
      ["К отгрузке", "accepted"],
      ["КОтгрузке", "accepted"],
      ["Отгружен", config.shipped],
      ["Доставлен", "sold"],
      ["Отменен", "cancelled"]
    ]
    this.#statuses = new Map([...usual, ...Object.entries(config.statuses)].map(([text, state]) => [plain(text), state]))
  }

  status(status: FulfilmentStatus): string {
    return this.#config.statusNames[status] ?? NAMES[status]
  }

  payment(method: Payment["method"]): string {
    return this.#config.payments[method] ?? PAYMENTS[method]
  }

  currency(iso: string): string {
    return this.#config.currencies[iso] ?? iso
  }

  /** What a status of 1C means; undefined: nobody said. */
  meaning(text: string): BackState | undefined {
    return this.#statuses.get(plain(text))
  }

  /** Is it a status that we told 1C of this part, now or before, and that comes back to us (fact 61)? */
  isEcho(text: string, now: FulfilmentStatus): boolean {
    const ended = ENDED.includes(now)
    return STATUSES.some((status) =>
      plain(this.status(status)) === plain(text) &&
      (status === now || (!ENDED.includes(status) && (ended || RANK[status] <= RANK[now])))
    )
  }

  /** For mode=info: key and name. */
  statuses(): ReadonlyArray<readonly [string, string]> {
    return STATUSES.filter((status) => status !== "expired").map((status) => [status, this.status(status)])
  }

  payments(): ReadonlyArray<readonly [string, string]> {
    return (Object.keys(PAYMENTS) as ReadonlyArray<Payment["method"]>).map((method) => [method, this.payment(method)])
  }
}

/** What a dialect does unless the settings say otherwise. */
export const DIALECT_DEFAULTS: Readonly<
  Record<OrderDialect, {
    readonly version: string
    readonly namespace: string
    readonly confirm: "success" | "repeat"
    readonly cancelAfterApproval: boolean
  }>
> = {
  ut: { version: "2.07", namespace: "urn:1C.ru:commerceml_2", confirm: "success", cancelAfterApproval: false },
  unf: { version: "2.08", namespace: "urn:1C.ru:commerceml_210", confirm: "success", cancelAfterApproval: true },
  bitrix: { version: "3.1", namespace: "urn:1C.ru:commerceml_3", confirm: "repeat", cancelAfterApproval: true }
}
