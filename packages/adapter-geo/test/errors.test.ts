import { type AdapterInstance, createHub, distanceMatrixPort, geocodingPort } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"
import { nominatimOver } from "../src/geocoders/nominatim.ts"
import { twoGisGeocoderOver } from "../src/geocoders/two-gis.ts"
import { yandexGeocoderOver } from "../src/geocoders/yandex.ts"
import { osrmMatrixOver } from "../src/matrices/osrm.ts"
import { twoGisMatrixOver } from "../src/matrices/two-gis.ts"
import { yandexMatrixOver } from "../src/matrices/yandex.ts"
import { outside } from "../src/parts/outside.ts"

const KEY = "a-secret-key"
const ADDRESS = "ул. Тайная, 7"
const A = { lat: 43.2511, lon: 76.9111 }
const B = { lat: 43.2622, lon: 76.9222 }

const answering = (status: number, body: unknown) => ({
  ...outside,
  fetch: () =>
    Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status: status }))
})

/** How a question ends: `done`, or the outcome with its text. */
const ended = async (adapter: AdapterInstance, port: "geocoding" | "matrix"): Promise<string> => {
  await using hub = await createHub({ storage: memoryStorage(), adapters: [adapter as AdapterInstance<"geocoding" | "distanceMatrix">], jobs: false })
  try {
    const answer = port === "geocoding"
      ? await hub.port(geocodingPort).geocode({ address: ADDRESS })
      : await hub.port(distanceMatrixPort).matrix({ from: [A], to: [B] })
    return `done ${JSON.stringify(answer)}`
  } catch (error) {
    const { outcome, message, stack } = error as { outcome: string; message: string; stack: string }
    for (const secret of [KEY, ADDRESS, encodeURIComponent(ADDRESS), "43.2511", "76.9222"]) {
      expect(`${message} ${JSON.stringify(error)} ${stack}`).not.toContain(secret)
    }
    return `${outcome}: ${message.replace(/^(\[[^\]]+\] ){2}/u, "")}`
  }
}

type Row = readonly [status: number, body: unknown, ends: string]

const NOTHING = "done {\"candidates\":[]}"
const NO_JSON = "<html>Bad gateway</html>"

describe("ARC-2: errors of geocoders, by their table", () => {
  const yandex: ReadonlyArray<Row> = [
    [400, {}, "rejected: yandex answered 400: a parameter is wrong"],
    [403, NO_JSON, "rejected: yandex answered 403: no or a wrong key; a new one works after 15 minutes"],
    [404, {}, "rejected: yandex answered 404"],
    [429, {}, "unavailable: yandex answered 429: too many requests"],
    [500, NO_JSON, "unavailable: yandex answered 500"],
    [200, NO_JSON, "unknown: yandex answered 200 with what is no JSON"],
    [200, { response: {} }, "unknown: yandex: the answer is not what its documents say"],
    [200, { response: { GeoObjectCollection: { featureMember: [] } } }, NOTHING],
    [200, {
      response: {
        GeoObjectCollection: {
          featureMember: [{
            GeoObject: {
              Point: { pos: "76.9" },
              metaDataProperty: { GeocoderMetaData: { kind: "house", precision: "exact", text: "x" } }
            }
          }]
        }
      }
    }, "unknown: yandex: the answer holds a point that is none"]
  ]
  test.each(yandex)("Yandex: %s %j", async (status, body, ends) => {
    expect(await ended(yandexGeocoderOver(answering(status, body))({ key: KEY }), "geocoding")).toBe(ends)
  })

  const meta = (code: number) => ({ meta: { code, error: { message: "m" } } })
  const twoGis: ReadonlyArray<Row> = [
    [200, meta(404), NOTHING],
    [404, meta(404), NOTHING],
    [200, meta(403), "rejected: 2gis answered 403: no or a wrong key, or its rights end here"],
    [200, meta(401), "rejected: 2gis answered 401: no or a wrong key"],
    [200, meta(400), "rejected: 2gis answered 400: a parameter is wrong"],
    [200, meta(429), "unavailable: 2gis answered 429: too many requests"],
    [200, meta(500), "unavailable: 2gis answered 500"],
    [200, meta(302), "unknown: 2gis answered 302"],
    [403, NO_JSON, "rejected: 2gis answered 403: no or a wrong key, or its rights end here"],
    [503, {}, "unavailable: 2gis answered 503"],
    [200, meta(200), "unknown: 2gis: the answer is not what its documents say"],
    [200, [], "unknown: 2gis: the answer is not what its documents say"],
    [200, { ...meta(200), result: { items: [{ type: "building", full_name: "ул. Тайная, 7" }] } }, NOTHING]
  ]
  test.each(twoGis)("2GIS: %s %j", async (status, body, ends) => {
    expect(await ended(twoGisGeocoderOver(answering(status, body))({ key: KEY }), "geocoding")).toBe(ends)
  })

  const osm: ReadonlyArray<Row> = [
    [200, [], NOTHING],
    [400, {}, "rejected: nominatim answered 400: a parameter is wrong"],
    [403, NO_JSON, "rejected: nominatim answered 403: blocked; its rules of use were broken"],
    [429, "Too many", "unavailable: nominatim answered 429: too many requests"],
    [502, NO_JSON, "unavailable: nominatim answered 502"],
    [200, NO_JSON, "unknown: nominatim answered 200 with what is no JSON"],
    [200, "", "unknown: nominatim answered 200 with what is no JSON"],
    [200, null, "unknown: nominatim: the answer is not what its documents say"],
    [200, { id: {} }, "unknown: nominatim: the answer is not what its documents say"],
    [200, [{ lat: "x", lon: "76", display_name: "d" }], "unknown: nominatim: the answer is not what its documents say"]
  ]
  test.each(osm)("Nominatim: %s %j", async (status, body, ends) => {
    expect(await ended(nominatimOver(answering(status, body))({ userAgent: "t" }), "geocoding")).toBe(ends)
  })
})

