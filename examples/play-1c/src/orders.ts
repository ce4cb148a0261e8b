import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { type BaseOrder, OneCBase, OneCClient, type OneCClientOptions } from "@aptekit/adapter-1c/testing"
import type { Write } from "./log.ts"
import type { Settings } from "./settings.ts"

/** Битрикс names states; the others mark them (facts 59–61). */
const statusOf = (settings: Settings, name: string): string | null => (settings.dialect === "bitrix" ? name : null)

/** The base with the orders that it has from former exchanges, and what its people did to them since. */
const baseOf = (settings: Settings, file: string, goods: ReadonlyArray<string>): OneCBase => {
  const base = new OneCBase({ dialect: settings.dialect, goods })
  if (existsSync(file)) base.orders.push(...JSON.parse(readFileSync(file, "utf8")) as ReadonlyArray<BaseOrder>)
  for (const number of settings.approve) base.approve(number, statusOf(settings, "Подтвержден"))
  for (const number of settings.ship) base.ship(number, new Date().toISOString().slice(0, 19), statusOf(settings, "Отгружен"))
  for (const number of settings.cancel) base.cancel(number)
  return base
}

const stateOf = ({ cancelled, shippedAt, awaiting }: BaseOrder): string =>
  cancelled ? "отменён" : shippedAt !== null ? "отгружен" : awaiting ? "ожидает согласования" : "согласован"

/** One exchange of orders; what the base has then is kept in the file, whatever became of the exchange. */
export const playOrders = async (
  settings: Settings,
  file: string,
  goods: ReadonlyArray<string>,
  client: OneCClientOptions,
  write: Write
): Promise<void> => {
  const base = baseOf(settings, file, goods)
  write("Заказы")
  try {
    const { back } = await new OneCClient(client).exchangeOrders(base)
    write(`  возвращено на сайт: ${back === null ? "нечего" : "да"}`)
  } finally {
    writeFileSync(file, `${JSON.stringify(base.orders, null, 2)}\n`)
  }
  for (const order of base.orders) {
    const lines = order.lines.map(({ name, quantity, price }) => `${name} × ${quantity} по ${price}`).join("; ")
    write(`  заказ ${order.key} (${order.title}): ${stateOf(order)}. ${lines}`)
  }
  for (const name of base.madeGoods) write(`  ВНИМАНИЕ: в базе создан новый товар «${name}», его Ид был неизвестен`)
}
