import { describe, expect, test } from "vitest"
import { oneCODataPort } from "../../src/index.ts"
import { GOODS, id, simulate } from "./base-of.ts"
import { newFolder, type ODataHub, openHub } from "./hub-of.ts"
import { keptStorage } from "./orders-of.ts"

const CHANGES = { changes: { plan: "ExchangePlan_Хаб", node: id(900), everySeconds: 3600 } }
const GUARD = { guard: { share: 0.5, minimum: 2 } }
const PERSON = { kind: "operator", id: "o" } as never

const stopped = async ({ hub, storage }: ODataHub) =>
  (await hub.run(storage.catalogue.byIds([1, 2, 3].map((n) => id(n) as never)))).filter((one) => one.stopped).map((one) => one.id).toSorted()

/** The base removes goods for good and says so once. */
const remove = (world: ODataHub, ...numbers: ReadonlyArray<number>): void => {
  const rows = world.base.base.rows(GOODS)
  for (const n of numbers) {
    rows.splice(rows.findIndex((row) => row["Ref_Key"] === id(n)), 1)
    world.base.base.changes.push({ set: GOODS, id: id(n), deleted: true })
  }
}
const look = ({ hub }: ODataHub) => hub.port(oneCODataPort).readChanges({})
const heldRun = async ({ hub, storage }: ODataHub) =>
  (await hub.run(storage.stock.runs(20, undefined))).items.find(({ state }) => state === "held")

describe("D3: goods that the base removes for good", () => {
  test("fewer than the guard's share are taken off sale", async () => {
    const world = await openHub({ ...CHANGES, ...GUARD })
    await world.sync("catalogue")
    remove(world, 2)
    await look(world)
    expect([await stopped(world), await heldRun(world)]).toEqual([[id(2)], undefined])
  })

  test("more wait for a person, and the plan is not asked for them again; released after a restart, they go", async () => {
    const [storage, folder, base] = [await keptStorage(), newFolder(), simulate()]
    const first = await openHub({ ...CHANGES, ...GUARD }, { storage, folder, base })
    await first.sync("catalogue")
    remove(first, 1, 2)
    expect(await look(first)).toEqual({ objects: 2 })
    expect(await heldRun(first)).toMatchObject({
      file: "OData: удалённые товары", error: expect.stringContaining("План обмена сообщает об удалении товаров: 2 из 2"), counts: { products: 2 }
    })
    expect([await stopped(first), await look(first)]).toEqual([[], { objects: 0 }])
    await first.close()
    const second = await openHub({ ...CHANGES, ...GUARD }, { storage, folder, base })
    const held = (await heldRun(second))!
    await second.hub.runs.release(held.id, PERSON)
    expect(await stopped(second)).toEqual([id(1), id(2)])
  })

  test("discarded, they stay on sale", async () => {
    const world = await openHub({ ...CHANGES, ...GUARD })
    await world.sync("catalogue")
    remove(world, 1, 2)
    await look(world)
    await world.hub.runs.discard((await heldRun(world))!.id, PERSON)
    expect([await stopped(world), await heldRun(world)]).toEqual([[], undefined])
  })

  test("what was marked before and is then removed, as 1C does it, is nothing to ask about", async () => {
    const world = await openHub({ ...CHANGES, guard: { share: 1, minimum: 2 } })
    await world.sync("catalogue")
    for (const at of [0, 1]) world.base.base.rows(GOODS)[at]!["DeletionMark"] = true
    await world.sync("catalogue")
    await world.close()
    const again = await openHub({ ...CHANGES, ...GUARD }, { base: world.base })
    await again.sync("catalogue")
    remove(again, 1, 2)
    await look(again)
    expect([await stopped(again), await heldRun(again)]).toEqual([[id(1), id(2)], undefined])
  })
})
