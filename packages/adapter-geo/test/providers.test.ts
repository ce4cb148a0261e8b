import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type AdapterInstance, createHub, distanceMatrixPort, geocodingPort } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { expect, onTestFinished, test } from "vitest"
import { nominatim, osrmMatrix, tableGeocoder, twoGisGeocoder, twoGisMatrix, yandexGeocoder, yandexMatrix } from "../src/index.ts"
import * as sim from "../src/testing/index.ts"

type Geo = AdapterInstance<"geocoding" | "distanceMatrix">

const hubOf = async (adapter: AdapterInstance, directory = ".aptekit/test") => {
  const hub = await createHub({ storage: memoryStorage(), adapters: [adapter as Geo], jobs: false, host: { directory: () => directory } })
  onTestFinished(() => hub.close())
  return {
    close: hub.close,
    geocode: (address: string) => hub.port(geocodingPort).geocode({ address }),
    matrix: (count: number) =>
      hub.port(distanceMatrixPort).matrix({ from: points(count), to: [{ lat: 43.3, lon: 76.95 }] })
  }
}
const points = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ lat: 43.2 + i / 1_000, lon: 76.9 })) as never as readonly [{ lat: number; lon: number }]

/** Stands in for the real `fetch`, which is looked up at each call. */
const intercepted = (): Array<Request> => {
  const seen: Array<Request> = []
  const real = globalThis.fetch
  globalThis.fetch = (input) => {
    seen.push(input as Request)
    return Promise.reject(new TypeError("no network in tests"))
  }
  onTestFinished(() => void (globalThis.fetch = real))
  return seen
}

const A = { lat: 43.1, lon: 76.7 }
const B = { lat: 43.4, lon: 77.1 }

test.each([
  [
    "Yandex Geocoder",
    yandexGeocoder({ key: "k", area: { from: A, to: B }, results: 3 }),
    "https://geocode-maps.yandex.ru/v1?apikey=k&geocode=Абая 1&lang=ru_RU&format=json&results=3&bbox=76.7,43.1~77.1,43.4&rspn=1"
  ],
  [
    "2GIS",
    twoGisGeocoder({ key: "k", near: A, radius: 9_000 }),
    "https://catalog.api.2gis.com/3.0/items/geocode?q=Абая 1&fields=items.point&locale=ru_KZ&page_size=5&location=76.7,43.1&radius=9000&key=k"
  ],
  [
    "Nominatim",
    nominatim({ userAgent: "shop.example", countries: ["kz", "kg"], area: { from: A, to: B } }),
    "https://nominatim.openstreetmap.org/search?q=Абая 1&format=jsonv2&addressdetails=1&limit=5&accept-language=ru" +
    "&countrycodes=kz,kg&viewbox=76.7,43.1,77.1,43.4&bounded=1"
  ]
])("ASM-2: %s is asked as its documents say", async (_, adapter, url) => {
  const seen = intercepted()
  const { geocode } = await hubOf(adapter)
  await expect(geocode(" Абая 1 ")).rejects.toMatchObject({ outcome: "unavailable" })
  expect(seen.map((request) => decodeURIComponent(request.url.replaceAll("+", " ")))).toEqual([url])
  if (seen[0]!.url.includes("nominatim")) expect(seen[0]!.headers.get("user-agent")).toBe("shop.example")
})

test("ASM-2: matrices are asked as their documents say, latitude or longitude first", async () => {
  const seen = intercepted()
  for (const adapter of [
    yandexMatrix({ key: "k", mode: "walking", traffic: false }),
    twoGisMatrix({ key: "k", type: "jam" }),
    osrmMatrix({ url: "http://osrm:5000/", profile: "car" })
  ]) await expect((await hubOf(adapter)).matrix(2)).rejects.toMatchObject({ outcome: "unavailable" })
  expect(seen.map((request) => `${request.method} ${decodeURIComponent(request.url)}`)).toEqual([
    "GET https://api.routing.yandex.net/v2/distancematrix?origins=43.2,76.9|43.201,76.9&destinations=43.3,76.95&mode=walking&traffic=disabled&apikey=k",
    "POST https://routing.api.2gis.com/get_dist_matrix?key=k&version=2.0",
    "GET http://osrm:5000/table/v1/car/76.9,43.2;76.9,43.201;76.95,43.3?sources=0;1&destinations=2&annotations=duration,distance"
  ])
  expect(await seen[1]!.json()).toEqual({
    points: [{ lat: 43.2, lon: 76.9 }, { lat: 43.201, lon: 76.9 }, { lat: 43.3, lon: 76.95 }],
    sources: [0, 1],
    targets: [2],
    transport: "driving",
    type: "jam"
  })
})

const HOUSE = "г. Тестовый, ул. Первая, 7"

test("ASM-2: what licences say of storing is the default: Nominatim's answers are kept, those of Yandex and 2GIS are not", async () => {
  const [yandex, gis, osm] = [sim.yandexGeocoderSimulator(), sim.twoGisGeocoderSimulator(), sim.nominatimSimulator()]
  const asked = async (adapter: AdapterInstance, simulator: { readonly calls: ReadonlyArray<unknown> }): Promise<number> => {
    const { geocode } = await hubOf(adapter)
    const answers = [await geocode(HOUSE), await geocode(HOUSE.toUpperCase()), await geocode(` ${HOUSE}`)]
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    return simulator.calls.length
  }
  expect(await asked(sim.simulatedYandexGeocoder(yandex), yandex)).toBe(3)
  expect(await asked(sim.simulatedTwoGisGeocoder(gis), gis)).toBe(3)
  expect(await asked(sim.simulatedNominatim(osm), osm)).toBe(1)
  const paid = sim.yandexGeocoderSimulator()
  expect(await asked(sim.simulatedYandexGeocoder(paid, { cache: { days: 30 } }), paid)).toBe(1)
})

