import { existsSync, readFileSync } from "node:fs"
import { ProductId } from "@aptekit/core"
import { expect, test } from "vitest"
import { type ExchangeHub, levelOf, openExchange, priceOf } from "./hub.ts"

const DATA = new URL("../../../../../shared/data/1c/commerceml/", import.meta.url)
const isThere = existsSync(DATA)
const sample = (path: string): Uint8Array => readFileSync(new URL(path, DATA))

const sendAll = async (exchange: ExchangeHub, folder: string, files: ReadonlyArray<string>): Promise<void> => {
  for (const file of files) {
    expect([file, await exchange.send(file.replace(/^.*\//u, ""), sample(`${folder}/${file}`))]).toEqual([file, "success"])
  }
}

const products = async ({ hub, storage }: ExchangeHub): Promise<number> =>
  (await hub.run(storage.catalogue.links("1c", "product"))).length

/** What the README counts of the cards: groups, descriptions, products with VAT, with a unit, in a group. */
const cards = async ({ hub, storage }: ExchangeHub) => {
  const ids = (await hub.run(storage.catalogue.links("1c", "product"))).map(({ id }) => ProductId.make(id))
  const all = await hub.run(storage.catalogue.byIds(ids))
  return {
    groups: (await hub.run(storage.catalogue.groups)).length,
    descriptions: (await hub.run(storage.catalogue.descriptions(ids))).size,
    vat: all.filter(({ vat }) => vat === 20).length,
    units: all.filter(({ unit }) => unit !== null).length,
    grouped: all.filter(({ group }) => group !== null).length,
    packs: all.filter(({ pack }) => pack !== null).length
  }
}

if (!isThere) console.warn(`[adapter-1c] SKIPPED: ${DATA.pathname} is absent, real files were NOT imported`)

test.runIf(isThere)("R-STK-1: three warehouses, 36 products: what the README counts is in the hub, twice the same", async () => {
  const exchange = await openExchange({ autoCreate: true, currency: "any" })
  await sendAll(exchange, "2.07-three-warehouses", ["import0_1.xml", "offers0_1.xml"])
  // 44 prices and 132 rows of stock; a 0 where nothing was is no news.
  expect((await exchange.lastRun()).counts).toMatchObject({ new: 104, changed: 0, unchanged: 72, parked: 0, rejected: 0 })
  expect(await products(exchange)).toBe(44)
  await sendAll(exchange, "2.07-three-warehouses", ["offers0_1.xml"])
  expect((await exchange.lastRun()).counts).toMatchObject({ new: 0, changed: 0, unchanged: 176, products: 0 })
})

test.runIf(isThere)("R-STK-1: nested groups, characteristics, price types, offer changes: each sample with its counts", async () => {
  const large = await openExchange({ autoCreate: true, currency: "any" })
  await sendAll(large, "2.07-nested-groups-large", ["import0_1.xml"])
  expect(await products(large)).toBe(283)
  expect(await cards(large)).toEqual({ groups: 13, descriptions: 138, vat: 283, units: 283, grouped: 283, packs: 0 })
  expect((await large.lastRun()).rejects).toEqual([])
  await sendAll(large, "2.07-nested-groups-large", ["import0_1.xml"])
  expect((await large.lastRun()).counts.products).toBe(0)

  const traits = await openExchange({ autoCreate: true, currency: "any" })
  await sendAll(traits, "2.07-characteristics", ["classifier.xml", "import_wo_classifier.xml", "import.xml", "offers.xml"])
  expect((await traits.lastRun()).counts).toMatchObject({ new: 10, parked: 0, rejected: 0 })

  expect((await cards(traits)).groups).toBe(22)

  const types = await openExchange({ autoCreate: true, currency: "any", total: "total" })
  await sendAll(types, "2.08-three-price-types", ["classifier.xml", "import.xml", "offers.xml"])
  // Two totals and the price of the first type; four of the others wait for a mapping.
  expect((await types.lastRun()).counts).toMatchObject({ new: 4, parked: 4, rejected: 0 })

  const changes = await openExchange({ autoCreate: true, currency: "any" })
  await sendAll(changes, "2.07-offer-changes-ut11", ["offers0_1.xml"])
  expect((await changes.lastRun()).counts).toMatchObject({ new: 0, parked: 3, rejected: 0 })
})

test.runIf(isThere)("R-STK-1: split files of 3.1 in any order give the same", async () => {
  const files = [
    "import___57c55968-51d1-46f0-b5d7-927f420b8fd4.xml", "import___5335d080-66b0-4355-887c-d54bba6f1f08.xml",
    "offers___13955e2c-c7d0-4189-8db7-9bc863cde645.xml", "prices___478f43af-4dba-47c9-b3fa-d9737c14a30f.xml",
    "rests___9ebdccc5-f70a-43db-8c03-0103301aad32.xml"
  ]
  const seen: Array<unknown> = []
  for (const order of [files, files.toReversed()]) {
    const exchange = await openExchange({ autoCreate: true, currency: "any", total: "total" })
    await sendAll(exchange, "3.1-split-files", order)
    const ids = (await exchange.hub.run(exchange.storage.catalogue.links("1c", "product"))).map(({ id }) => id).toSorted()
    const found = ids.map((id) => [id, levelOf(exchange, id, "total"), priceOf(exchange, id)])
    const groups = await exchange.hub.run(exchange.storage.catalogue.groups)
    seen.push([...found, await cards(exchange), groups])
  }
  expect(seen[0]).toHaveLength(4)
  expect(seen[1]).toEqual(seen[0])
})
