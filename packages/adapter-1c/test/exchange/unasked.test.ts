import { Storage } from "@aptekit/core"
import { Layer } from "effect"
import { expect, onTestFinished, test, vi } from "vitest"
import { SaleService } from "../../src/sale/service.ts"
import { type ExchangeHub, documentOf, openExchange } from "./hub.ts"

const ORDERS = { warehouses: { w1: "north" }, orders: {} }
const FILE = "?type=sale&mode=file&filename=orders.xml"
const back = documentOf("<Документ><Ид>d-1</Ид><Номер>1001-1</Номер><ХозОперация>Заказ товара</ХозОперация></Документ>")

const files = async ({ runs }: ExchangeHub): Promise<ReadonlyArray<readonly [string, string]>> =>
  (await runs()).map(({ file, state }) => [file, state])

const signedIn = async (exchange: ExchangeHub): Promise<ExchangeHub["ask"]> => {
  const [, name, value] = (await exchange.ask("?type=sale&mode=checkauth")).split("\n")
  const ask: ExchangeHub["ask"] = (query, init = {}) => exchange.ask(query, { ...init, headers: { cookie: `${name}=${value}` } })
  await ask("?type=sale&mode=init")
  return ask
}

test("R-ORD-6: a file of orders whose import nobody asked for is imported though 1C begins anew before its time", async () => {
  const exchange = await openExchange(ORDERS)
  const ask = await signedIn(exchange)
  expect(await ask(FILE, { body: back })).toBe("success")
  expect(await ask("?type=sale&mode=init")).toMatch(/^zip=/u)
  await expect.poll(() => files(exchange)).toEqual([["orders.xml", "done"]])
})

test("R-ORD-6: the same where the hub is restarted as soon as the init is answered", async () => {
  const exchange = await openExchange(ORDERS)
  const ask = await signedIn(exchange)
  await ask(FILE, { body: back })
  await ask("?type=sale&mode=init")
  await exchange.close()
  const storage = Layer.succeed(Storage, exchange.storage)
  const after = await openExchange(ORDERS, { folder: exchange.folder, storage })
  await expect.poll(() => files(after)).toContainEqual(["orders.xml", "done"])
})

test("R-ORD-6: a piece that fails puts the import off as one that arrives does: it will be sent again", async () => {
  const exchange = await openExchange(ORDERS)
  const putOff = vi.spyOn(SaleService.prototype, "uploaded")
  onTestFinished(() => putOff.mockRestore())
  const ask = await signedIn(exchange)
  await ask(FILE, { body: back.slice(0, 100) })
  expect(putOff).toHaveBeenCalledTimes(1)
  const failing = new ReadableStream({ pull: (controller) => controller.error(new Error("socket hang up")) })
  expect(await ask(FILE, { body: failing })).toMatch(/^failure\nСоединение оборвалось/u)
  expect(putOff).toHaveBeenCalledTimes(2)
})
