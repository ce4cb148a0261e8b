import type { XmlAttributes } from "../xml/attributes.ts"
import type { Rule, Rules } from "./automaton.ts"
import type { DeletionMark } from "./context.ts"
import type { ItemRecord, ItemUnit } from "./records.ts"

/** Numbers of the attributes an item may carry. */
export interface ItemAttributes {
  readonly status: number
  readonly code: number
  readonly fullName: number
  readonly shortName: number
  readonly international: number
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Pair = { name: string | null; value: string | null }

/** The lists of an item are arrays that grow while it is read. */
export type ItemDraft = Writable<Omit<ItemRecord, "id" | "deleted" | "line">> & {
  barcodes?: string[]
  groupIds?: string[]
  pictures?: string[]
  taxRates?: Array<{ name: string | null; rate: string | null }>
  properties?: Array<{ id: string | null; values: string[] }>
  requisites?: Pair[]
  characteristics?: Pair[]
}

const ITEM_CHILDREN: Readonly<Record<string, string>> = {
  Наименование: "item.name",
  Артикул: "item.sku",
  Код: "item.code",
  Штрихкод: "item.barcode",
  Штрихкоды: "item.barcodes",
  Описание: "item.description",
  Картинка: "item.picture",
  Категория: "item.category",
  Страна: "item.country",
  Вес: "item.weight",
  Группы: "item.groups",
  БазоваяЕдиница: "item.unit",
  Изготовитель: "item.manufacturer",
  СтавкиНалогов: "item.taxRates",
  ЗначенияСвойств: "item.properties",
  ЗначенияРеквизитов: "item.requisites",
  ХарактеристикиТовара: "item.characteristics",
  Статус: "item.status",
  ПометкаУдаления: "item.mark"
}

/** Reads what `Товар` and `Предложение` have in common (an offer extends a product in the schema). */
export class ItemReader {
  /** What the item says beyond its id; undefined as long as it says nothing. */
  draft: ItemDraft | undefined
  readonly #mark: DeletionMark
  readonly #attributes: ItemAttributes

  constructor(mark: DeletionMark, attributes: ItemAttributes) {
    this.#mark = mark
    this.#attributes = attributes
  }

  static readonly children = ITEM_CHILDREN

