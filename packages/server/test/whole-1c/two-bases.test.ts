import { oneC } from "@aptekit/adapter-1c"
import { OneCClient } from "@aptekit/adapter-1c/testing"
import { Network, Storage } from "@aptekit/core"
import { makeChannel } from "@aptekit/core/testing"
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { openStorage } from "../../src/storage.ts"
import { KEYS, serve, type TestServer } from "../support/server.ts"
import { goodsId, type Portion, portionsOf } from "./support/base-files.ts"
import { type ApiState, readerOf, runsOf, stateOf } from "./support/state.ts"

const PASSWORD = "a password of 1C"
const BASES = [["ut", "a"], ["bitrix", "b"]] as const

const open: Array<() => Promise<void>> = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

const twoConnections = async (): Promise<TestServer> => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-two-bases-"))
  const server = await serve({
    storage: await openStorage({ kind: "sqlite", file: join(folder, "hub.db") }),
    directory: (connection) => join(folder, connection),
    adapters: BASES.map(([dialect]) => oneC({
      login: "1c", password: PASSWORD, dialect, zone: "Europe/Moscow", currency: "RUB", autoCreate: true, pollDelayMs: 200
    }, { id: dialect })),
    prepare: (hub) =>
      hub.run(Effect.flatMap(Network, (network) => network.save({ channels: [makeChannel("shop", { currency: "RUB" })] })))
  })
  open.push(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return server
}

type Base = typeof BASES[number]
const portions = ([dialect, base]: Base, round: number): ReadonlyArray<Portion> =>
  portionsOf({ dialect, base, goods: 20, portions: 2, round })

const exchange = async (server: TestServer, base: Base, round: number): Promise<void> => {
  for (const portion of portions(base, round)) {
    const [dialect] = base
    await new OneCClient({ url: `${server.url}/exchange/${dialect}`, login: "1c", password: PASSWORD, dialect }).exchange(portion)
  }
}

const read = (server: TestServer): Promise<ApiState> => stateOf(readerOf(() => server.url, KEYS.admin.text))

const linked = async ({ hub }: TestServer, connection: string): Promise<ReadonlyArray<string>> => {
  const storage = await hub.run(Storage)
  return (await hub.run(storage.catalogue.links(connection, "product"))).map(({ externalId }) => externalId).toSorted()
}

test("R-STK-1: R-STK-2: two bases send their goods to one hub at once: as if one after the other, each its own", async () => {
  const [together, apart] = [await twoConnections(), await twoConnections()]
  for (const round of [0, 1]) {
    await Promise.all(BASES.map((base) => exchange(together, base, round)))
    for (const base of BASES) await exchange(apart, base, round)
    expect(await read(together)).toEqual(await read(apart))
  }
  const { products, branches } = await read(together)
  expect([products.length, branches.length]).toEqual([80, 6])
  for (const [dialect, base] of BASES) {
    expect(await linked(together, dialect)).toEqual(Array.from({ length: 40 }, (_, n) => goodsId(n, base)).toSorted())
  }
  const runs = await runsOf(readerOf(() => together.url, KEYS.admin.text))
  expect(new Set(runs.map(({ state }) => state))).toEqual(new Set(["done"]))
})

test("R-STK-1: what one base does wrong does not touch the other: wrong password, a broken file", async () => {
  const server = await twoConnections()
  const [ut, bitrix] = BASES
  await exchange(server, ut, 0)
  const before = await read(server)
  const url = `${server.url}/exchange/bitrix`
  const wrong = new OneCClient({ url, login: "1c", password: "not this one", dialect: "bitrix" })
  await expect(wrong.checkauth()).rejects.toThrow(/Неверное имя/u)
  const client = new OneCClient({ url, login: "1c", password: PASSWORD, dialect: "bitrix" })
  const broken = portions(bitrix, 0)[0]!.map(({ name, bytes }) => ({ name, bytes: bytes.subarray(0, 500) }))
  await expect(client.exchange(broken)).rejects.toThrow(/не загружен, ничего не изменено/u)
  expect(await read(server)).toEqual(before)
})
