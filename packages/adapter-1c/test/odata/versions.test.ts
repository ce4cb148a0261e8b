import { describe, expect, test } from "vitest"
import { oneCODataPort } from "../../src/index.ts"
import { type ODataSimulator, oneCODataSimulator } from "../../src/testing/index.ts"
import { GOODS, id, NONE, simulate, tables } from "./base-of.ts"
import { newFolder, type ODataHub, openHub } from "./hub-of.ts"
import { keptStorage } from "./orders-of.ts"

const BARCODES = "InformationRegister_ШтрихкодыНоменклатуры"
const VERSIONS = { versions: { everyMinutes: 0 } }

const look = ({ hub }: ODataHub) => hub.port(oneCODataPort).readVersions({})
const nameOf = async ({ hub, storage }: ODataHub, n: number): Promise<string | undefined> =>
  (await hub.run(storage.catalogue.byIds([id(n) as never])))[0]?.name.ru
const change = (base: ODataSimulator, at: number, fields: object): void =>
  void Object.assign(base.base.rows(GOODS)[at]!, { DataVersion: `AAAA${Math.random()}=`, ...fields })
/** What was asked for since then, without the sessions' ends. */
const asked = (base: ODataSimulator, from: number) =>
  base.calls.slice(from).map(({ path }) => decodeURIComponent(path)).filter((path) => path.includes("?"))

describe("STK-2: goods that have changed are known by their DataVersion", () => {
  test("only they are read, with their barcodes; without a change nothing is read and no run is opened", async () => {
    const world = await openHub({ ...VERSIONS, page: 100 })
    await world.sync("catalogue")
    expect(await look(world)).toEqual({ runId: null, state: null })

    change(world.base, 1, { Description: "Другое имя" })
    world.base.base.rows(GOODS)[2]!["Description"] = "Не по версии"
    world.base.base.rows(BARCODES).push({ Штрихкод: "4870000000028", Номенклатура_Key: id(2), Характеристика_Key: NONE, Упаковка_Key: NONE })
    const from = world.base.calls.length
    expect(await look(world)).toMatchObject({ state: "done" })
    expect([await nameOf(world, 2), await nameOf(world, 3)]).toEqual(["Другое имя", "Товар 3"])
    expect((await world.hub.run(world.storage.catalogue.byIds([id(2) as never])))[0]).toMatchObject({ barcodes: ["4870000000028"] })
    const questions = asked(world.base, from).filter((path) => path.includes("$filter"))
    expect(questions).toHaveLength(2)
    for (const question of questions) expect([question.includes(id(2)), question.includes(id(1))]).toEqual([true, false])
    expect(await look(world)).toEqual({ runId: null, state: null })
  })

  test("versions outlive a restart; goods that vanish without a mark stay (R5), and are read when they come back", async () => {
    const [storage, folder, base] = [await keptStorage(), newFolder(), simulate()]
    const first = await openHub(VERSIONS, { storage, folder, base })
    await first.sync("catalogue")
    await first.close()
    const second = await openHub(VERSIONS, { storage, folder, base })
    expect(await look(second)).toEqual({ runId: null, state: null })
    const [gone] = base.base.rows(GOODS).splice(0, 1)
    expect(await look(second)).toEqual({ runId: null, state: null })
    expect(await nameOf(second, 1)).toBe("Товар 1")
    base.base.rows(GOODS).push({ ...gone!, Description: "Вернулся" })
    expect(await look(second)).toMatchObject({ state: "done" })
    expect(await nameOf(second, 1)).toBe("Вернулся")
  })

  test("a hub with another database reads all of them, whatever its folder remembers", async () => {
    const [folder, base] = [newFolder(), simulate()]
    await (await openHub(VERSIONS, { folder, base })).sync("catalogue")
    const other = await openHub(VERSIONS, { folder, base })
    expect(await look(other)).toMatchObject({ state: "done" })
    expect(await nameOf(other, 3)).toBe("Товар 3")
  })

  test("a base that cannot be asked is an error, nothing is remembered, and the change is read later", async () => {
    const world = await openHub(VERSIONS)
    await world.sync("catalogue")
    change(world.base, 0, { Description: "Новое" })
    world.base.fault("down")
    await expect(look(world)).rejects.toMatchObject({ outcome: "unavailable" })
    world.base.mend()
    expect(await look(world)).toMatchObject({ state: "done" })
    expect(await nameOf(world, 1)).toBe("Новое")
  })

  test("very many changes, as at the first look, are read with all the others", async () => {
    const [product] = tables()[GOODS]!.rows
    const rows = Array.from({ length: 501 }, (_, i) => ({ ...product, Ref_Key: id(i), DataVersion: "A", Description: `Товар ${i}` }))
    const base = oneCODataSimulator({ tables: { ...tables(), [GOODS]: { ...tables()[GOODS]!, rows } } })
    const world = await openHub({ ...VERSIONS, page: 1000 }, { base })
    expect(await look(world)).toMatchObject({ state: "done" })
    expect(await nameOf(world, 500)).toBe("Товар 500")
    expect(asked(base, 0).filter((path) => path.includes("$filter"))).toEqual([])
    expect(await look(world)).toEqual({ runId: null, state: null })
  })

  test("D3: many new deletion marks wait for a person, who is asked once; released, they work", async () => {
    const world = await openHub({ ...VERSIONS, guard: { share: 0.5, minimum: 2 } })
    await world.sync("catalogue")
    change(world.base, 0, { DeletionMark: true })
    change(world.base, 1, { DeletionMark: true, Description: "Другое имя" })
    const held = await look(world)
    expect(held).toMatchObject({ state: "held" })
    expect(await look(world)).toEqual({ runId: null, state: null })
    expect(await nameOf(world, 2)).toBe("Товар 2")
    await world.hub.runs.release(held.runId!, { kind: "operator", id: "o" } as never)
    expect((await world.hub.run(world.storage.catalogue.byIds([id(2) as never])))[0]).toMatchObject({ stopped: true, name: { ru: "Другое имя" } })
    expect(await look(world)).toEqual({ runId: null, state: null })
  })

  test("a base without DataVersion in the goods is told at the first look", async () => {
    const { DataVersion: _, ...fields } = tables()[GOODS]!.fields
    const base = oneCODataSimulator({ tables: { ...tables(), [GOODS]: { ...tables()[GOODS]!, fields } } })
    const world = await openHub(VERSIONS, { base })
    await expect(look(world)).rejects.toMatchObject({ message: expect.stringContaining("DataVersion") })
  })

  test("a connection that does not look at versions says so", async () => {
    await expect(look(await openHub())).rejects.toMatchObject({ outcome: "rejected", message: expect.stringContaining("`versions`") })
  })
})
