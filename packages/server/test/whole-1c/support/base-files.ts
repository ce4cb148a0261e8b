import type { Dialect, OneCFile } from "@aptekit/adapter-1c/testing"

/** What goes in one session of 1C. */
export type Portion = ReadonlyArray<OneCFile>

export interface BaseOptions {
  readonly dialect: Dialect
  /** Goods of each portion. */
  readonly goods: number
  readonly portions: number
  /** Each one is later than the one before; prices and stock have changed, goods are marked or no longer marked. */
  readonly round: number
  /** Sets the ids and warehouses of one base apart from another's. */
  readonly base?: string
}

const UUID_END = 12
const DECLARATION = `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n`
const SPLIT_ID = "0e7d2b64-6f0a-4a5a-9a2e-4cb1a1c30f01"

export const goodsId = (n: number, base = "a"): string =>
  `bd72d8f9-55bc-11d9-848${base}-${String(n).padStart(UUID_END, "0")}`
export const warehouseId = (w: number, base = "a"): string => `b611259${w}-41ba-11dd-ac9${base}-0015e9b8c48d`
const WAREHOUSES = [0, 1, 2]
const PRICE_TYPE = "7c9fe0ba-1e34-11e4-8c21-0800200c9a01"

/** As of its round, with gaps, zeros and a fraction. */
const units = (n: number, w: number, round: number): string =>
  n % 7 === 3 ? `${(n + w) % 9}.500` : String((7 * n + 3 * w + 5 * round * (n % 2)) % 11)
const price = (n: number, round: number): string => `${100 + n + (n % 3 === 0 ? 10 * round : 0)}.50`
const isDeleted = (n: number, round: number): boolean => round % 2 === 1 && n % 10 === 9
const formedAt = (round: number): string => new Date(Date.UTC(2026, 10, 20, 9, round)).toISOString().slice(0, 19)

class Writer {
  readonly #options: BaseOptions
  constructor(options: BaseOptions) {
    this.#options = options
  }

  /** Numbers of the goods of a portion. */
  #numbers(portion: number): ReadonlyArray<number> {
    const { goods } = this.#options
    return Array.from({ length: goods }, (_, i) => portion * goods + i)
  }

  #document(content: string): Uint8Array {
    const { dialect, round } = this.#options
    const [space, version] = ({
      ut: ["urn:1C.ru:commerceml_2", "2.07"],
      unf: ["urn:1C.ru:commerceml_210", "2.08"],
      bitrix: ["urn:1C.ru:commerceml_3", "3.1"]
    } as const)[dialect]
    const head = `xmlns="${space}" ВерсияСхемы="${version}" ДатаФормирования="${formedAt(round)}"`
    return Buffer.from(`${DECLARATION}<КоммерческаяИнформация ${head}>\n${content}\n</КоммерческаяИнформация>\n`, "utf8")
  }

  /** Each dialect has a deletion mark of its own (fact 36). */
  #goods(n: number): string {
    const { dialect, round, base } = this.#options
    const deleted = isDeleted(n, round)
    const attribute = deleted && dialect === "ut" ? ` Статус="Удален"` : ""
    const mark = !deleted ? "" : dialect === "unf" ? "<Статус>Удален</Статус>" : dialect === "bitrix" ? "<ПометкаУдаления>true</ПометкаУдаления>" : ""
    return `<Товар${attribute}><Ид>${goodsId(n, base)}</Ид><Артикул>A-${n}</Артикул>` +
      `<Наименование>Витамин ${n}</Наименование>${mark}</Товар>`
  }

  #prices(n: number): string {
    return `<Цены><Цена><ИдТипаЦены>${PRICE_TYPE}</ИдТипаЦены><ЦенаЗаЕдиницу>${price(n, this.#options.round)}</ЦенаЗаЕдиницу>` +
      `<Валюта>RUB</Валюта></Цена></Цены>`
  }

  /** Shape a of fact 40 for УТ and УНФ, c for Битрикс. */
  #stock(n: number): string {
    const { dialect, round, base } = this.#options
    if (dialect !== "bitrix") {
      return WAREHOUSES.map((w) => `<Склад ИдСклада="${warehouseId(w, base)}" КоличествоНаСкладе="${units(n, w, round)}"/>`).join("")
    }
    const rests = WAREHOUSES.map((w) =>
      `<Остаток><Склад><Ид>${warehouseId(w, base)}</Ид><Количество>${units(n, w, round)}</Количество></Склад></Остаток>`)
    return `<Остатки>${rests.join("")}</Остатки>`
  }

  #offers(portion: number, content: (n: number) => string, head = ""): string {
    const offers = this.#numbers(portion)
      .map((n) => `<Предложение><Ид>${goodsId(n, this.#options.base)}</Ид>${content(n)}</Предложение>`)
    return `<ПакетПредложений><Ид>1#</Ид>${head}<Предложения>\n${offers.join("\n")}\n</Предложения></ПакетПредложений>`
  }

  #head(): string {
    const warehouses = WAREHOUSES.map((w) => {
      const id = warehouseId(w, this.#options.base)
      return `<Склад><Ид>${id}</Ид><Наименование>Аптека ${w}</Наименование></Склад>`
    })
    return `<ТипыЦен><ТипЦены><Ид>${PRICE_TYPE}</Ид><Наименование>Розничная</Наименование><Валюта>RUB</Валюта></ТипЦены></ТипыЦен>` +
      `<Склады>${warehouses.join("")}</Склады>`
  }

  #catalogue(portion: number): string {
    return `<Каталог><Ид>1</Ид><Товары>\n${this.#numbers(portion).map((n) => this.#goods(n)).join("\n")}\n</Товары></Каталог>`
  }

  /** Facts 24 and 39. */
  portion(k: number): Portion {
    const file = (name: string, content: string): OneCFile => ({ name, bytes: this.#document(content) })
    if (this.#options.dialect !== "bitrix") {
      return [
        file(`import0_${k + 1}.xml`, this.#catalogue(k)),
        file(`offers0_${k + 1}.xml`, this.#offers(k, (n) => this.#prices(n) + this.#stock(n), this.#head()))
      ]
    }
    const part = (name: string, content: string): OneCFile => file(`${name}_${k + 1}_${SPLIT_ID}.xml`, content)
    return [
      part("priceLists", `<Классификатор><Ид>1</Ид>${this.#head()}</Классификатор>`),
      part("goods", this.#catalogue(k)),
      part("offers", this.#offers(k, () => "")),
      part("prices", this.#offers(k, (n) => this.#prices(n))),
      part("rests", this.#offers(k, (n) => this.#stock(n)))
    ]
  }
}

/** A whole exchange of a made-up base, portion after portion: files of its dialect's version and shapes. */
export const portionsOf = (options: BaseOptions): ReadonlyArray<Portion> => {
  const writer = new Writer(options)
  return Array.from({ length: options.portions }, (_, k) => writer.portion(k))
}
