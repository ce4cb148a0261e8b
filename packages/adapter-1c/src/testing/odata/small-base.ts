import type { SimulatedRow, SimulatedTable } from "./model.ts"

const NONE = "00000000-0000-0000-0000-000000000000"

/** A GUID of the small base: goods are 1, 2, 3, their group 9. */
export const smallBaseId = (n: number): string => `b0a1f3c2-${String(n).padStart(4, "0")}-11ee-8a01-00155d010101`

/** What the small base has beside its goods: GUIDs for `warehouses`, `prices` and the like. */
export const SMALL_BASE = {
  warehouses: { north: smallBaseId(8001), south: smallBaseId(8002) },
  retail: smallBaseId(7001),
  tenge: smallBaseId(6001),
  dollar: smallBaseId(6002)
} as const

const { warehouses, retail, tenge, dollar } = SMALL_BASE

const guids = (...names: ReadonlyArray<string>) => Object.fromEntries(names.map((name) => [name, "Guid"]))

const product = (n: number, more: SimulatedRow = {}): SimulatedRow => ({
  Ref_Key: smallBaseId(n), DataVersion: "AAAAAQAAAAA=", DeletionMark: false, IsFolder: false, Code: `C-${n}`,
  Description: `Товар ${n}`, Артикул: `A-${n}`, ...more
})

/** A row of its balance. */
export const smallBaseBalance = (n: number, warehouse: string, units: number, more: SimulatedRow = {}): SimulatedRow => ({
  Номенклатура_Key: smallBaseId(n), Характеристика_Key: NONE, Склад_Key: warehouse, Серия_Key: NONE,
  Назначение_Key: NONE, Помещение_Key: NONE, ВНаличииBalance: units, КОтгрузкеBalance: 0, ...more
})

/** A row of its prices. */
export const smallBasePrice = (n: number, amount: number, more: SimulatedRow = {}): SimulatedRow => ({
  Period: "2026-11-01T00:00:00", Номенклатура_Key: smallBaseId(n), Характеристика_Key: NONE, ВидЦены_Key: retail,
  Цена: amount, Упаковка_Key: NONE, Валюта_Key: tenge, ...more
})

const barcode = (code: string): SimulatedRow =>
  ({ Штрихкод: code, Номенклатура_Key: smallBaseId(1), Характеристика_Key: NONE, Упаковка_Key: NONE })

const line = {
  LineNumber: "Int64", ...guids("Номенклатура_Key", "Характеристика_Key"), Количество: "Double",
  КоличествоУпаковок: "Double", Цена: "Double", Сумма: "Double"
}
const document = {
  ...guids("Ref_Key"), DataVersion: "String", DeletionMark: "Boolean", Number: "String", Date: "DateTime",
  Posted: "Boolean"
}
const receipt: SimulatedTable = { fields: { ...document, ...guids("Склад_Key"), Товары: line }, rows: [] }

/** A small УТ 11.5: three goods, two warehouses, one price type; orders and receipts to come. */
export const smallBase = (): Record<string, SimulatedTable> => ({
  Catalog_Номенклатура: {
    fields: {
      ...guids("Ref_Key"), DataVersion: "String", DeletionMark: "Boolean", IsFolder: "Boolean", Code: "String",
      Description: "String", Артикул: "String"
    },
    rows: [product(1), product(2), product(3), product(9, { IsFolder: true, Description: "Группа" })]
  },
  Catalog_ХарактеристикиНоменклатуры: {
    fields: { ...guids("Ref_Key"), DeletionMark: "Boolean", Description: "String" },
    rows: [{ Ref_Key: smallBaseId(101), DeletionMark: false, Description: "красный" }]
  },
  InformationRegister_ШтрихкодыНоменклатуры: {
    fields: { ...guids("Номенклатура_Key", "Характеристика_Key", "Упаковка_Key"), Штрихкод: "String" },
    rows: ["4601234567893", "4870000000011"].map(barcode)
  },
  Catalog_СерииНоменклатуры: {
    fields: { ...guids("Ref_Key"), Номер: "String", ГоденДо: "DateTime" },
    rows: [
      { Ref_Key: smallBaseId(501), Номер: "A17", ГоденДо: "2027-03-31T00:00:00" },
      { Ref_Key: smallBaseId(502), Номер: "B18", ГоденДо: "0001-01-01T00:00:00" }
    ]
  },
  Catalog_Валюты: {
    fields: { ...guids("Ref_Key"), Code: "String", Description: "String" },
    rows: [
      { Ref_Key: tenge, Code: "398", Description: "KZT" },
      { Ref_Key: dollar, Code: "840", Description: "USD" }
    ]
  },
  "AccumulationRegister_ТоварыНаСкладах/Balance()": {
    fields: {
      ...guids("Номенклатура_Key", "Характеристика_Key", "Склад_Key", "Серия_Key", "Назначение_Key", "Помещение_Key"),
      ВНаличииBalance: "Double", КОтгрузкеBalance: "Double"
    },
    rows: [
      smallBaseBalance(1, warehouses.north, 12, { КОтгрузкеBalance: 2 }),
      smallBaseBalance(1, warehouses.south, 3),
      smallBaseBalance(2, warehouses.north, 5)
    ]
  },
  "InformationRegister_ЦеныНоменклатуры/SliceLast()": {
    fields: {
      Period: "DateTime",
      ...guids("Номенклатура_Key", "Характеристика_Key", "ВидЦены_Key", "Упаковка_Key", "Валюта_Key"), Цена: "Double"
    },
    rows: [smallBasePrice(1, 490), smallBasePrice(2, 1719.5), smallBasePrice(3, 10)]
  },
  Document_ЗаказКлиента: {
    fields: {
      ...document, ...guids("Партнер_Key", "Организация_Key", "Склад_Key"), НомерПоДаннымКлиента: "String",
      ДатаПоДаннымКлиента: "DateTime", Комментарий: "String", Статус: "String", Товары: line
    },
    rows: []
  },
  Document_ЧекККМ: receipt,
  Document_ЧекККМВозврат: receipt
})
