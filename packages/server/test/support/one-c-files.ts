import type { OneCFile } from "@aptekit/adapter-1c/testing"

const GOODS = 600
const WAREHOUSES = ["moscow", "almaty", "astana"]
const FORMED = "2026-11-20T09:15:00"

const document = (content: string): Uint8Array =>
  Buffer.from(
    `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация ВерсияСхемы="2.07" ДатаФормирования="${FORMED}">\n` +
      `${content}\n</КоммерческаяИнформация>\n`,
    "utf8"
  )

const idOf = (n: number): string => `bd72d8f9-55bc-11d9-848a-${String(n).padStart(12, "0")}`

export const goodsIds: ReadonlyArray<string> = Array.from({ length: GOODS }, (_, n) => idOf(n))

const goods = (n: number): string =>
  `<Товар><Ид>${idOf(n)}</Ид><Артикул>A-${n}</Артикул><Наименование>Витамин ${n}</Наименование></Товар>`

const unitsOf = (n: number, warehouse: number): number => (7 * n + 3 * warehouse) % 11

const offer = (n: number): string =>
  `<Предложение><Ид>${idOf(n)}</Ид><Цены><Цена><ИдТипаЦены>retail-1c</ИдТипаЦены><ЦенаЗаЕдиницу>${100 + n}.50</ЦенаЗаЕдиницу>` +
  `<Валюта>KZT</Валюта></Цена></Цены>` +
  WAREHOUSES.map((id, w) => `<Склад ИдСклада="${id}" КоличествоНаСкладе="${unitsOf(n, w)}"/>`).join("") + "</Предложение>"

const all = (make: (n: number) => string): string => Array.from({ length: GOODS }, (_, n) => make(n)).join("\n")

/** A catalogue of 600 goods, and their offers with one price and three warehouses: made here, no real base. */
export const bigCatalogue = (): OneCFile => ({
  name: "import0_1.xml",
  bytes: document(`<Каталог><Ид>1</Ид><Товары>\n${all(goods)}\n</Товары></Каталог>`)
})

export const bigOffers = (): OneCFile => ({
  name: "offers0_1.xml",
  bytes: document(
    "<ПакетПредложений><Ид>1#</Ид><ТипыЦен><ТипЦены><Ид>retail-1c</Ид><Наименование>Розничная</Наименование></ТипЦены></ТипыЦен>" +
      `<Склады>${WAREHOUSES.map((id) => `<Склад><Ид>${id}</Ид><Наименование>Склад ${id}</Наименование></Склад>`).join("")}</Склады>` +
      `<Предложения>\n${all(offer)}\n</Предложения></ПакетПредложений>`
  )
})
