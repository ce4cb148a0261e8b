import { closeSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"

/** What a pharmacy chain's exchange has: a price type of its own and a warehouse for each branch. */
export interface ExchangeSize {
  readonly products: number
  readonly branches: number
}

/** Of 17 branches some 79 % have a product: the gaps make 669,081 rows of 850,000. */
const FILLED = 0.7873
const FLUSH = 1024 * 1024

/** Small, fast and the same on every machine: figures for one cell (mulberry32). */
const random = (seed: number): number => {
  let value = (seed + 0x6d2b79f5) | 0
  value = Math.imul(value ^ (value >>> 15), value | 1)
  value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
  return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
}

const guid = (kind: number, index: number): string =>
  `${(Math.imul(index + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}-7dde-11e8-80cb-` +
  `${kind.toString(16).padStart(4, "0")}${index.toString(16).padStart(8, "0")}`

export const productGuid = (product: number): string => guid(1, product)
export const warehouseGuid = (branch: number): string => guid(2, branch)
export const priceTypeGuid = (branch: number): string => guid(3, branch)

const cell = (product: number, branch: number, salt: number): number => random(product * 64 + branch + salt * 0x1000000)

/** The figures of one generation of files: in a later one 2 % of the rows differ and 0.5 % of the stock is 0. */
export const figuresOf = (generation: number) => {
  const latest = (product: number, branch: number, salt: number, share: number): number => {
    let found = 0
    for (let g = 1; g <= generation; g++) if (cell(product, branch, salt + 10 * g) < share) found = g
    return found
  }
  return {
    has: (product: number, branch: number): boolean => cell(product, branch, 1) < FILLED,
    units: (product: number, branch: number): number => {
      if (generation > 0 && cell(product, branch, 4 + 10 * generation) < 0.005) return 0
      return 1 + Math.floor(cell(product, branch, 2 + 100 * latest(product, branch, 5, 0.02)) * 60)
    },
    price: (product: number, branch: number): number =>
      10_000 + Math.floor(cell(product, branch, 3 + 100 * latest(product, branch, 6, 0.02)) * 2_000_000)
  }
}

class XmlFile {
  readonly #handle: number
  #text = ""

  constructor(path: string) {
    this.#handle = openSync(path, "w")
    this.#text = '<?xml version="1.0" encoding="UTF-8"?>\n'
  }

  write(text: string): void {
    this.#text += text
    if (this.#text.length < FLUSH) return
    writeSync(this.#handle, this.#text)
    this.#text = ""
  }

  close(): void {
    writeSync(this.#handle, this.#text)
    closeSync(this.#handle)
  }
}

const head = (formedAt: string): string =>
  `<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_210" ВерсияСхемы="2.10" ДатаФормирования="${formedAt}">\n` +
  '\t<ПакетПредложений СодержитТолькоИзменения="false">\n\t\t<Ид>#</Ид>\n\t\t<Предложения>\n'
const TAIL = "\t\t</Предложения>\n\t</ПакетПредложений>\n</КоммерческаяИнформация>\n"

const stockRow = (warehouse: string, units: number): string =>
  `\t\t\t\t\t<Остаток>\n\t\t\t\t\t\t<Склад>\n\t\t\t\t\t\t\t<Ид>${warehouse}</Ид>\n` +
  `\t\t\t\t\t\t\t<Количество>${units}</Количество>\n\t\t\t\t\t\t</Склад>\n\t\t\t\t\t</Остаток>\n`

const priceRow = (type: string, minor: number): string =>
  `\t\t\t\t\t<Цена>\n\t\t\t\t\t\t<ИдТипаЦены>${type}</ИдТипаЦены>\n` +
  `\t\t\t\t\t\t<ЦенаЗаЕдиницу>${(minor / 100).toFixed(2)}</ЦенаЗаЕдиницу>\n\t\t\t\t\t\t<Валюта>KZT</Валюта>\n` +
  "\t\t\t\t\t\t<Единица>шт</Единица>\n\t\t\t\t\t</Цена>\n"

export interface ExchangeFiles {
  readonly rests: string
  readonly prices: string
  /** Rows of each of the two. */
  readonly rows: number
}

/** Writes rests.xml and prices.xml of one generation; 0 is the first load. */
export const writeExchange = (
  folder: string,
  { products, branches }: ExchangeSize,
  generation: number,
  formedAt: string
): ExchangeFiles => {
  const paths = { rests: join(folder, `rests${generation}.xml`), prices: join(folder, `prices${generation}.xml`) }
  const { has, units, price } = figuresOf(generation)
  const [rests, prices] = [new XmlFile(paths.rests), new XmlFile(paths.prices)]
  let rows = 0
  for (const file of [rests, prices]) file.write(head(formedAt))
  for (let product = 0; product < products; product++) {
    const open = `\t\t\t<Предложение>\n\t\t\t\t<Ид>${productGuid(product)}</Ид>\n`
    rests.write(`${open}\t\t\t\t<Остатки>\n`)
    prices.write(`${open}\t\t\t\t<Цены>\n`)
    for (let branch = 0; branch < branches; branch++) {
      if (!has(product, branch)) continue
      rows++
      rests.write(stockRow(warehouseGuid(branch), units(product, branch)))
      prices.write(priceRow(priceTypeGuid(branch), price(product, branch)))
    }
    rests.write("\t\t\t\t</Остатки>\n\t\t\t</Предложение>\n")
    prices.write("\t\t\t\t</Цены>\n\t\t\t</Предложение>\n")
  }
  for (const file of [rests, prices]) {
    file.write(TAIL)
    file.close()
  }
  return { ...paths, rows }
}

/** Writes import.xml: the goods themselves, with descriptions of so many letters. */
export const writeCatalogue = (path: string, products: number, letters: number): void => {
  const file = new XmlFile(path)
  const text = "Хранить в недоступном для детей месте при температуре не выше 25 градусов. "
  const description = text.repeat(Math.ceil(letters / text.length)).slice(0, letters)
  file.write('<КоммерческаяИнформация ВерсияСхемы="2.10" ДатаФормирования="2026-11-20T09:00:00">\n\t<Каталог>\n\t\t<Ид>1</Ид>\n\t\t<Товары>\n')
  for (let product = 0; product < products; product++) {
    file.write(
      `\t\t\t<Товар>\n\t\t\t\t<Ид>${productGuid(product)}</Ид>\n\t\t\t\t<Артикул>A${product}</Артикул>\n` +
      `\t\t\t\t<Штрихкод>${4_870_000_000_000 + product}</Штрихкод>\n\t\t\t\t<Наименование>Товар ${product}</Наименование>\n` +
      `${letters > 0 ? `\t\t\t\t<Описание>${description}</Описание>\n` : ""}\t\t\t</Товар>\n`
    )
  }
  file.write("\t\t</Товары>\n\t</Каталог>\n</КоммерческаяИнформация>\n")
  file.close()
}

/** Writes offers.xml as УТ 11 does (2.07): prices and stock of an offer together, warehouses as attributes. Gives its rows. */
export const writeOffers = (path: string, { products, branches }: ExchangeSize): number => {
  const file = new XmlFile(path)
  const { has, units, price } = figuresOf(0)
  let rows = 0
  file.write(head("2026-11-20T09:00:00").replace("2.10", "2.07"))
  for (let product = 0; product < products; product++) {
    const filled = Array.from({ length: branches }, (_, branch) => branch).filter((branch) => has(product, branch))
    rows += 2 * filled.length
    file.write(
      `\t\t\t<Предложение>\n\t\t\t\t<Ид>${productGuid(product)}</Ид>\n\t\t\t\t<Наименование>Товар ${product}</Наименование>\n` +
      '\t\t\t\t<БазоваяЕдиница Код="796 " НаименованиеПолное="Штука" МеждународноеСокращение="PCE">шт</БазоваяЕдиница>\n' +
      `\t\t\t\t<Цены>\n${filled.map((branch) => priceRow(priceTypeGuid(branch), price(product, branch))).join("")}\t\t\t\t</Цены>\n` +
      filled.map((branch) =>
        `\t\t\t\t<Склад ИдСклада="${warehouseGuid(branch)}" КоличествоНаСкладе="${units(product, branch)}"/>\n`).join("") +
      "\t\t\t</Предложение>\n"
    )
  }
  file.write(TAIL)
  file.close()
  return rows
}
