import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as geo from "@aptekit/adapter-geo/testing"
import { type AdapterInstance, OrderId, Orders, type Point } from "@aptekit/core"
import { makeBranch, smallNetwork } from "@aptekit/core/testing"
import { Effect } from "effect"
import { expect, onTestFinished, test } from "vitest"
import { type ApiDocument, contract } from "./support/contract.ts"
import { type Order, orderBody, type ProblemBody, serve, type TestOptions } from "./support/server.ts"

/** Just across the river from the client's house, and on its own bank: near by air, and near by road. */
const across: Point = { lat: 43.247, lon: 76.9 }
const bank: Point = { lat: 43.275, lon: 76.92 }
const HOUSE = "Тестовый, улица Набережная 3, кв. 8"

const network = smallNetwork({
  branches: [makeBranch("across", { point: across }), makeBranch("bank", { point: bank })],
  levels: [["aspirin", "across", 100], ["aspirin", "bank", 100]]
})

const hub = async (adapters: ReadonlyArray<AdapterInstance>, options: TestOptions = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "geo-hub-"))
  const server = await serve({ network, adapters, directory: (connection) => join(folder, connection), ...options })
  onTestFinished(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })
  return server
}

const to = (text: string, point?: Point) => ({
  delivery: { type: "courier", address: { text, ...(point === undefined ? {} : { point }) } }
})

const branchOf = (order: Order): string | null => order.fulfilments[0]!.branchId
const branches = (order: Order): ReadonlySet<string | null> => new Set(order.fulfilments.map(({ branchId }) => branchId))
const cases = (order: Order): ReadonlyArray<string> => order.cases.map(({ reason }) => reason)

test("R-ASM-2: R-ASM-1: a hand-typed address ends in the branch that is nearest by road, and the plan says by whose word", async () => {
  const yandex = geo.yandexGeocoderSimulator()
  const osrm = geo.osrmSimulator()
  const { order } = await hub([geo.simulatedYandexGeocoder(yandex), geo.simulatedOsrmMatrix(osrm)])
  const placed = await order(to(HOUSE))
  expect([placed.status, branchOf(placed), cases(placed)]).toEqual(["assigned", "bank", []])
  const way = geo.roadOf(bank, { lat: 43.253, lon: 76.9 })!
  expect(placed.plan).toMatchObject({
    reason: "deepAndNearest",
    tripMetres: way.metres,
    tripSeconds: way.seconds,
    distances: "road (osrm), elsewhere great-circle × 1.4",
    notes: ["address located (geo-yandex, exact)"],
    branches: [{ branchId: "bank", by: "road", distance: way.metres }, { branchId: "across", by: "road" }]
  })
  expect(placed.delivery).toMatchObject({ address: { point: { lat: 43.253, lon: 76.9 } } })
  // Two branches to one client: nothing else was asked.
  expect(osrm.ledger).toEqual([{ from: 2, to: 1 }])
})

test("R-ASM-2: without a matrix the great circle decides, with its detour, and the plan says so", async () => {
  const { order } = await hub([geo.simulatedYandexGeocoder(geo.yandexGeocoderSimulator())])
  const placed = await order(to(HOUSE))
  expect([placed.status, branchOf(placed), placed.plan?.distances]).toEqual(["assigned", "across", "great-circle × 1.4"])
  expect(placed.plan?.tripMetres).toBe(Math.round(6 / 1_000 * 111_195 * 1.4))
})

test("R-ASM-2: an ambiguous address is a case with its candidates; no event holds them (D25)", async () => {
  const { call, order, url, hub: running } = await hub([geo.simulatedTwoGisGeocoder(geo.twoGisGeocoderSimulator())])
  const placed = await order(to("Двойная, 1"))
  expect([placed.status, cases(placed), placed.plan?.notes]).toEqual([
    "operator", ["addressUnclear"], ["address is ambiguous: several places (geo-2gis, exact)"]
  ])
  expect(placed.cases[0]!.candidates).toEqual([
    { address: "г. Тестовый, ул. Двойная, 1", point: { lat: 43.266, lon: 76.95 }, precision: "exact" },
    { address: "г. Заречный, ул. Двойная, 1", point: { lat: 43.21, lon: 76.86 }, precision: "exact" }
  ])
  const events = JSON.stringify(await running.orders.events(placed.id))
  expect(events).toContain("addressUnclear")
  for (const personal of ["Двойная", "43.266", "76.86"]) expect(events).not.toContain(personal)
  const check = contract(await (await fetch(`${url}/openapi.json`)).json() as ApiDocument)
  expect(await check("GET", `/orders/${placed.id}`, await call("shop", "GET", `/orders/${placed.id}`))).toEqual([])
})

