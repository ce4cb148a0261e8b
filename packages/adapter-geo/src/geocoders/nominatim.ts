import { type AddressCandidate, defineAdapter, geocodingPort, Point, type Precision, Schema } from "@aptekit/core"
import { ask, failed, reader } from "../parts/ask.ts"
import { Budget } from "../parts/budget.ts"
import { Cache } from "../parts/cache.ts"
import { geocodeWith } from "../parts/geocode.ts"
import { sameHouse } from "../parts/house.ts"
import { type Outside, outside } from "../parts/outside.ts"

/** `lat` and `lon` come as strings (reference/partners-geo.md §2.3). */
const Item = Schema.Struct({
  lat: Schema.FiniteFromString,
  lon: Schema.FiniteFromString,
  display_name: Schema.NonEmptyString,
  category: Schema.optionalKey(Schema.String),
  addresstype: Schema.optionalKey(Schema.String),
  address: Schema.optionalKey(Schema.Struct({ house_number: Schema.optionalKey(Schema.String) }))
})
const read = reader("nominatim", Schema.Array(Item))
const isPoint = Schema.is(Point)

const DISTRICTS = new Set([
  "suburb", "city_district", "district", "borough", "neighbourhood", "quarter", "hamlet", "village", "town", "city",
  "municipality", "county", "state", "region", "country"
])

const precisionOf = (asked: string, { address, addresstype = "", category }: typeof Item.Type): Precision => {
  const house = address?.house_number
  if (house !== undefined) return sameHouse(asked, house) ? "exact" : "near"
  if (category === "highway" || addresstype === "road") return "street"
  return DISTRICTS.has(addresstype) ? "district" : "other"
}

const candidatesOf = (asked: string, items: ReadonlyArray<typeof Item.Type>): ReadonlyArray<AddressCandidate> =>
  items.flatMap((item) => {
    const point = { lat: item.lat, lon: item.lon }
    return isPoint(point) ? [{ address: item.display_name, point, precision: precisionOf(asked, item) }] : []
  })

const WORDS = { 400: "a parameter is wrong", 403: "blocked; its rules of use were broken", 429: "too many requests" }

const Config = Schema.Struct({
  /** Who asks: the public server refuses requests that do not say so. */
  userAgent: Schema.NonEmptyString,
  url: Schema.optionalKey(Schema.URLFromString),
  /** ISO 3166 alpha-2, such as `["kz"]`. */
  countries: Schema.optionalKey(Schema.Array(Schema.String.check(Schema.isPattern(/^[a-z]{2}$/u)))),
  /** Two corners of the area that is served; nothing outside of it is found. */
  area: Schema.optionalKey(Schema.Struct({ from: Point, to: Point })),
  language: Schema.optionalKey(Schema.NonEmptyString),
  results: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 }))),
  /** The least time between two requests: 1,000 if left out, as the public server demands; 0 for a server of your own. */
  everyMs: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60_000 }))),
  budget: Schema.optionalKey(Budget),
  cache: Schema.optionalKey(Cache)
})

export const nominatimOver = (world: Outside) =>
  defineAdapter({
    name: "geo-nominatim",
    config: Config,
    ports: { geocoding: geocodingPort },
    setup: (config, context) => {
      const base = (config.url ?? new URL("https://nominatim.openstreetmap.org")).href.replace(/\/+$/u, "")
      const question = (address: string): URL => {
        const url = new URL(`${base}/search`)
        const { searchParams: query } = url
        query.set("q", address)
        query.set("format", "jsonv2")
        query.set("addressdetails", "1")
        query.set("limit", String(config.results ?? 5))
        query.set("accept-language", config.language ?? "ru")
        if (config.countries !== undefined) query.set("countrycodes", config.countries.join(","))
        if (config.area !== undefined) {
          const { from, to } = config.area
          query.set("viewbox", [from.lon, from.lat, to.lon, to.lat].join(","))
          query.set("bounded", "1")
        }
        return url
      }
      return {
        geocoding: {
          geocode: geocodeWith({
            service: "nominatim",
            // Demanded by the rules of the public server.
            cache: config.cache ?? { days: 30 },
            budget: config.budget,
            every: config.everyMs ?? 1_000,
            ask: async (address, signal) => {
              const init = { signal, headers: { "user-agent": config.userAgent } }
              const { status, body } = await ask(world, "nominatim", question(address), init)
              if (status !== 200) throw failed("nominatim", status, WORDS)
              return candidatesOf(address, read(body))
            }
          }, context, world)
        }
      }
    }
  })

/** Nominatim 5.x, the public server or one of your own. */
export const nominatim = nominatimOver(outside)
