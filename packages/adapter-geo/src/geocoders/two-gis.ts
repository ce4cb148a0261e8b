import { type AddressCandidate, defineAdapter, geocodingPort, Point, type Precision, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { ask, failed, reader } from "../parts/ask.ts"
import { Budget } from "../parts/budget.ts"
import { Cache } from "../parts/cache.ts"
import { geocodeWith } from "../parts/geocode.ts"
import { sameHouse } from "../parts/house.ts"
import { type Outside, outside } from "../parts/outside.ts"

const Item = Schema.Struct({
  full_name: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  point: Schema.optionalKey(Point),
  type: Schema.String
})
const readMeta = reader("2gis", Schema.Struct({ meta: Schema.Struct({ code: Schema.Int }) }))
const read = reader("2gis", Schema.Struct({ result: Schema.Struct({ items: Schema.Array(Item) }) }))

const DISTRICTS = new Set(["adm_div", "district", "living_area", "city", "settlement", "region"])

/** 2GIS names no precision: a building counts as found where its address has the house that was asked for. */
const precisionOf = (asked: string, { type, full_name: name = "" }: typeof Item.Type): Precision => {
  if (type === "building") return sameHouse(asked, name) ? "exact" : "near"
  if (type === "street") return "street"
  return DISTRICTS.has(type) ? "district" : "other"
}

/** Items without a point (the plan did not ask for it) or a name cannot be shown to anybody. */
const candidates = (asked: string, items: ReadonlyArray<typeof Item.Type>): ReadonlyArray<AddressCandidate> =>
  items.flatMap((item) => {
    const address = item.full_name ?? item.name
    if (address === undefined || address === "" || item.point === undefined) return []
    return [{ address, point: item.point, precision: precisionOf(asked, item) }]
  })

const WORDS = { 400: "a parameter is wrong", 401: "no or a wrong key", 403: "no or a wrong key, or its rights end here", 429: "too many requests" }

const Config = Schema.Struct({
  key: Schema.RedactedFromValue(Schema.NonEmptyString),
  url: Schema.optionalKey(Schema.URLFromString),
  /** Language and country, such as `ru_KZ`. */
  locale: Schema.optionalKey(Schema.NonEmptyString),
  /** Where the network is: what lies near comes first, with `radius` (metres) nothing else. */
  near: Schema.optionalKey(Point),
  radius: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  /** Demo keys allow 10 at most. */
  results: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 }))),
  budget: Schema.optionalKey(Budget),
  cache: Schema.optionalKey(Cache)
})

export const twoGisGeocoderOver = (world: Outside) =>
  defineAdapter({
    name: "geo-2gis",
    config: Config,
    ports: { geocoding: geocodingPort },
    setup: (config, context) => {
      const question = (address: string): URL => {
        const url = new URL(config.url ?? "https://catalog.api.2gis.com/3.0/items/geocode")
        const { searchParams: query } = url
        query.set("q", address)
        query.set("fields", "items.point")
        query.set("locale", config.locale ?? "ru_KZ")
        query.set("page_size", String(config.results ?? 5))
        if (config.near !== undefined) query.set("location", `${config.near.lon},${config.near.lat}`)
        if (config.radius !== undefined) query.set("radius", String(config.radius))
        query.set("key", Redacted.value(config.key))
        return url
      }
      return {
        geocoding: {
          geocode: geocodeWith({
            service: "2gis",
            cache: config.cache ?? false,
            budget: config.budget,
            every: 0,
            ask: async (address, signal) => {
              const { status, body } = await ask(world, "2gis", question(address), { signal })
              if (status !== 200 && status !== 404) throw failed("2gis", status, WORDS)
              // HTTP says 200 whatever happened: the code inside is what counts (§2.2).
              const { code } = status === 404 && body === null ? { code: 404 } : readMeta(body).meta
              if (code === 404) return []
              if (code !== 200) throw failed("2gis", code, WORDS)
              return candidates(address, read(body).result.items)
            }
          }, context, world)
        }
      }
    }
  })

/** 2GIS geocoder, Catalog API 3.0. */
export const twoGisGeocoder = twoGisGeocoderOver(outside)