  begin(attributes: XmlAttributes): void {
    this.draft = undefined
    this.#mark.reset()
    const status = attributes.find(this.#attributes.status)
    if (status >= 0) this.#mark.status(attributes.text(status))
  }

  rules(): Rules {
    return {
      ...this.#plainRules(),
      ...this.#unitRules(),
      ...this.#nestedRules(),
      "item.status": { value: (field) => this.#mark.status(field.text()) },
      "item.mark": { value: (field) => this.#mark.mark(field.text()) }
    }
  }

  #item(): ItemDraft {
    return (this.draft ??= {})
  }

  #plainRules(): Rules {
    const text = (key: "categoryId" | "code" | "country" | "description" | "name" | "sku" | "weight"): Rule => ({
      value: (field) => { this.#item()[key] = field.textOrNull() }
    })
    const list = (key: "barcodes" | "groupIds" | "pictures"): Rule => ({
      value: (field) => {
        const values = (this.#item()[key] ??= [])
        if (!field.isEmpty) values.push(field.text())
      }
    })
    return {
      "item.name": text("name"),
      "item.sku": text("sku"),
      "item.code": text("code"),
      "item.description": text("description"),
      "item.category": text("categoryId"),
      "item.country": text("country"),
      "item.weight": text("weight"),
      "item.barcode": list("barcodes"),
      "item.barcodes": { children: { Штрихкод: "item.barcode" } },
      "item.picture": list("pictures"),
      "item.groups": { open: () => { this.#item().groupIds ??= [] }, children: { Ид: "item.group" } },
      "item.group": list("groupIds")
    }
  }

  #unitRules(): Rules {
    let unit: Writable<ItemUnit> = noUnit()
    let conversion: { unit: string | null; factor: string | null } = { unit: null, factor: null }
    return {
      "item.unit": {
        open: (attributes) => { unit = this.#unitOf(attributes) },
        children: { Пересчет: "item.conversion" },
        // The text is the short name beside attributes or before 3.x, and the code in 3.x.
        value: (field) => {
          if (field.isEmpty) return
          const text = field.text()
          if (unit.code === null && /^\d+$/.test(text)) unit.code = text
          else unit.shortName ??= text
        },
        close: () => { this.#item().unit = unit }
      },
      "item.conversion": {
        open: () => { conversion = { unit: null, factor: null } },
        children: { Единица: "item.conversion.unit", Коэффициент: "item.conversion.factor" },
        close: () => { unit.conversions = [...unit.conversions, conversion] }
      },
      "item.conversion.unit": { value: (field) => { conversion.unit = field.textOrNull() } },
      "item.conversion.factor": { value: (field) => { conversion.factor = field.textOrNull() } }
    }
  }

  #unitOf(attributes: XmlAttributes): Writable<ItemUnit> {
    const text = (name: number): string | null => {
      const index = attributes.find(name)
      return index < 0 ? null : attributes.text(index).trim() || null
    }
    const { code, fullName, shortName, international } = this.#attributes
    return {
      ...noUnit(),
      code: text(code),
      name: text(fullName),
      shortName: text(shortName),
      international: text(international)
    }
  }

  #nestedRules(): Rules {
    return {
      ...this.#manufacturerRules(),
      ...this.#propertyRules(),
      ...this.#pairRules("requisites", "ЗначениеРеквизита", () => this.#item().requisites ??= []),
      ...this.#pairRules("characteristics", "ХарактеристикаТовара", () => this.#item().characteristics ??= []),
      ...this.#taxRules()
    }
  }

  #manufacturerRules(): Rules {
    let manufacturer: { id: string | null; name: string | null } = { id: null, name: null }
    return {
      "item.manufacturer": {
        open: () => { this.#item().manufacturer = manufacturer = { id: null, name: null } },
        children: { Ид: "item.manufacturer.id", Наименование: "item.manufacturer.name" }
      },
      "item.manufacturer.id": { value: (field) => { manufacturer.id = field.textOrNull() } },
      "item.manufacturer.name": { value: (field) => { manufacturer.name = field.textOrNull() } }
    }
  }

  #taxRules(): Rules {
    let rate: { name: string | null; rate: string | null } = { name: null, rate: null }
    return {
      "item.taxRates": { children: { СтавкаНалога: "item.taxRate" } },
      "item.taxRate": {
        open: () => { (this.#item().taxRates ??= []).push(rate = { name: null, rate: null }) },
        children: { Наименование: "item.taxRate.name", Ставка: "item.taxRate.rate" }
      },
      "item.taxRate.name": { value: (field) => { rate.name = field.textOrNull() } },
      "item.taxRate.rate": { value: (field) => { rate.rate = field.textOrNull() } }
    }
  }

  #propertyRules(): Rules {
    let property: { id: string | null; values: string[] } = { id: null, values: [] }
    return {
      "item.properties": {
        open: () => { this.#item().properties ??= [] },
        children: { ЗначенияСвойства: "item.property" }
      },
      "item.property": {
        open: () => { (this.#item().properties ??= []).push(property = { id: null, values: [] }) },
        children: { Ид: "item.property.id", Значение: "item.property.value" }
      },
      "item.property.id": { value: (field) => { property.id = field.textOrNull() } },
      "item.property.value": { value: (field) => { if (!field.isEmpty) property.values.push(field.text()) } }
    }
  }

  /** A list of `Наименование` with `Значение`; a name with several values becomes several pairs. */
  #pairRules(rule: string, element: string, list: () => Pair[]): Rules {
    let name: string | null = null
    return {
      [`item.${rule}`]: { open: () => void list(), children: { [element]: `item.${rule}.pair` } },
      [`item.${rule}.pair`]: {
        open: () => { name = null },
        children: { Наименование: `item.${rule}.name`, Значение: `item.${rule}.value` }
      },
      [`item.${rule}.name`]: { value: (field) => { name = field.textOrNull() } },
      [`item.${rule}.value`]: { value: (field) => void list().push({ name, value: field.textOrNull() }) }
    }
  }
}

const noUnit = (): Writable<ItemUnit> =>
  ({ code: null, name: null, shortName: null, international: null, conversions: [] })