describe("ARC-2: errors of matrices, by their table", () => {
  const noWay = (source: string): string => `done {"cells":[[null]],"source":"${source}"}`
  const yandex: ReadonlyArray<Row> = [
    [400, {}, "rejected: yandex matrix answered 400: a parameter is wrong"],
    [401, {}, "rejected: yandex matrix answered 401: no key"],
    [403, {}, "rejected: yandex matrix answered 403: a wrong key, or its rights end here"],
    [429, {}, "unavailable: yandex matrix answered 429: too many requests"],
    [504, NO_JSON, "unavailable: yandex matrix answered 504"],
    [200, { rows: [] }, "unknown: yandex matrix: the answer is not of the size of the question"],
    [200, { rows: [{ elements: [{ status: "OK" }] }] }, "unknown: yandex matrix: the answer is not what its documents say"],
    [200, { rows: [{ elements: [{ status: "FAIL" }] }] }, noWay("yandex")]
  ]
  test.each(yandex)("Yandex: %s %j", async (status, body, ends) => {
    expect(await ended(yandexMatrixOver(answering(status, body))({ key: KEY }), "matrix")).toBe(ends)
  })

  const route = { source_id: 0, target_id: 1, status: "OK", distance: 10, duration: 5 }
  const twoGis: ReadonlyArray<Row> = [
    [403, {}, "rejected: 2gis matrix answered 403: a wrong key, or its rights end here"],
    [422, {}, "rejected: 2gis matrix answered 422: it does not take this body"],
    [429, {}, "unavailable: 2gis matrix answered 429: too many requests"],
    [500, {}, "unavailable: 2gis matrix answered 500"],
    [200, { meta: { code: 403 } }, "unknown: 2gis matrix: the answer is not what its documents say"],
    [200, { routes: [] }, "unknown: 2gis matrix: a way is missing in the answer"],
    [200, { routes: [{ ...route, duration: null }] }, "unknown: 2gis matrix: a way without its length or time"],
    [200, { routes: [{ ...route, status: "ATTRACT_FAIL" }] }, noWay("2gis")],
    [200, { routes: [route] }, "done {\"cells\":[[{\"seconds\":5,\"metres\":10}]],\"source\":\"2gis\"}"]
  ]
  test.each(twoGis)("2GIS: %s %j", async (status, body, ends) => {
    expect(await ended(twoGisMatrixOver(answering(status, body))({ key: KEY }), "matrix")).toBe(ends)
  })

  const osrm: ReadonlyArray<Row> = [
    [400, { code: "TooBig" }, "rejected: osrm answered 400: TooBig"],
    [400, { code: "NoSegment" }, "rejected: osrm answered 400: NoSegment"],
    [400, { code: "NoTable" }, noWay("osrm")],
    [400, { code: "ул. Тайная, 7" }, "rejected: osrm answered 400"],
    [502, NO_JSON, "unavailable: osrm answered 502"],
    [200, { code: "Strange" }, "unknown: osrm: the answer is not what its documents say"],
    [200, { code: "Ok", durations: [[1]] }, "unknown: osrm: the answer is not what its documents say"],
    [200, { code: "Ok", durations: [[1]], distances: [] }, "unknown: osrm: the answer is not of the size of the question"],
    [200, { code: "Ok", durations: [[null]], distances: [[1]] }, noWay("osrm")]
  ]
  test.each(osrm)("OSRM: %s %j", async (status, body, ends) => {
    expect(await ended(osrmMatrixOver(answering(status, body))({ url: "http://osrm.test/" }), "matrix")).toBe(ends)
  })
})
