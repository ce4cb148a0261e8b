import { hash } from "node:crypto"
import type { Branch, Fulfilment, Order, OrderLine, PulledOrder } from "@aptekit/core"
import type { DocumentLine, OrderDocument } from "../documents/model.ts"
import type { WallClock } from "./clock.ts"
import type { Places } from "./places.ts"
import type { OrdersConfig } from "./settings.ts"
import type { Wording } from "./words.ts"

/** Longest number that УТ keeps (fact 52). */
const MAX_NUMBER = 11

export interface ComposeParts {
  readonly config: OrdersConfig
  readonly wording: Wording
  readonly clock: WallClock
  readonly places: Places
  readonly branches: () => ReadonlyArray<Branch>
}

export const numberOf = (order: Order, part: Fulfilment): string => `${order.number}-${part.part}`

/** Why a part cannot be told to 1C; in Russian, for whoever mends it. */
export class CannotSend extends Error {
  override readonly name = "CannotSend"
}

/** The same phone is the same buyer; without one each order has a buyer of its own. Looks like a GUID. */
const buyerId = ({ customer, id }: Order): string => {
  const digest = hash("sha256", `1c-buyer/${customer.phone ?? id}`)
  return [digest.slice(0, 8), digest.slice(8, 12), digest.slice(12, 16), digest.slice(16, 20), digest.slice(20, 32)]
    .join("-")
}

export const digitsOf = (currency: string): number =>
  new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2

/** Turns parts of orders into documents, each under its own number (D14). */
export class Composer {
  readonly #parts: ComposeParts

  constructor(parts: ComposeParts) {
    this.#parts = parts
  }

  /**
   * The part as it is now. `cancelled`: it is to be taken back there, whatever its status says here.
   * @throws CannotSend
   */
  document(pulled: PulledOrder, part: Fulfilment, cancelled: boolean): OrderDocument {
    const { config, wording, clock } = this.#parts
    const { order } = pulled
    const number = numberOf(order, part)
    if (number.length > MAX_NUMBER) {
      throw new CannotSend(`Номер ${number} длиннее ${MAX_NUMBER} символов: 1С заводила бы заказ заново при каждом обмене.`)
    }
    const lines = part.lines.filter(({ quantity }) => quantity > 0).map((line) => this.#line(line, pulled))
    return {
      id: part.id,
      number,
      ...clock.at(order.createdAt),
      currency: wording.currency(order.currency),
      digits: digitsOf(order.currency),
      buyer: this.#buyer(order),
      comment: this.#comment(order),
      warehouse: this.#warehouse(part),
      organization: config.organization ?? null,
      lines: [...lines, ...this.#delivery(order, part)],
      requisites: this.#requisites(order, part, cancelled)
    }
  }

  #line(line: OrderLine, { products, externalIds }: PulledOrder): DocumentLine {
    const product = line.productId === null ? undefined : products.get(line.productId)
    const id = line.productId === null ? undefined : externalIds.get(line.productId)
    if (id === undefined) {
      throw new CannotSend(
        `Товар «${product?.name.ru ?? line.asked}» не связан с номенклатурой этой базы 1С: без её Ид 1С завела бы новую ` +
          "номенклатуру. Выгрузите товар из 1С в хаб или замените строку, затем повторите отправку заказа."
      )
    }
    return {
      id,
      sku: product?.sku ?? null,
      barcode: product?.barcodes[0] ?? null,
      name: product?.name.ru ?? line.asked,
      quantity: line.quantity,
      price: (line.price ?? line.channelPrice)?.amount ?? 0,
      service: false
    }
  }

  /** Once an order, with its first part. */
  #delivery(order: Order, part: Fulfilment): ReadonlyArray<DocumentLine> {
    const { delivery } = this.#parts.config
    const first = Math.min(...order.fulfilments.map((f) => f.part))
    if (delivery === undefined || order.delivery.type !== "courier" || part.part !== first) return []
    return [{ id: delivery.id, sku: null, barcode: null, name: delivery.name, quantity: 1, price: delivery.price, service: true }]
  }

  #buyer(order: Order): OrderDocument["buyer"] {
    const { counterparty } = this.#parts.config
    const { name, phone } = order.customer
    const shown = name.trim() === "" ? "Покупатель" : name.trim()
    return {
      id: counterparty?.id ?? buyerId(order),
      name: counterparty?.name ?? shown,
      phone,
      address: order.delivery.type === "courier" ? order.delivery.address.text : null
    }
  }

  #comment({ customer, delivery, comment }: Order): string | null {
    const contacts = this.#parts.config.contactsInComment
      ? [customer.name.trim(), customer.phone ?? "", delivery.type === "courier" ? delivery.address.text : ""]
      : []
    const text = [contacts.filter((word) => word !== "").join(", "), comment ?? ""].filter((word) => word !== "")
    return text.length === 0 ? null : text.join("\n")
  }

  #warehouse({ branchId }: Fulfilment): OrderDocument["warehouse"] {
    if (branchId === null || !this.#parts.places.takes(branchId)) return null
    const { places, config, branches } = this.#parts
    const name = config.warehouseNames[branchId] ?? branches().find(({ id }) => id === branchId)?.name ?? branchId
    return { id: places.warehouse(branchId), name }
  }

  #requisites(order: Order, part: Fulfilment, cancelled: boolean): OrderDocument["requisites"] {
    const { config, wording, clock } = this.#parts
    const paid = order.payment.state === "paid" || order.payment.state === "refundDue"
    const changed = clock.at(order.updatedAt)
    const warehouse = this.#warehouse(part)
    const courier = order.delivery.type === "courier" ? order.delivery.address.text : null
    const pairs: ReadonlyArray<readonly [string, string | null]> = [
      ["Статус заказа", wording.status(cancelled ? "cancelled" : part.status)],
      ["Отменен", String(cancelled)],
      ["Финальный статус", String(cancelled || part.status === "closed")],
      ["Метод оплаты", wording.payment(order.payment.method)],
      ["Заказ оплачен", String(paid)],
      ["Способ доставки", courier === null ? "Самовывоз" : "Курьер"],
      ["Адрес доставки", courier],
      ["Дата изменения статуса", `${changed.date} ${changed.time}`],
      ["Организация", config.organization ?? null],
      ["Склад", warehouse?.name ?? null]
    ]
    return pairs.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  }
}
