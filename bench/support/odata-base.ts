import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { oneCODataSimulator, type SimulatedRow, type SimulatedTable } from "@aptekit/adapter-1c/testing"
import { type ExchangeSize, figuresOf, priceTypeGuid, productGuid, warehouseGuid } from "./commerceml.ts"

/** What the base's process is told at its start. */
export type ODataBaseJob = ExchangeSize

export interface ODataBaseAnswer {
  readonly port: number
  readonly login: string
  readonly password: string
  /** Rows of stock, and of prices. */
  readonly rows: number
}

const NONE = "00000000-0000-0000-0000-000000000000"
const TENGE = "b0a1f3c2-0000-11ee-8a01-00155d010101"
const guids = (...names: ReadonlyArray<string>) => Object.fromEntries(names.map((name) => [name, "Guid"]))

export const STOCK = "AccumulationRegister_ТоварыНаСкладах/Balance()"
export const PRICES = "InformationRegister_ЦеныНоменклатуры/SliceLast()"

const tablesOf = ({ products, branches }: ExchangeSize): Record<string, SimulatedTable> => {
  const { has, units, price } = figuresOf(0)
  const goods = Array.from({ length: products }, (_, n): SimulatedRow => ({
    Ref_Key: productGuid(n), DataVersion: `AAAA${n}=`, DeletionMark: false, IsFolder: false, Description: `Товар ${n}`, Артикул: `A-${n}`
  }))
  const [stock, prices]: [Array<SimulatedRow>, Array<SimulatedRow>] = [[], []]
  for (let product = 0; product < products; product++) {
    for (let branch = 0; branch < branches; branch++) {
      if (!has(product, branch)) continue
      stock.push({
        Номенклатура_Key: productGuid(product), Характеристика_Key: NONE, Назначение_Key: NONE, Склад_Key: warehouseGuid(branch),
        Помещение_Key: NONE, Серия_Key: NONE, ВНаличииBalance: units(product, branch), КОтгрузкеBalance: 0
      })
      prices.push({
        Period: "2026-11-01T00:00:00", Номенклатура_Key: productGuid(product), Характеристика_Key: NONE,
        ВидЦены_Key: priceTypeGuid(branch), Цена: price(product, branch) / 100, Упаковка_Key: NONE, Валюта_Key: TENGE
      })
    }
  }
  return {
    Catalog_Номенклатура: {
      fields: { ...guids("Ref_Key"), DataVersion: "String", DeletionMark: "Boolean", IsFolder: "Boolean", Description: "String", Артикул: "String" },
      rows: goods
    },
    Catalog_Валюты: { fields: { ...guids("Ref_Key"), Code: "String", Description: "String" }, rows: [{ Ref_Key: TENGE, Code: "398", Description: "KZT" }] },
    [STOCK]: {
      fields: {
        ...guids("Номенклатура_Key", "Характеристика_Key", "Назначение_Key", "Склад_Key", "Помещение_Key", "Серия_Key"),
        ВНаличииBalance: "Double", КОтгрузкеBalance: "Double"
      },
      rows: stock
    },
    [PRICES]: {
      fields: { Period: "DateTime", ...guids("Номенклатура_Key", "Характеристика_Key", "ВидЦены_Key", "Упаковка_Key", "Валюта_Key"), Цена: "Double" },
      rows: prices
    }
  }
}

type Answer = (request: Request) => Promise<Response>

const serve = (answer: Answer) => async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
  const response = await answer(new Request(`http://base${incoming.url}`, { headers: incoming.headers as Record<string, string> }))
  outgoing.writeHead(response.status, [...response.headers].flat())
  outgoing.end(new Uint8Array(await response.arrayBuffer()))
}

const start = (size: ODataBaseJob): void => {
  const { fetch, base, login, password } = oneCODataSimulator({ tables: tablesOf(size), settled: true })
  const answer = serve(fetch)
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing).catch(() => outgoing.destroy()))
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    process.send?.({ port, login, password, rows: base.rows(STOCK).length } satisfies ODataBaseAnswer)
  })
  // Sales and new prices of a while: two rows of a hundred.
  process.on("message", () => {
    for (const [i, row] of base.rows(STOCK).entries()) if (i % 50 === 7) row["ВНаличииBalance"] = (row["ВНаличииBalance"] as number) + 1
    for (const [i, row] of base.rows(PRICES).entries()) if (i % 50 === 7) row["Цена"] = (row["Цена"] as number) + 1
    process.send?.("done")
  })
}

process.once("message", start)
