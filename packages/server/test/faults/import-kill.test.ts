import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { OneCClient } from "@aptekit/adapter-1c/testing"
import { createHub, Network } from "@aptekit/core"
import { makeChannel } from "@aptekit/core/testing"
import { Effect } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { builtHub } from "../../../../test/built-hub.ts"
import { openStorage } from "../../src/storage.ts"
import { bigCatalogue, bigOffers, goodsIds } from "../support/one-c-files.ts"
import { type HubProcess, spawnHub, startHub, until } from "./support/hub.ts"

const PASSWORD = "a password of 1C"
const ADMIN = "key-of-an-administrator"

const folders: Array<string> = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** A database with one channel, so that prices have somebody to be for. */
const newFile = async (): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-import-kill-"))
  folders.push(folder)
  const file = join(folder, "hub.db")
  const hub = await createHub({ storage: await openStorage({ kind: "sqlite", file }), jobs: false })
  await hub.run(Effect.flatMap(Network, (network) => network.save({ channels: [makeChannel("shop")] })))
  await hub.close()
  return file
}

const optionsFor = (file: string, fault?: string) => ({
  partners: "",
  env: { APTEKIT_CONFIG: builtHub("faults-1c"), ONE_C_FILE: file, ONE_C_PASSWORD: PASSWORD, APTEKIT_ADMIN_KEY: ADMIN },
  ...(fault === undefined ? {} : { fault })
})

const clientOf = (hub: HubProcess): OneCClient =>
  new OneCClient({ url: `${hub.url()}/exchange/1c`, login: "1c", password: PASSWORD })

const get = async <A>(hub: HubProcess, path: string): Promise<A> => {
  const response = await fetch(`${hub.url()}/api/v1${path}`, { headers: { authorization: `Bearer ${ADMIN}` } })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return await response.json() as A
}

interface Run {
  readonly file: string
  readonly state: string
}
const runsOf = async (hub: HubProcess): Promise<ReadonlyArray<Run>> =>
  (await get<{ items: ReadonlyArray<Run> }>(hub, "/sync-runs?limit=50")).items

/** What every branch has of every product, and its price. */
const stateOf = async (hub: HubProcess): Promise<ReadonlyArray<unknown>> => {
  const items: Array<unknown> = []
  for (let from = 0; from < goodsIds.length; from += 100) {
    const page = await get<{ items: ReadonlyArray<unknown> }>(hub, `/stock?productId=${goodsIds.slice(from, from + 100).join(",")}`)
    items.push(...page.items)
  }
  return items.map((item) => JSON.stringify(item)).toSorted()
}

let expected: ReadonlyArray<unknown> = []
beforeAll(async () => {
  const hub = await startHub(optionsFor(await newFile()))
  await clientOf(hub).exchange([bigCatalogue(), bigOffers()])
  expected = await stateOf(hub)
  await hub.stop()
})

test("R-STK-2: undisturbed, the files make 600 products in three branches with stock and prices", () => {
  expect(expected).toHaveLength(1800)
  expect(expected.filter((item) => /"available":[1-9].*"amount":/u.test(String(item))).length).toBeGreaterThan(1500)
})

/** Sends both files and asks for both imports; the second one is cut off by the process's end. */
const play = async (hub: HubProcess, client: OneCClient): Promise<void> => {
  await client.checkauth()
  await client.init()
  for (const file of [bigCatalogue(), bigOffers()]) await client.sendFile(file.name, file.bytes)
  await client.import("import0_1.xml")
  await client.import("offers0_1.xml").catch(() => undefined)
  await hub.exited
}

/** After the restart nobody needs to ask: the import goes on by itself. Then its question is answered without work. */
const expectResumed = async (file: string, client: OneCClient): Promise<void> => {
  const hub = await startHub(optionsFor(file))
  try {
    await until("the import of the offers was resumed and done", async () =>
      (await runsOf(hub)).some((run) => run.file === "offers0_1.xml" && run.state === "done"))
    await until("the stock is that of an undisturbed import", async () =>
      JSON.stringify(await stateOf(hub)) === JSON.stringify(expected))
    const again = clientOf(hub)
    // Without its cookie: the session that 1C opened last goes on.
    expect(await again.import("offers0_1.xml")).toBe("success")
    const runs = (await runsOf(hub)).length
    expect(await again.import("offers0_1.xml")).toBe("success")
    expect(await runsOf(hub)).toHaveLength(runs)
    expect(client.pieces).toBeGreaterThan(2)
  } finally {
    await hub.stop()
  }
}

// The run is journalled, its first slice, a later one.
const POINTS = ["run.journalled:2", "slice.applied:1", "slice.applied:3"]
for (const point of POINTS) {
  test(`R-STK-2: killed at ${point}, the import is finished after the restart, with the same result`, async () => {
    const file = await newFile()
    const hub = await startHub(optionsFor(file, point))
    const client = clientOf(hub)
    await play(hub, client)
    expect((await hub.exited).signal).toBe("SIGKILL")
    await expectResumed(file, client)
  })
}

test("R-STK-2: kill -9 right after the import was asked for loses nothing", async () => {
  const file = await newFile()
  const hub = spawnHub(optionsFor(file))
  await hub.ready
  const client = clientOf(hub)
  await client.checkauth()
  await client.init()
  for (const each of [bigCatalogue(), bigOffers()]) await client.sendFile(each.name, each.bytes)
  const [first, second] = [await client.get({ mode: "import", filename: "import0_1.xml" }), await client.get({ mode: "import", filename: "offers0_1.xml" })]
  expect([first.lines[0], second.lines[0]]).toEqual(["progress", "progress"])
  await hub.kill()
  await expectResumed(file, client)
})

// Early on: goods are being written, with their links and branches.
for (const point of ["commit.done:5", "commit.done:7"]) {
  test(`R-STK-2: killed at ${point} and sent again by 1C, every product is there once`, async () => {
    const file = await newFile()
    const hub = spawnHub(optionsFor(file, point))
    // Leases and other commits count too: where it ends differs from run to run, what comes of it does not.
    if ((await hub.ready) !== null) await clientOf(hub).exchange([bigCatalogue(), bigOffers()]).catch(() => undefined)
    expect((await hub.exited).signal).toBe("SIGKILL")
    const next = await startHub(optionsFor(file))
    try {
      await clientOf(next).exchange([bigCatalogue(), bigOffers()])
      expect(await stateOf(next)).toEqual(expected)
      const doubles = goodsIds.slice(0, 100).map((id) => `1c:${id}`).join(",")
      expect(await get(next, `/stock?productId=${doubles}`)).toEqual({ items: [] })
    } finally {
      await next.stop()
    }
  })
}
