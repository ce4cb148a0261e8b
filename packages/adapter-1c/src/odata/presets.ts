import type { Mapping } from "./mapping.ts"

export interface Preset {
  /**
   * `certain`: names seen in the metadata of that configuration (fact 87). `probable`: nobody has seen them all; the
   * start compares them with `$metadata` and names what differs (fact 89).
   */
  readonly grade: "certain" | "probable"
  readonly mapping: Mapping
}

const UT: Mapping = {
  products: {
    set: "Catalog_Номенклатура", name: "Description", sku: "Артикул", maker: null, deleted: "DeletionMark",
    folder: "IsFolder", filter: null
  },
  variants: { set: "Catalog_ХарактеристикиНоменклатуры", name: "Description" },
  barcodes: {
    set: "InformationRegister_ШтрихкодыНоменклатуры", barcode: "Штрихкод", product: "Номенклатура_Key",
    variant: "Характеристика_Key", unit: "Упаковка_Key"
  },
  series: { set: "Catalog_СерииНоменклатуры", number: "Номер", expires: "ГоденДо" },
  stock: {
    table: "AccumulationRegister_ТоварыНаСкладах/Balance()", product: "Номенклатура_Key", variant: "Характеристика_Key",
    warehouse: "Склад_Key", series: "Серия_Key", more: ["Назначение_Key", "Помещение_Key"], plus: ["ВНаличииBalance"],
    minus: ["КОтгрузкеBalance"]
  },
  prices: {
    table: "InformationRegister_ЦеныНоменклатуры/SliceLast()", product: "Номенклатура_Key",
    variant: "Характеристика_Key", priceType: "ВидЦены_Key", more: [], amount: "Цена", currency: "Валюта_Key",
    unit: "Упаковка_Key"
  },
  currencies: { set: "Catalog_Валюты", code: "Code", name: "Description" }
}

const RETAIL: Mapping = {
  ...UT,
  series: null,
  stock: { ...UT.stock!, series: null, more: [], plus: ["КоличествоBalance"], minus: [] }
}

const UNF: Mapping = {
  ...UT,
  barcodes: { ...UT.barcodes!, unit: null },
  series: null,
  stock: {
    table: "AccumulationRegister_ЗапасыНаСкладах/Balance()", product: "Номенклатура_Key", variant: "Характеристика_Key",
    warehouse: "СтруктурнаяЕдиница_Key", series: null, more: ["Организация_Key", "Партия_Key", "Ячейка_Key"],
    plus: ["КоличествоBalance"], minus: []
  },
  prices: { ...UT.prices!, priceType: "ВидЦен_Key", currency: null, unit: null }
}

/** Names of objects by configuration; every one can be replaced in the settings. */
export const PRESETS = {
  "ut-11.5": { grade: "certain", mapping: UT },
  retail: { grade: "probable", mapping: RETAIL },
  unf: { grade: "probable", mapping: UNF }
} as const satisfies Readonly<Record<string, Preset>>
