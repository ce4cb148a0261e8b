import { yandexGeocoderOver } from "../geocoders/yandex.ts"
import { yandexMatrixOver } from "../matrices/yandex.ts"
import {
  type GeocodeEntry, type MapOptions, type MatrixEntry, outsideOf, pointsFrom, serviceOver, type ServiceSimulator
} from "./kit.ts"
import type { Hit } from "./town.ts"

const GEOCODER_KEY = "simulated-yandex-geocoder-key"
const MATRIX_KEY = "simulated-yandex-matrix-key"
const LARGEST = 100

const error = (status: number, message: string): Response => Response.json({ statusCode: status, error: message }, { status })

const KIND = { house: "house", street: "street", town: "locality" } as const

const member = ({ address, kind, precision, point }: Hit): unknown => ({
  GeoObject: {
    metaDataProperty: {
      GeocoderMetaData: { kind: KIND[kind], precision: kind === "town" ? "other" : precision, text: address, Address: {} }
    },
    name: address,
    Point: { pos: `${point.lon} ${point.lat}` }
  }
})

/** Yandex Geocoder v1: `GET /v1?apikey&geocode&lang&format=json` (reference/partners-geo.md §2.1). */
export const yandexGeocoderSimulator = (options: MapOptions = {}): ServiceSimulator<GeocodeEntry> =>
  serviceOver<GeocodeEntry>({
    key: GEOCODER_KEY,
    refuse: () => error(403, "Forbidden"),
    tooMany: () => error(429, "Too Many Requests"),
    handle: (request, map, note) => {
      const { searchParams: query } = new URL(request.url)
      const address = query.get("geocode")
      if (query.get("apikey") !== GEOCODER_KEY) return error(403, "Invalid key")
      if (address === null || query.get("lang") === null || query.get("format") !== "json") return error(400, "Bad Request")
      const found = map.search(address).slice(0, Number(query.get("results") ?? 10))
      note({ address, found: found.length })
      const meta = { GeocoderResponseMetaData: { request: address, found: String(found.length), results: "10" } }
      return Response.json({
        response: { GeoObjectCollection: { metaDataProperty: meta, featureMember: found.map(member) } }
      })
    }
  }, options)

/** Yandex Distance Matrix v2: `GET /v2/distancematrix?origins&destinations&mode&apikey`, at most 100 cells (§3.1). */
export const yandexMatrixSimulator = (options: MapOptions = {}): ServiceSimulator<MatrixEntry> =>
  serviceOver<MatrixEntry>({
    key: MATRIX_KEY,
    refuse: () => error(403, "Forbidden"),
    tooMany: () => error(429, "Too Many Requests"),
    handle: (request, map, note) => {
      const { searchParams: query } = new URL(request.url)
      if (query.get("apikey") === null) return error(401, "No key")
      if (query.get("apikey") !== MATRIX_KEY) return error(403, "Invalid key")
      const from = pointsFrom((query.get("origins") ?? "").split("|"), "lat,lon")
      const to = pointsFrom((query.get("destinations") ?? "").split("|"), "lat,lon")
      if (from === null || to === null || from.length * to.length > LARGEST) return error(400, "Bad Request")
      note({ from: from.length, to: to.length })
      const rows = from.map((a) => ({
        elements: to.map((b) => {
          const way = map.road(a, b)
          return way === null
            ? { status: "FAIL" }
            : { status: "OK", distance: { value: way.metres }, duration: { value: way.seconds } }
        })
      }))
      return Response.json({ rows })
    }
  }, options)

type Config<A extends (config: never) => unknown> = Partial<Parameters<A>[0]>

/** The real adapter over the simulator. */
export const simulatedYandexGeocoder = (
  simulator: ServiceSimulator<GeocodeEntry>,
  config: Config<ReturnType<typeof yandexGeocoderOver>> = {},
  options: { readonly id?: string } = {}
) => yandexGeocoderOver(outsideOf(simulator))({ key: simulator.key, ...config }, options)

/** The real adapter over the simulator. */
export const simulatedYandexMatrix = (
  simulator: ServiceSimulator<MatrixEntry>,
  config: Config<ReturnType<typeof yandexMatrixOver>> = {},
  options: { readonly id?: string } = {}
) => yandexMatrixOver(outsideOf(simulator))({ key: simulator.key, ...config }, options)
