import { Schema } from "@aptekit/core"
import { expect, test } from "vitest"
import { OrdersConfig } from "../../src/sale/settings.ts"
import { Wording } from "../../src/sale/words.ts"

const decode = Schema.decodeUnknownSync(OrdersConfig)

test("R-ORD-6: `orders: {}` is a whole exchange of orders", () => {
  expect(decode({})).toMatchObject({
    sendFrom: "assigned", batch: 50, tries: 5, aloneTries: 3, encoding: "utf-8", bom: false, shipped: "sold"
  })
})

test.for([
  ["a status that the hub has not", { statusNames: { shipped: "Отгружен" } }, /statuses of a part/u],
  ["an unknown meaning", { statuses: { Отгружен: "gone" } }, /accepted/u],
  ["no orders in an answer", { batch: 0 }, /between 1 and 500/u],
  ["a version that is none", { version: "latest" }, /version/u],
  ["an encoding that nobody reads", { encoding: "utf-16" }, /utf-8/u],
  ["a delivery without id", { delivery: { name: "Доставка" } }, /id/u]
] as const)("R-ORD-6: settings are refused at start: %s", ([, config, reason]) => {
  expect(() => decode(config)).toThrow(reason)
})

test("R-ORD-6: words are compared without case, ё and doubled blanks; own words win over the usual ones", () => {
  const wording = new Wording(decode({ statuses: { "В  РАБОТЕ": "accepted", Доставлен: "ignore" } }))
  expect(["в работе", "ОТМЕНЁН", "Доставлен", "К отгрузке", "Как-то иначе"].map((text) => wording.meaning(text))).toEqual(
    ["accepted", "cancelled", "ignore", "accepted", undefined]
  )
})

test("R-ORD-6: an echo is a status that the part has or had, not one that it may get", () => {
  const wording = new Wording(decode({}))
  expect([
    wording.isEcho("Новый", "assigned"), wording.isEcho("новый", "assembled"), wording.isEcho("Собран", "accepted"),
    wording.isEcho("Отменен", "accepted"), wording.isEcho("Отменён", "expired"), wording.isEcho("Выполнен", "cancelled")
  ]).toEqual([true, true, false, false, true, false])
})
