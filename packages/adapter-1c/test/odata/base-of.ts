import {
  type ODataSimulator, oneCODataSimulator, SMALL_BASE, smallBase, smallBaseBalance, smallBaseId, smallBasePrice
} from "../../src/testing/index.ts"

export const id = smallBaseId
export const NONE = "00000000-0000-0000-0000-000000000000"
export const { north: NORTH, south: SOUTH } = SMALL_BASE.warehouses
export const { retail: RETAIL, tenge: KZT, dollar: USD } = SMALL_BASE
export const [balance, price, tables] = [smallBaseBalance, smallBasePrice, smallBase]

export const STOCK = "AccumulationRegister_ТоварыНаСкладах/Balance()"
export const PRICES = "InformationRegister_ЦеныНоменклатуры/SliceLast()"
export const GOODS = "Catalog_Номенклатура"
export const ORDER = "Document_ЗаказКлиента"
export const RECEIPT = "Document_ЧекККМ"

export const simulate = (more: object = {}): ODataSimulator => oneCODataSimulator({ tables: tables(), ...more })
