import { expect, test } from "vitest"
import { id } from "./base-of.ts"
import { loseNextAnswer, openWorld, OPERATOR, type World } from "./orders-of.ts"

const PATIENCE = { timeout: 3_000 }
const PAGE = { status: 502, headers: { "content-type": "text/html" } }

/** The next writes are done, and their answers are lost. */
const loseAnswers = (world: World, times: number): void => {
  let left = times
  const lose = async (): Promise<void> => {
    loseNextAnswer(world.base)
    const { afterWrite } = world.base.base
    world.base.base.afterWrite = --left > 0 ? lose : undefined
    await afterWrite!()
  }
  world.base.base.afterWrite = lose
}

/** A proxy that gives nothing but a page to what is written of these goods. */
const failWritesOf = (world: World, goods: string): void => {
  const { fetch } = world.base
  world.answer = async (request) =>
    request.method === "POST" && (await request.clone().text()).includes(goods) ? new Response("<html>502</html>", PAGE) : fetch(request)
}

const POISON = { lines: [{ productId: "p3", quantity: 1 }] }

const move = async ({ hub, part }: World, order: { readonly id: string }, branchId: string): Promise<void> => {
  const { id: fulfilment } = await part(order)
  await hub.orders.command(fulfilment, "escalate", { reason: "returnedByBranch", comment: "" } as never, OPERATOR)
  await hub.orders.command(fulfilment, "assign", { branchId }, OPERATOR)
}

test("R10, fact 83: a page in the place of a posting's answer is no posting: the document is posted at the next look", async () => {
  const world = await openWorld()
  world.base.base.afterWrite = async () => void (world.base.faults.html = 1)
  await world.place("E-1")
  expect(await world.lane.round()).toMatchObject({ done: 0, later: 1 })
  expect(world.documents()).toMatchObject([{ Posted: false }])
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(world.documents()).toMatchObject([{ Posted: true }])
})

test("D28: orders that wait for what became of their creation keep none behind them, however many they are", async () => {
  const world = await openWorld({ orders: { settleSeconds: 60 } })
  for (const name of ["E-1", "E-2", "E-3"]) await world.place(name, 1)
  loseAnswers(world, 3)
  expect(await world.lane.round()).toMatchObject({ later: 3 })
  await world.place("E-4", 1)
  expect(await world.lane.round()).toMatchObject({ done: 1, later: 3 })
  world.clock.ahead = 61_000
  expect(await world.lane.round()).toMatchObject({ done: 3, later: 0 })
  expect(world.documents()).toHaveLength(4)
})

test("D28: news are told at once, though an order before them waits", async () => {
  const world = await openWorld({ orders: { settleSeconds: 60, everySeconds: 3600 } })
  await world.place("E-1", 1)
  loseAnswers(world, 1)
  world.lane.start()
  await expect.poll(() => world.documents().length, PATIENCE).toBe(1)
  for (const n of [2, 3, 4]) {
    await world.place(`E-${n}`, 1)
    await expect.poll(() => world.documents().length, PATIENCE).toBe(n)
  }
  expect(world.documents().filter(({ Posted }) => Posted === true)).toHaveLength(3)
})

test("D28: an order that waits is looked at again by itself, without news", async () => {
  const world = await openWorld({ orders: { settleSeconds: 0, everySeconds: 3600 } })
  await world.place("E-1", 1)
  loseAnswers(world, 1)
  world.lane.start()
  await expect.poll(() => world.documents(), { timeout: 10_000 }).toMatchObject([{ Posted: true }])
})

test("R-ORD-6: an order whose writing the base never answers is put aside in the end, with a case; the others go on", async () => {
  const world = await openWorld()
  failWritesOf(world, id(3))
  const bad = await world.place("E-1", 1, POISON)
  for (let n = 0; n < 9; n++) expect(await world.lane.round()).toMatchObject({ later: 1, aside: 0 })
  await world.place("E-2", 1)
  expect(await world.lane.round()).toMatchObject({ done: 1, aside: 1 })
  expect((await world.part(bad)).cases).toEqual(["needsErpAction"])
  expect((await world.dead())[0]!.lastError).toContain(`${bad.number}-1`)
  expect((await world.dead())[0]!.lastError).toContain("10 раз подряд")
  expect(world.documents()).toHaveLength(1)
})

test("R-ORD-6: a base that is away puts no order aside, however long it takes", async () => {
  const world = await openWorld()
  await world.place("E-1", 1)
  world.base.fault("down")
  for (let n = 0; n < 15; n++) expect(await world.lane.round()).toMatchObject({ later: 1, aside: 0 })
  world.base.mend()
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(await world.dead()).toEqual([])
})

test("P10: cut off between our mark and our note of it, a part that comes back gets its document back: nobody in 1C has cancelled it", async () => {
  const world = await openWorld()
  const order = await world.place("E-1", 1)
  await world.lane.round()
  await move(world, order, "west")
  world.base.base.afterWrite = async () => loseNextAnswer(world.base)
  expect(await world.lane.round()).toMatchObject({ later: 1 })
  expect(world.documents()).toMatchObject([{ DeletionMark: true, Posted: false }])
  await move(world, order, "north")
  expect(await world.lane.round()).toMatchObject({ done: 1 })
  expect(await world.part(order)).toMatchObject({ status: "assigned", cases: [] })
  expect(world.documents()).toMatchObject([{ DeletionMark: false, Posted: true }])
})
