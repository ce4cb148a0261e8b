import type { Buyer, DocumentLine, DocumentStyle, OrderDocument } from "./model.ts"
import { element, leaf, type Xml } from "./xml.ts"

/** How dates and amounts are written, as 1C tells it itself. */
const FORMATS = {
  ФорматДаты: "ДФ=yyyy-MM-dd; ДЛФ=DT",
  ФорматВремени: "ДФ=ЧЧ:мм:сс; ДЛФ=T",
  РазделительДатаВремя: "T",
  ФорматСуммы: "ЧЦ=18; ЧДЦ=2; ЧРД=.",
  ФорматКоличества: "ЧЦ=18; ЧДЦ=2; ЧРД=."
}

/** Longest texts that the schema of 1C takes. */
const MAX_NAME = 250
const MAX_COMMENT = 3000

/** Minor units with a point: 49000 → `490.00`. Integers all the way. */
export const amountOf = (minor: number, digits: number): string => {
  const text = String(minor).padStart(digits + 1, "0")
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

const requisites = (pairs: ReadonlyArray<readonly [string, string]>): string =>
  element("ЗначенияРеквизитов", pairs.map(([name, value]) =>
    element("ЗначениеРеквизита", [leaf("Наименование", name), leaf("Значение", value)])
  ))

const address = (name: string, text: string | null): Xml =>
  text === null ? null : element(name, [leaf("Представление", text.slice(0, 500))])

const contacts = (phone: string | null, type: string): Xml =>
  phone === null
    ? null
    : element("Контакты", [element("Контакт", [leaf("Тип", type), leaf("Значение", phone)])])

/**
 * The buyer. УТ and УНФ read them in the order of the schema, УНФ takes the address from `Адрес`; Битрикс has the
 * person once more as representative (complaint 14 of reference/1c.md).
 */
const buyerOf = ({ id, name, phone, address: place }: Buyer, style: DocumentStyle): string => {
  const short = name.slice(0, MAX_NAME)
  const head = [leaf("Ид", id), leaf("Наименование", short)]
  const phones = contacts(phone, style.phoneType)
  if (style.dialect === "bitrix") {
    const person = [leaf("Отношение", "Контактное лицо"), leaf("Ид", id), leaf("Наименование", short), phones]
    return element("Контрагент", [
      ...head,
      leaf("ПолноеНаименование", short),
      leaf("Роль", "Покупатель"),
      address("АдресРегистрации", place),
      phones,
      element("Представители", [element("Представитель", [element("Контрагент", person)])])
    ])
  }
  return element("Контрагент", [
    ...head,
    leaf("ПолноеНаименование", short),
    address("АдресРегистрации", place),
    style.dialect === "unf" ? address("Адрес", place) : null,
    phones,
    leaf("Роль", "Покупатель")
  ])
}

const lineOf = (line: DocumentLine, { unit }: DocumentStyle, digits: number): string => {
  const kind = line.service ? "Услуга" : "Товар"
  return element("Товар", [
    leaf("Ид", line.id),
    leaf("Штрихкод", line.barcode),
    leaf("Артикул", line.sku),
    leaf("Наименование", line.name.slice(0, MAX_NAME)),
    leaf("БазоваяЕдиница", unit.short, {
      Код: unit.code,
      НаименованиеПолное: unit.name,
      МеждународноеСокращение: unit.international
    }),
    leaf("ЦенаЗаЕдиницу", amountOf(line.price, digits)),
    leaf("Количество", line.quantity),
    leaf("Сумма", amountOf(line.price * line.quantity, digits)),
    requisites([["ВидНоменклатуры", kind], ["ТипНоменклатуры", kind]])
  ])
}

const documentOf = (order: OrderDocument, style: DocumentStyle): string => {
  const total = order.lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
  const [time, comment] = [leaf("Время", order.time), leaf("Комментарий", order.comment?.slice(0, MAX_COMMENT))]
  const [bitrix, { warehouse }] = [style.dialect === "bitrix", order]
  const places = bitrix || warehouse === null || warehouse.id === null
    ? null
    : element("Склады", [element("Склад", [leaf("Ид", warehouse.id), leaf("Наименование", warehouse.name)])])
  return element("Документ", [
    leaf("Ид", order.id),
    leaf("Номер", order.number),
    leaf("Дата", order.date),
    bitrix ? time : null,
    leaf("ХозОперация", "Заказ товара"),
    leaf("Роль", "Продавец"),
    leaf("Валюта", order.currency),
    leaf("Курс", 1),
    leaf("Сумма", amountOf(total, order.digits)),
    bitrix ? leaf("Организация", order.organization) : null,
    bitrix ? leaf("Склад", warehouse?.name) : null,
    element("Контрагенты", [buyerOf(order.buyer, style)]),
    bitrix ? null : time,
    comment,
    places,
    element("Товары", order.lines.map((line) => lineOf(line, style, order.digits))),
    requisites(order.requisites)
  ])
}

/**
 * The answer to mode=query as text: begins with `<?xml`, whatever is in it (fact 48). `formedAt`: wall clock of the
 * base, `2026-11-23T11:00:00`.
 */
export const writeOrders = (
  orders: ReadonlyArray<OrderDocument>,
  style: DocumentStyle,
  formedAt: string
): string => {
  const documents = orders.map((order) => documentOf(order, style))
  return `<?xml version="1.0" encoding="${style.encoding === "utf-8" ? "UTF-8" : style.encoding}"?>\n` + element(
    "КоммерческаяИнформация",
    style.dialect === "bitrix" ? documents.map((document) => element("Контейнер", [document])) : documents,
    {
      ...(style.namespace === null ? {} : { xmlns: style.namespace }),
      ВерсияСхемы: style.version,
      ДатаФормирования: formedAt,
      ...(style.dialect === "bitrix" ? {} : FORMATS)
    }
  )
}