test("ASM-2: the public Nominatim is never asked twice within a second", async () => {
  const osm = sim.nominatimSimulator()
  const { geocode } = await hubOf(sim.simulatedNominatim(osm))
  const ended = await Promise.allSettled(["7", "1", "15а"].map((house) => geocode(`г. Тестовый, ул. Первая, ${house}`)))
  // The third would wait for two seconds: it is told at once, and the simulator has refused nobody.
  expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"])
  expect([osm.calls.length, osm.ledger.length]).toEqual([2, 2])
})

test("ASM-2: a budget lies in the connection's folder: another start has what is left, and an answer from memory costs nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "geo-provider-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const simulator = sim.nominatimSimulator({ everyMs: 0 })
  const start = () => hubOf(sim.simulatedNominatim(simulator, { everyMs: 0, budget: { perDay: 2 } }), folder)
  const first = await start()
  await first.geocode(HOUSE)
  await first.geocode(HOUSE)
  await first.close()
  expect(JSON.parse(readFileSync(join(folder, "budget.json"), "utf8"))).toMatchObject({ used: 1 })
  const second = await start()
  await second.geocode(HOUSE)
  await expect(second.geocode("Тестовый, Южная 5")).rejects.toMatchObject({
    outcome: "unavailable",
    message: expect.stringMatching(/the day's budget of 2 is used up; the next day begins at midnight, UTC/u) as string
  })
})

test.each([["requests", 3], ["cells", 25]] as const)("ASM-2: a matrix's budget counts %s", async (count, costs) => {
  const folder = mkdtempSync(join(tmpdir(), "geo-matrix-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const gis = sim.twoGisMatrixSimulator()
  const hub = await hubOf(sim.simulatedTwoGisMatrix(gis, { budget: { perDay: 30, count } }), folder)
  await hub.matrix(25)
  await hub.close()
  expect(gis.ledger.map(({ from, to }) => [from, to])).toEqual([[9, 1], [9, 1], [7, 1]])
  expect(JSON.parse(readFileSync(join(folder, "budget.json"), "utf8"))).toMatchObject({ used: costs })
})

test("ASM-2: a service's own quota ends as unavailable", async () => {
  for (const adapter of [
    sim.simulatedYandexGeocoder(sim.yandexGeocoderSimulator({ quota: 1 })),
    sim.simulatedTwoGisGeocoder(sim.twoGisGeocoderSimulator({ quota: 1 }))
  ]) {
    const { geocode } = await hubOf(adapter)
    await geocode(HOUSE)
    await expect(geocode(HOUSE)).rejects.toMatchObject({ outcome: "unavailable" })
  }
})

test("SDK-2: a wrong configuration stops the start and shows no key", async () => {
  const start = (adapter: AdapterInstance) => createHub({ storage: memoryStorage(), adapters: [adapter as Geo], jobs: false })
  await expect(start(nominatim({ userAgent: "" }))).rejects.toThrow(/bad configuration/u)
  await expect(start(osrmMatrix({ url: "not a url" }))).rejects.toThrow(/bad configuration/u)
  await expect(start(yandexMatrix({ key: "secret", maxCells: 101 }))).rejects.toThrow(/bad configuration(?!.*secret)/su)
  await expect(start(yandexGeocoder({ key: "secret", budget: { perDay: 1, zone: "Mars/Base" } })))
    .rejects.toThrow(/time zone(?!.*secret)/su)
})

const ALMATY = "/work/shared/data/almaty/addresses.geojson"

test.skipIf(!existsSync(ALMATY))("ASM-2: the addresses of a real town are found as people type them, or asked about", async () => {
  interface Feature {
    readonly geometry: { readonly coordinates: readonly [number, number] }
    readonly properties: Readonly<Record<string, string | undefined>>
  }
  const { features } = JSON.parse(readFileSync(ALMATY, "utf8")) as { readonly features: ReadonlyArray<Feature> }
  const places = features.flatMap(({ geometry: { coordinates: [lon, lat] }, properties }) => {
    const [street, house] = [properties["addr:street"], properties["addr:housenumber"]]
    return street === undefined || house === undefined ? [] : [{ address: `${street}, ${house}`, lat, lon, street, house }]
  })
  expect(places.length).toBeGreaterThan(500)
  const { geocode } = await hubOf(tableGeocoder({ places: places.map(({ address, lat, lon }) => ({ address, lat, lon })) }))
  let found = 0
  for (const { street, house, lat, lon } of places) {
    const { candidates } = await geocode(`${street.toUpperCase().replace(/^ПР\.? /u, "Проспект ")} д. ${house}, кв. 5`)
    if (candidates.some(({ point }) => point.lat === lat && point.lon === lon)) found++
  }
  expect(found / places.length).toBeGreaterThan(0.95)
})
