import { type Dialect, OneCBase, OneCStopped } from "@aptekit/adapter-1c/testing"
import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { goodsId, portionsOf, warehouseId } from "./support/base-files.ts"
import { type Home, Life, mariadbHome, sqliteHome } from "./support/child.ts"

const server = useMariadb()
const GOODS = 4

interface OrderBody {
  readonly id: string
  readonly fulfilments: readonly [{ readonly number: string; readonly status: string }]
  readonly cases: ReadonlyArray<unknown>
}

const stocked = async (home: Home): Promise<Life> => {
  const life = new Life(home)
  await life.start()
  await life.client().exchange(portionsOf({ dialect: home.dialect, goods: GOODS, portions: 1, round: 0 })[0]!)
  return life
}

const place = (life: Life, externalId: string): Promise<OrderBody> =>
  life.post("/orders", {
    channel: "shop",
    externalId,
    customer: { name: "Айгерім", phone: "+77010000001" },
    delivery: { type: "pickup", branchId: warehouseId(1) },
    lines: [{ productId: goodsId(1), quantity: 1 }],
    payment: { method: "cash" }
  })

/** The documents of an answer: what stands around them tells when it was made. */
const documents = (text: string): string => {
  const found = text.match(/<Документ>.*<\/Документ>/su)?.[0]
  if (found === undefined) throw new Error(`no documents: ${text}`)
  return found
}

const query = (life: Life) => life.client().get({ type: "sale", mode: "query" })

/** 1C's exchange is cut off by the hub's end; it goes on after the next start. */
const cutOff = async (life: Life, base: OneCBase, point: string): Promise<void> => {
  await life.arm(point)
  const error = await life.client().exchangeOrders(base).then(() => undefined, (reason: unknown) => reason)
  expect([point, error instanceof Error && !(error instanceof OneCStopped)]).toEqual([point, true])
  expect(await life.ended()).toEqual({ code: null, signal: "SIGKILL" })
  await life.start()
}

interface Points {
  readonly out: ReadonlyArray<string>
  readonly back: ReadonlyArray<string>
}

/** Points at which an exchange of orders can be cut off, in the order in which it passes them. */
const ALL: Points = { out: ["pull.before", "pull.after", "confirm.before", "confirm.after"], back: ["facts.before", "facts.after"] }
/** Those between what is done and what 1C hears of it. */
const BETWEEN: Points = { out: ["pull.after", "confirm.after"], back: ["facts.after"] }

const played = async (dialect: Dialect, home: () => Promise<Home>, points: Points): Promise<void> => {
  const life = await stocked(await home())
  const base = new OneCBase({ dialect, goods: Array.from({ length: GOODS }, (_, n) => goodsId(n)) })
  const order = await place(life, "K-1")
  const number = order.fulfilments[0].number
  const status = dialect === "bitrix" ? "Подтвержден" : null

  const asked = documents((await query(life)).text)
  await life.restart()
  expect(documents((await query(life)).text), "the same after kill -9").toBe(asked)
  for (const point of points.out) await cutOff(life, base, point)
  for (let i = 0; i < 2; i++) await life.client().exchangeOrders(base)
  expect(base.orders.map(({ key }) => key)).toEqual([number])

  for (const point of points.back) {
    base.approve(number, status)
    await cutOff(life, base, point)
  }
  for (let i = 0; i < 2; i++) await life.client().exchangeOrders(base)
  const seen = await life.read<OrderBody>(`/orders/${order.id}`)
  expect([seen.fulfilments[0].status, seen.cases]).toEqual(["accepted", []])
  expect([base.orders.length, base.madeGoods]).toEqual([1, []])
  await life.kill()
}

describe("R-ORD-6: P1: P2: P10: orders of a base whose exchange is cut off by kill -9 at each step", () => {
  test.for(["ut", "unf", "bitrix"] as const)("%s: one document each, the same in the end", { timeout: 240_000 }, (dialect) =>
    played(dialect, () => sqliteHome(dialect), dialect === "ut" ? ALL : BETWEEN))
  test.skipIf(server.skip !== null)("ut on MariaDB", { timeout: 240_000 }, () =>
    played("ut", async () => mariadbHome("ut", await server.fresh()), BETWEEN))
})
