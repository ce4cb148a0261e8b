import { randomUUID } from "node:crypto"
import { encodeXml } from "../documents/encode.ts"
import { child, descendants, parseTree, textAt, type XmlNode } from "../documents/tree.ts"
import { element, leaf, type Xml } from "../documents/xml.ts"
import type { Dialect, OneCFile } from "./client.ts"

/** A line of a document in the base; `price` as the base writes it. */
export interface BaseLine {
  readonly id: string
  readonly name: string
  readonly quantity: number
  readonly price: string
  readonly service: boolean
}

/** An order as the base has it. */
export interface BaseOrder {
  /** The site's number, as much of it as the lookup table keeps. */
  readonly key: string
  /** GUID of the document. */
  readonly id: string
  /** What 1C calls it. */
  readonly title: string
  readonly siteId: string
  readonly warehouse: string | null
  readonly buyer: string
  readonly phone: string | null
  readonly currency: string
  readonly date: string
  readonly time: string
  readonly lines: ReadonlyArray<BaseLine>
  /** «ОжидаетсяСогласование»: only then a document of the site overwrites it (fact 53). */
  readonly awaiting: boolean
  readonly cancelled: boolean
  readonly deleted: boolean
  readonly paidAt: string | null
  readonly shippedAt: string | null
  /** УНФ, Битрикс: its own status; null: none was set. */
  readonly status: string | null
  /** «Статус заказа» of the site. */
  readonly siteStatus: string | null
  /** Registered for the exchange. */
  readonly changed: boolean
}

/** What the base holds, and on what it fails. */
export interface OneCBaseOptions {
  readonly dialect: Dialect
  /** Ids of the goods that the base has. Others are made anew when an order names them (fact 56). */
  readonly goods: ReadonlyArray<string>
  /** Numbers of documents on which loading fails (fact 51). */
  readonly poison?: ReadonlySet<string>
  /** How currencies are written in this base; others fail. */
  readonly currencies?: ReadonlyArray<string>
}

/** A document could not be loaded: those before it stay, no success is sent. */
export class LoadFailed extends Error {
  override readonly name = "LoadFailed"
}

/** Width of the column that the site's number is looked up in (fact 52). */
const KEY_LENGTH: Readonly<Record<Dialect, number>> = { ut: 11, unf: 50, bitrix: 50 }

const requisites = (node: XmlNode): ReadonlyMap<string, string> =>
  new Map((child(node, "ЗначенияРеквизитов")?.children ?? []).map((pair) =>
    [textAt(pair, "Наименование") ?? "", textAt(pair, "Значение") ?? ""] as const
  ))

/** The orders of a 1C base and what its exchange module does with them: a stateful stand-in for tests. */
export class OneCBase {
  readonly #options: OneCBaseOptions
  readonly #goods: Set<string>
  readonly orders: Array<BaseOrder> = []
  /** Goods that loading made because it did not know their id. */
  readonly madeGoods: Array<string> = []
  /** Documents that were skipped because the order was approved (fact 53). */
  readonly skipped: Array<string> = []

  constructor(options: OneCBaseOptions) {
    this.#options = options
    this.#goods = new Set(options.goods)
  }

  /** @throws Error if the base has none or several of this number */
  order(number: string): BaseOrder {
    const found = this.orders.filter(({ key }) => key === number)
    if (found.length !== 1) throw new Error(`the base has ${found.length} orders ${number}`)
    return found[0]!
  }

  /** The operator of 1C approves it: from now on the site's changes are skipped. */
  approve(number: string, status: string | null = null): void {
    this.#change(number, { awaiting: false, status })
  }

  ship(number: string, at = "2026-11-24T10:00:00", status: string | null = null): void {
    this.#change(number, { awaiting: false, shippedAt: at, status: status ?? this.order(number).status })
  }

  pay(number: string, at = "2026-11-24T09:00:00"): void {
    this.#change(number, { paidAt: at })
  }