test("R-ASM-2: R-ORD-4: an operator says which place an unclear address means, and the order goes to its branch", async () => {
  const { call, order, url } = await hub([geo.simulatedTwoGisGeocoder(geo.twoGisGeocoderSimulator())])
  const placed = await order(to("Двойная, 1"))
  const path = `/orders/${placed.id}/cases/${placed.cases[0]!.caseId}/address`
  const check = contract(await (await fetch(`${url}/openapi.json`)).json() as ApiDocument)
  const tried = async (key: "shop" | "operator" | "branch", body: unknown, headers = {}) => {
    const response = await call(key, "POST", path, body, headers)
    expect(await check("POST", path, response.clone())).toEqual([])
    return { status: response.status, body: await response.json() as Partial<Pick<Order, "delivery" | "fulfilments">> & Partial<Omit<ProblemBody, "status">> & { readonly status: unknown } }
  }
  expect([(await tried("shop", { candidate: 1 })).status, (await tried("branch", { candidate: 1 })).status]).toEqual([403, 403])
  const both = await tried("operator", { candidate: 1, point: bank })
  expect([both.status, JSON.stringify(both.body.errors)]).toEqual([422, expect.stringContaining("exactly one of candidate, point")])
  expect((await tried("operator", { candidate: 1 }, { "if-match": "\"9\"" })).status).toBe(412)
  const far = await tried("operator", { candidate: 5 })
  expect([far.status, far.body.detail]).toEqual([409, expect.stringContaining("the candidates 0 to 1")])
  const done = await tried("operator", { candidate: 1 }, { "if-match": `"${placed.version}"` })
  expect([done.status, done.body.status, done.body.fulfilments![0]!.branchId]).toEqual([200, "assigned", "across"])
  expect(done.body.delivery).toMatchObject({ address: { text: "Двойная, 1", point: { lat: 43.21, lon: 76.86 } } })
  expect((await tried("operator", { candidate: 0 })).status).toBe(409)
})

test("R-ASM-2: an address without its house is not guessed, unless the network's policy is content with it", async () => {
  const { order, hub: running } = await hub([geo.simulatedNominatim(geo.nominatimSimulator(), { everyMs: 0 })])
  const placed = await order(to("Тестовый, ул. Первая 300"))
  expect([placed.status, cases(placed), placed.cases[0]!.candidates?.map(({ precision }) => precision)])
    .toEqual(["operator", ["addressUnclear"], ["near"]])
  await running.network.save({ policies: [{ scope: "network", scopeId: "", policy: { addressPrecision: "near" } }] })
  // Nominatim demands that its answers be kept: the same address is not asked again.
  expect((await order(to("тестовый,  ул. первая 300"))).status).toBe("assigned")
})

test("R-ASM-2: where one geocoder is down, knows nothing or is not precise, the next one is asked", async () => {
  const yandex = geo.yandexGeocoderSimulator({ houses: geo.testHouses.filter(({ street }) => street !== "ул. Первая") })
  const gis = geo.twoGisGeocoderSimulator()
  const { order } = await hub([
    geo.simulatedTwoGisGeocoder(gis, {}, { id: "gis" }),
    geo.simulatedYandexGeocoder(yandex, {}, { id: "yandex" })
  ], { geocoders: ["yandex", "gis"] })
  const unknown = await order(to("г. Тестовый, ул. Первая, 7"))
  expect([unknown.status, unknown.plan?.notes]).toEqual([
    "assigned", ["address is imprecise (yandex, district)", "address located (gis, exact)"]
  ])
  yandex.fault("down")
  const down = await order(to("г. Тестовый, ул. Южная, 5"))
  expect([down.status, down.plan?.notes]).toEqual([
    "assigned", ["geocoder yandex: unavailable (fault)", "address located (gis, exact)"]
  ])
  gis.fault("refuses")
  yandex.mend()
  expect((await order(to("г. Тестовый, ул. Южная, 5"))).plan?.notes).toEqual(["address located (yandex, exact)"])
})

test("R-ASM-2: a day's budget that is used up leaves the work to the next one", async () => {
  const gis = geo.twoGisGeocoderSimulator()
  const yandex = geo.yandexGeocoderSimulator()
  const { order } = await hub([
    geo.simulatedYandexGeocoder(yandex, { budget: { perDay: 1 } }),
    geo.simulatedTwoGisGeocoder(gis)
  ])
  await order(to(HOUSE))
  expect((await order(to("Тестовый, Южная 5"))).plan?.notes)
    .toEqual(["geocoder geo-yandex: unavailable (fault)", "address located (geo-2gis, exact)"])
  expect([yandex.calls.length, gis.calls.length]).toEqual([1, 1])
})

test("R-ASM-2: P1: with all matrices down the order still passes, by the great circle, and the plan says so", async () => {
  const [yandex, gis, osrm] = [geo.yandexMatrixSimulator(), geo.twoGisMatrixSimulator(), geo.osrmSimulator()]
  const { order } = await hub([
    geo.simulatedYandexMatrix(yandex), geo.simulatedTwoGisMatrix(gis), geo.simulatedOsrmMatrix(osrm)
  ])
  yandex.fault("down")
  gis.fault("refuses")
  osrm.fault("garbled")
  const placed = await order(to("где-то", { lat: 43.253, lon: 76.9 }))
  expect([placed.status, branchOf(placed), placed.plan?.distances]).toEqual(["assigned", "across", "great-circle × 1.4"])
  expect(placed.plan?.notes).toEqual([
    "distance matrix matrix-yandex: unavailable (fault)",
    "distance matrix matrix-2gis: rejected (fault)",
    "distance matrix matrix-osrm: unknown (fault)",
    "no distance matrix answered: as the crow flies"
  ])
  gis.mend()
  expect(branchOf(await order(to("где-то", { lat: 43.253, lon: 76.9 })))).toBe("bank")
})

