import { type ODataSimulator, oneCODataSimulator, type SimulatedTable } from "../../src/testing/index.ts"

export const id = (n: number): string => `b0a1f3c2-${String(n).padStart(4, "0")}-11ee-8a01-00155d010101`
export const NONE = "00000000-0000-0000-0000-000000000000"
export const NORTH = id(8001)
export const SOUTH = id(8002)
export const RETAIL = id(7001)
export const KZT = id(6001)
export const USD = id(6002)

const product = (n: number, more: object = {}) => ({
  Ref_Key: id(n), DataVersion: "AAAAAQAAAAA=", DeletionMark: false, IsFolder: false, Code: `C-${n}`,
  Description: `Товар ${n}`, Артикул: `A-${n}`, ...more
})
export const balance = (n: number, warehouse: string, units: number, more: object = {}) => ({
  Номенклатура_Key: id(n), Характеристика_Key: NONE, Склад_Key: warehouse, Серия_Key: NONE, Назначение_Key: NONE,
  Помещение_Key: NONE, ВНаличииBalance: units, КОтгрузкеBalance: 0, ...more
})
export const price = (n: number, amount: number, more: object = {}) => ({
  Period: "2026-11-01T00:00:00", Номенклатура_Key: id(n), Характеристика_Key: NONE, ВидЦены_Key: RETAIL, Цена: amount,
  Упаковка_Key: NONE, Валюта_Key: KZT, ...more
})

const guids = (...names: ReadonlyArray<string>) => Object.fromEntries(names.map((name) => [name, "Guid"]))

export const STOCK = "AccumulationRegister_ТоварыНаСкладах/Balance()"
export const PRICES = "InformationRegister_ЦеныНоменклатуры/SliceLast()"
export const GOODS = "Catalog_Номенклатура"
export const ORDER = "Document_ЗаказКлиента"
export const RECEIPT = "Document_ЧекККМ"

const line = { LineNumber: "Int64", ...guids("Номенклатура_Key", "Характеристика_Key"), Количество: "Double", КоличествоУпаковок: "Double", Цена: "Double", Сумма: "Double" }
const document = { ...guids("Ref_Key"), DataVersion: "String", DeletionMark: "Boolean", Number: "String", Date: "DateTime", Posted: "Boolean" }

/** A small УТ 11.5: three goods, two warehouses, one price type. */
export const tables = (): Record<string, SimulatedTable> => ({
  [GOODS]: {
    fields: { ...guids("Ref_Key"), DataVersion: "String", DeletionMark: "Boolean", IsFolder: "Boolean", Code: "String", Description: "String", Артикул: "String" },
    rows: [product(1), product(2), product(3), product(9, { IsFolder: true, Description: "Группа" })]
  },
  Catalog_ХарактеристикиНоменклатуры: {
    fields: { ...guids("Ref_Key"), DeletionMark: "Boolean", Description: "String" },
    rows: [{ Ref_Key: id(101), DeletionMark: false, Description: "красный" }]
  },
  InformationRegister_ШтрихкодыНоменклатуры: {
    fields: { ...guids("Номенклатура_Key", "Характеристика_Key", "Упаковка_Key"), Штрихкод: "String" },
    rows: ["4601234567893", "4870000000011"].map((code) => ({ Штрихкод: code, Номенклатура_Key: id(1), Характеристика_Key: NONE, Упаковка_Key: NONE }))
  },
  Catalog_СерииНоменклатуры: {
    fields: { ...guids("Ref_Key"), Номер: "String", ГоденДо: "DateTime" },
    rows: [{ Ref_Key: id(501), Номер: "A17", ГоденДо: "2027-03-31T00:00:00" }, { Ref_Key: id(502), Номер: "B18", ГоденДо: "0001-01-01T00:00:00" }]
  },
  Catalog_Валюты: {
    fields: { ...guids("Ref_Key"), Code: "String", Description: "String" },
    rows: [{ Ref_Key: KZT, Code: "398", Description: "KZT" }, { Ref_Key: USD, Code: "840", Description: "USD" }]
  },
  [STOCK]: {
    fields: { ...guids("Номенклатура_Key", "Характеристика_Key", "Склад_Key", "Серия_Key", "Назначение_Key", "Помещение_Key"), ВНаличииBalance: "Double", КОтгрузкеBalance: "Double" },
    rows: [balance(1, NORTH, 12, { КОтгрузкеBalance: 2 }), balance(1, SOUTH, 3), balance(2, NORTH, 5)]
  },
  [PRICES]: {
    fields: { Period: "DateTime", ...guids("Номенклатура_Key", "Характеристика_Key", "ВидЦены_Key", "Упаковка_Key", "Валюта_Key"), Цена: "Double" },
    rows: [price(1, 490), price(2, 1719.5), price(3, 10)]
  },
  [ORDER]: {
    fields: { ...document, ...guids("Партнер_Key", "Организация_Key", "Склад_Key"), НомерПоДаннымКлиента: "String", ДатаПоДаннымКлиента: "DateTime", Комментарий: "String", Статус: "String", Товары: line },
    rows: []
  },
  [RECEIPT]: { fields: { ...document, ...guids("Склад_Key"), Товары: line }, rows: [] }
})

export const simulate = (more: object = {}): ODataSimulator => oneCODataSimulator({ tables: tables(), ...more })