  cancel(number: string): void {
    this.#change(number, { cancelled: true })
  }

  markDeleted(number: string): void {
    this.#change(number, { deleted: true })
  }

  /** A line gets another quantity; 0 removes it. */
  cut(number: string, goods: string, quantity: number): void {
    const lines = this.order(number).lines.map((line) => (line.id === goods ? { ...line, quantity } : line))
    this.#change(number, { lines: lines.filter((line) => line.quantity > 0) })
  }

  /**
   * Loads the answer to mode=query, document by document. Gives the GUIDs of the orders that it touched.
   * @throws LoadFailed
   */
  load(answer: Uint8Array): ReadonlySet<string> {
    const touched = new Set<string>()
    for (const node of descendants(parseTree(answer), "Документ")) {
      const order = this.#read(node)
      this.#check(node)
      const known = this.orders.find(({ key }) => key === order.number)
      if (known === undefined) this.orders.push(order.make())
      else if (!known.awaiting && this.#options.dialect === "ut") this.skipped.push(known.key)
      else this.#put(known.id, order.over)
      touched.add((known ?? this.orders.at(-1)!).id)
    }
    return touched
  }

  /** What is registered and was not loaded in this session (fact 62), as 1C writes it; undefined if there is nothing. */
  back(loaded: ReadonlySet<string>): OneCFile | undefined {
    const due = this.orders.filter(({ id, changed }) => changed && !loaded.has(id))
    if (due.length === 0) return undefined
    const { dialect } = this.#options
    const documents = due.map((order) => this.#document(order))
    const version = { ut: "2.07", unf: "2.08", bitrix: "3.1" }[dialect]
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n` + element(
      "КоммерческаяИнформация",
      dialect === "bitrix" ? documents.map((document) => element("Контейнер", [document])) : documents,
      { xmlns: "urn:1C.ru:commerceml_2", ВерсияСхемы: version, ДатаФормирования: "2026-11-24T12:00:00" }
    )
    const name = dialect === "unf" ? `orders-${randomUUID()}_.xml` : "orders.xml"
    return { name, bytes: encodeXml(xml, "utf-8", true) }
  }

  /** The site has taken them: they are registered no more (fact 27). */
  taken(loaded: ReadonlySet<string>): void {
    for (const { id, changed } of this.orders) if (changed && !loaded.has(id)) this.#put(id, { changed: false })
  }

  #change(number: string, over: Partial<BaseOrder>): void {
    this.#put(this.order(number).id, { ...over, changed: true })
  }

  #put(id: string, over: Partial<BaseOrder>): void {
    const at = this.orders.findIndex((order) => order.id === id)
    this.orders[at] = { ...this.orders[at]!, ...over }
  }

  #check(node: XmlNode): void {
    const number = textAt(node, "Номер") ?? ""
    const { poison, currencies = ["KZT", "RUB", "тнг", "руб"] } = this.#options
    const reason = poison?.has(number) === true
      ? "контрагент не определён"
      : textAt(node, "ХозОперация") !== "Заказ товара"
        ? "неизвестная хозяйственная операция"
        : !currencies.includes(textAt(node, "Валюта") ?? "")
          ? "валюта не найдена"
          : textAt(node, "Контрагенты", "Контрагент", "Наименование") === null
            ? "нет контрагента"
            : undefined
    if (reason !== undefined) throw new LoadFailed(`Заказ ${number}: ${reason}`)
  }

  #read(node: XmlNode) {
    const { dialect } = this.#options
    const number = textAt(node, "Номер") ?? ""
    const told = requisites(node)
    const over = {
      lines: (child(node, "Товары")?.children ?? []).map((line) => this.#line(line)),
      warehouse: dialect === "bitrix" ? textAt(node, "Склад") : textAt(node, "Склады", "Склад", "Ид"),
      cancelled: told.get("Отменен") === "true",
      siteStatus: told.get("Статус заказа") ?? null,
      changed: true
    }
    const make = (): BaseOrder => ({
      key: number.slice(0, KEY_LENGTH[dialect]),
      id: randomUUID(),
      title: `СА-${String(this.orders.length + 1).padStart(6, "0")}`,
      siteId: textAt(node, "Ид") ?? "",
      buyer: textAt(node, "Контрагенты", "Контрагент", "Наименование") ?? "",
      phone: textAt(node, "Контрагенты", "Контрагент", "Контакты", "Контакт", "Значение"),
      currency: textAt(node, "Валюта") ?? "",
      date: textAt(node, "Дата") ?? "",
      time: textAt(node, "Время") ?? "",
      awaiting: true,
      deleted: false,
      paidAt: null,
      shippedAt: null,
      status: null,
      ...over
    })
    return { number, over, make }
  }

  #line(node: XmlNode): BaseLine {
    const id = textAt(node, "Ид") ?? ""
    const service = requisites(node).get("ТипНоменклатуры") === "Услуга"
    if (!service && !this.#goods.has(id)) {
      this.madeGoods.push(textAt(node, "Наименование") ?? id)
      this.#goods.add(id)
    }
    return {
      id,
      name: textAt(node, "Наименование") ?? "",
      quantity: Number(textAt(node, "Количество")),
      price: textAt(node, "ЦенаЗаЕдиницу") ?? "0",
      service
    }
  }

  #document(order: BaseOrder): string {
    const { dialect } = this.#options
    const isBitrix = dialect === "bitrix"
    return element("Документ", [
      leaf("Ид", isBitrix ? null : order.id),
      leaf("Номер", order.key),
      leaf("Дата", order.date),
      leaf("ХозОперация", "Заказ товара"),
      leaf("Роль", "Продавец"),
      leaf("Валюта", order.currency),
      leaf("Курс", 1),
      leaf("Время", order.time),
      element("Товары", order.lines.map((line) => documentLine(line))),
      element("ЗначенияРеквизитов", this.#flags(order).flatMap(([name, value]) =>
        value === null
          ? []
          : [element("ЗначениеРеквизита", [leaf("Наименование", name), leaf("Значение", value)])]
      ))
    ])
  }

  #flags(order: BaseOrder): ReadonlyArray<readonly [string, string | null]> {
    const { dialect } = this.#options
    const posted = String(!order.awaiting)
    const marks = [["Номер по 1С", order.title], ["ПометкаУдаления", String(order.deleted)]] as const
    const cancelled = ["Отменен", order.cancelled ? "true" : null] as const
    if (dialect === "bitrix") {
      const status = order.cancelled ? "Отменен" : order.status
      return [...marks, ["Статус заказа", order.siteStatus], ["СтатусЗаказа", status]]
    }
    if (dialect === "unf") {
      return [
        ...marks, ["Проведен", posted], cancelled, ["Оплачен", String(order.paidAt !== null)],
        ["Отгружен", String(order.shippedAt !== null)], ["Статус заказа", order.status ?? order.siteStatus]
      ]
    }
    return [
      ...marks, ["Проведен", posted], ["Дата оплаты по 1С", order.paidAt], ["Дата отгрузки по 1С", order.shippedAt], cancelled
    ]
  }
}

const documentLine = ({ id, name, quantity, price, service }: BaseLine): Xml =>
  element("Товар", [
    leaf("Ид", id),
    leaf("Наименование", name),
    leaf("БазоваяЕдиница", "шт", { Код: "796 " }),
    leaf("ЦенаЗаЕдиницу", price),
    leaf("Количество", quantity),
    leaf("Сумма", ""),
    element("ЗначенияРеквизитов", [element("ЗначениеРеквизита", [
      leaf("Наименование", "ТипНоменклатуры"),
      leaf("Значение", service ? "Услуга" : "Товар")
    ])])
  ])
