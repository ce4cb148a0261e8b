import { Point, Schema } from "@aptekit/core"
import { twoGisGeocoderOver } from "../geocoders/two-gis.ts"
import { twoGisMatrixOver } from "../matrices/two-gis.ts"
import { type GeocodeEntry, type MapOptions, type MatrixEntry, outsideOf, serviceOver, type ServiceSimulator } from "./kit.ts"
import type { Hit } from "./town.ts"

const GEOCODER_KEY = "simulated-2gis-geocoder-key"
const MATRIX_KEY = "simulated-2gis-matrix-key"

/** The catalogue says everything with HTTP 200 (reference/partners-geo.md §2.2). */
const inside = (code: number, message: string): Response =>
  Response.json({ meta: { api_version: "3.0", code, error: { message, type: message } } })

const TYPE = { house: "building", street: "street", town: "adm_div" } as const
const item = ({ address, kind, point }: Hit): unknown => ({ full_name: address, name: address, type: TYPE[kind], point })

/** 2GIS geocoder: `GET /3.0/items/geocode?q&fields=items.point&key`. */
export const twoGisGeocoderSimulator = (options: MapOptions = {}): ServiceSimulator<GeocodeEntry> =>
  serviceOver<GeocodeEntry>({
    key: GEOCODER_KEY,
    refuse: () => inside(403, "accessDenied"),
    tooMany: () => inside(429, "tooManyRequests"),
    handle: (request, map, note) => {
      const { searchParams: query } = new URL(request.url)
      const address = query.get("q")
      if (query.get("key") !== GEOCODER_KEY) return inside(403, "authorizationError")
      if (address === null || Number(query.get("page_size") ?? 10) > 10) return inside(400, "paramIsInvalid")
      const found = map.search(address).slice(0, Number(query.get("page_size") ?? 10))
      note({ address, found: found.length })
      if (found.length === 0) return inside(404, "itemNotFound")
      return Response.json({ meta: { api_version: "3.0", code: 200 }, result: { items: found.map(item), total: found.length } })
    }
  }, options)

const isQuestion = Schema.is(
  Schema.Struct({ points: Schema.Array(Point), sources: Schema.Array(Schema.Int), targets: Schema.Array(Schema.Int) })
)

const error = (status: number, message: string): Response => Response.json({ status, message }, { status })

export interface TwoGisMatrixOptions extends MapOptions {
  /** What the key's plan allows at once: so many from, and so many to. */
  readonly side?: number
}

/** 2GIS matrix: `POST /get_dist_matrix?key&version=2.0`, a flat list in an order of its own (§3.3). */
export const twoGisMatrixSimulator = (options: TwoGisMatrixOptions = {}): ServiceSimulator<MatrixEntry> =>
  serviceOver<MatrixEntry>({
    key: MATRIX_KEY,
    refuse: () => error(422, "unprocessable"),
    tooMany: () => error(429, "too many requests"),
    handle: async (request, map, note) => {
      if (new URL(request.url).searchParams.get("key") !== MATRIX_KEY) return error(403, "forbidden")
      const body: unknown = await request.json().catch(() => null)
      const side = options.side ?? 10
      if (!isQuestion(body) || body.sources.length > side || body.targets.length > side) return error(422, "unprocessable")
      note({ from: body.sources.length, to: body.targets.length })
      const routes = body.targets.flatMap((target_id) =>
        body.sources.map((source_id) => {
          const way = map.road(body.points[source_id]!, body.points[target_id]!)
          return way === null
            ? { source_id, target_id, status: "FAIL", distance: 0, duration: 0 }
            : { source_id, target_id, status: "OK", distance: way.metres, duration: way.seconds }
        })
      )
      return Response.json({ generation_time: 3, routes })
    }
  }, options)

type Config<A extends (config: never) => unknown> = Partial<Parameters<A>[0]>

/** The real adapter over the simulator. */
export const simulatedTwoGisGeocoder = (
  simulator: ServiceSimulator<GeocodeEntry>,
  config: Config<ReturnType<typeof twoGisGeocoderOver>> = {},
  options: { readonly id?: string } = {}
) => twoGisGeocoderOver(outsideOf(simulator))({ key: simulator.key, ...config }, options)

/** The real adapter over the simulator. */
export const simulatedTwoGisMatrix = (
  simulator: ServiceSimulator<MatrixEntry>,
  config: Config<ReturnType<typeof twoGisMatrixOver>> = {},
  options: { readonly id?: string } = {}
) => twoGisMatrixOver(outsideOf(simulator))({ key: simulator.key, ...config }, options)