test("R-ASM-2: D15: with all services hanging the channel has its answer in two seconds, and later orders do not wait for them", async () => {
  const [yandex, nominatim, osrm] = [geo.yandexGeocoderSimulator(), geo.nominatimSimulator(), geo.osrmSimulator()]
  const { order } = await hub([
    geo.simulatedYandexGeocoder(yandex), geo.simulatedNominatim(nominatim, { everyMs: 0 }), geo.simulatedOsrmMatrix(osrm)
  ])
  for (const simulator of [yandex, nominatim, osrm]) simulator.fault("slow")
  const timed = async (over: Record<string, unknown>): Promise<readonly [Order, number]> => {
    const started = performance.now()
    return [await order(over), performance.now() - started]
  }
  const [placed, took] = await timed(to(HOUSE))
  expect(placed.status).toBe("placed")
  expect(took).toBeLessThan(2_300)
  const [located, tookRoads] = await timed(to("где-то", { lat: 43.253, lon: 76.9 }))
  expect([located.status, branchOf(located)]).toEqual(["assigned", "across"])
  expect(tookRoads).toBeLessThan(2_300)
  for (let i = 0; i < 2; i++) await order(to("где-то", { lat: 43.253, lon: 76.9 }))
  const before = osrm.calls.length
  expect((await order(to("где-то", { lat: 43.253, lon: 76.9 }))).plan?.notes[0])
    .toBe("distance matrix matrix-osrm: resting after failures")
  expect(osrm.calls.length).toBe(before)
}, 20_000)

test("R-ASM-2: P1: with all geocoders down the order is taken in, and its job settles it when one is back", async () => {
  const yandex = geo.yandexGeocoderSimulator()
  const { call, order, hub: running } = await hub([geo.simulatedYandexGeocoder(yandex)])
  yandex.fault("down", 1)
  const placed = await order(to(HOUSE))
  expect(placed.status).toBe("placed")
  await running.run(Effect.flatMap(Orders, (orders) => orders.settle(OrderId.make(placed.id))))
  const settled = await (await call("shop", "GET", `/orders/${placed.id}`)).json() as Order
  expect([settled.status, branchOf(settled)]).toEqual(["assigned", "across"])
})

test("R-ASM-1: R-ASM-2: of the pairs of branches that have everything together the one with the shortest way by road", async () => {
  const points: Record<string, Point> = {
    // Only here: aspirin, on the client's bank.
    only: { lat: 43.262, lon: 76.91 },
    // Ibuprofen: near by air beyond the river, or farther on this bank.
    beyond: { lat: 43.247, lon: 76.905 },
    here: { lat: 43.281, lon: 76.93 }
  }
  const split = smallNetwork({
    branches: Object.entries(points).map(([id, point]) => makeBranch(id, { point })),
    levels: [["aspirin", "only", 9], ["ibuprofen", "beyond", 9], ["ibuprofen", "here", 9]]
  })
  const lines = [{ productId: "aspirin", quantity: 1 }, { productId: "ibuprofen", quantity: 1 }]
  const body = { ...to("дом", { lat: 43.253, lon: 76.9 }), lines }
  const yandex = geo.yandexMatrixSimulator()
  const byRoad = await hub([geo.simulatedYandexMatrix(yandex)], { network: split })
  const placed = await byRoad.order(body)
  expect(branches(placed)).toEqual(new Set(["here", "only"]))
  const client = { lat: 43.253, lon: 76.9 }
  const [a, b] = [geo.roadOf(points["here"]!, points["only"]!)!, geo.roadOf(points["only"]!, client)!]
  expect([placed.plan?.tripMetres, placed.plan?.tripSeconds]).toEqual([a.metres + b.metres, a.seconds + b.seconds])
  expect(yandex.ledger).toEqual([{ from: 3, to: 4 }])
  const byAir = await (await hub([], { network: split })).order(body)
  expect(branches(byAir)).toEqual(new Set(["beyond", "only"]))
})

test("R-ASM-2: a name in the chain that is no such connection stops the start, and says which", async () => {
  await expect(serve({ matrices: ["orsm"], adapters: [geo.simulatedOsrmMatrix(geo.osrmSimulator())] }))
    .rejects.toThrow(/No connection orsm serves the port distanceMatrix/u)
})

test("R-ORD-1: the same order sent again asks nobody again", async () => {
  const yandex = geo.yandexGeocoderSimulator()
  const { call } = await hub([geo.simulatedYandexGeocoder(yandex)])
  const body = orderBody(to(HOUSE))
  const first = await call("shop", "POST", "/orders", body)
  const again = await call("shop", "POST", "/orders", body)
  expect([first.status, again.status, yandex.calls.length]).toEqual([201, 200, 1])
})
