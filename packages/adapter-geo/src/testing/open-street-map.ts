import { nominatimOver } from "../geocoders/nominatim.ts"
import { osrmMatrixOver } from "../matrices/osrm.ts"
import {
  type GeocodeEntry, type MapOptions, type MatrixEntry, outsideOf, pointsFrom, serviceOver, type ServiceSimulator
} from "./kit.ts"
import type { Hit } from "./town.ts"

/** Neither has keys. */
const NO_KEY = "(none)"

export interface NominatimOptions extends MapOptions {
  /** Requests that come sooner after the last one are answered 429; 1,000 ms if left out. */
  readonly everyMs?: number
  readonly now?: () => number
}

const place = ({ address, house, street, kind, point }: Hit): unknown => ({
  lat: String(point.lat),
  lon: String(point.lon),
  display_name: address,
  category: kind === "street" ? "highway" : kind === "house" ? "building" : "place",
  addresstype: kind === "street" ? "road" : kind === "house" ? "building" : "town",
  address: { ...(house === null ? {} : { house_number: house }), ...(street === null ? {} : { road: street }) }
})

/** Nominatim: `GET /search?q&format=jsonv2`, one request a second, no request without a User-Agent (reference §2.3). */
export const nominatimSimulator = (options: NominatimOptions = {}): ServiceSimulator<GeocodeEntry> => {
  const { everyMs = 1_000, now = Date.now } = options
  let last = Number.NEGATIVE_INFINITY
  return serviceOver<GeocodeEntry>({
    key: NO_KEY,
    refuse: () => new Response("<html>Access blocked</html>", { status: 403 }),
    tooMany: () => new Response("Too many requests", { status: 429 }),
    handle: (request, map, note) => {
      const { pathname, searchParams: query } = new URL(request.url)
      if ((request.headers.get("user-agent") ?? "") === "") return new Response("Access blocked", { status: 403 })
      const address = query.get("q")
      if (pathname !== "/search" || address === null || query.get("format") !== "jsonv2") {
        return Response.json({ error: { code: 400, message: "bad request" } }, { status: 400 })
      }
      const at = now()
      if (at - last < everyMs) return new Response("Too many requests", { status: 429 })
      last = at
      const found = map.search(address).slice(0, Number(query.get("limit") ?? 10))
      note({ address, found: found.length })
      return Response.json(found.map(place))
    }
  }, options)
}

export interface OsrmOptions extends MapOptions {
  readonly maxLocations?: number
}

const indices = (text: string | null, count: number): ReadonlyArray<number> | null => {
  const list = (text ?? "").split(";").map(Number)
  return list.every((i) => Number.isInteger(i) && i >= 0 && i < count) ? list : null
}

const code = (name: string): Response => Response.json({ code: name, message: name }, { status: 400 })

/** OSRM: `GET /table/v1/{profile}/{lon,lat;…}?sources&destinations&annotations` (§3.4). */
export const osrmSimulator = (options: OsrmOptions = {}): ServiceSimulator<MatrixEntry> =>
  serviceOver<MatrixEntry>({
    key: NO_KEY,
    refuse: () => code("InvalidQuery"),
    tooMany: () => new Response("busy", { status: 503 }),
    handle: (request, map, note) => {
      const { pathname, searchParams: query } = new URL(request.url)
      const list = /^\/table\/v1\/[\w-]+\/(?<list>[^/]+)$/u.exec(pathname)?.groups?.["list"]
      const points = list === undefined ? null : pointsFrom(decodeURIComponent(list).split(";"), "lon,lat")
      if (points === null) return code("InvalidUrl")
      if (points.length > (options.maxLocations ?? 100)) return code("TooBig")
      const from = indices(query.get("sources"), points.length)
      const to = indices(query.get("destinations"), points.length)
      if (from === null || to === null) return code("InvalidOptions")
      note({ from: from.length, to: to.length })
      const ways = from.map((a) => to.map((b) => map.road(points[a]!, points[b]!)))
      if (ways.every((row) => row.every((way) => way === null))) return code("NoTable")
      return Response.json({
        code: "Ok",
        durations: ways.map((row) => row.map((way) => way?.seconds ?? null)),
        distances: ways.map((row) => row.map((way) => way?.metres ?? null)),
        sources: [],
        destinations: []
      })
    }
  }, options)

type Config<A extends (config: never) => unknown> = Partial<Parameters<A>[0]>

/** The real adapter over the simulator. */
export const simulatedNominatim = (
  simulator: ServiceSimulator<GeocodeEntry>,
  config: Config<ReturnType<typeof nominatimOver>> = {},
  options: { readonly id?: string } = {}
) => nominatimOver(outsideOf(simulator))({ userAgent: "aptekit-tests", ...config }, options)

/** The real adapter over the simulator. */
export const simulatedOsrmMatrix = (
  simulator: ServiceSimulator<MatrixEntry>,
  config: Config<ReturnType<typeof osrmMatrixOver>> = {},
  options: { readonly id?: string } = {}
) => osrmMatrixOver(outsideOf(simulator))({ url: "http://osrm.test", ...config }, options)
