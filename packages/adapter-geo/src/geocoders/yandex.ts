import { type AddressCandidate, defineAdapter, geocodingPort, Point, type Precision, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { ask, failed, reader } from "../parts/ask.ts"
import { Budget } from "../parts/budget.ts"
import { Cache } from "../parts/cache.ts"
import { fault } from "../parts/fault.ts"
import { geocodeWith } from "../parts/geocode.ts"
import { type Outside, outside } from "../parts/outside.ts"

/** Longitude first, a blank between (reference/partners-geo.md §1, §2.1). */
const pointOf = (pos: string): Point => {
  const [lon, lat] = pos.trim().split(/\s+/u).map(Number)
  const point = { lat: lat ?? Number.NaN, lon: lon ?? Number.NaN }
  if (!Schema.is(Point)(point)) throw fault("yandex: the answer holds a point that is none", "unknown")
  return point
}

const Found = Schema.Struct({
  GeoObject: Schema.Struct({
    Point: Schema.Struct({ pos: Schema.String }),
    metaDataProperty: Schema.Struct({
      GeocoderMetaData: Schema.Struct({ kind: Schema.String, precision: Schema.String, text: Schema.String })
    })
  })
})
const read = reader(
  "yandex",
  Schema.Struct({
    response: Schema.Struct({ GeoObjectCollection: Schema.Struct({ featureMember: Schema.Array(Found) }) })
  })
)

/** `range`: the house lies somewhere between two known ones. */
const PRECISION: Readonly<Record<string, Precision>> = {
  exact: "exact", number: "number", near: "near", range: "near", street: "street"
}
/** With the precision `other` the kind says what was found. */
const DISTRICTS = new Set(["district", "locality", "area", "province"])

const candidateOf = ({ GeoObject }: typeof Found.Type): AddressCandidate => {
  const { kind, precision, text } = GeoObject.metaDataProperty.GeocoderMetaData
  // `exact` is also said of a town that was asked for: only a house is a house.
  const house = kind === "house" || kind === "entrance"
  const asHouse = PRECISION[precision] ?? "other"
  const elsewhere = DISTRICTS.has(kind) ? "district" : kind === "street" ? "street" : "other"
  return { address: text, point: pointOf(GeoObject.Point.pos), precision: house ? asHouse : elsewhere }
}

const WORDS = { 400: "a parameter is wrong", 403: "no or a wrong key; a new one works after 15 minutes", 429: "too many requests" }

const Config = Schema.Struct({
  key: Schema.RedactedFromValue(Schema.NonEmptyString),
  url: Schema.optionalKey(Schema.URLFromString),
  /** Language and country of the answer, such as `ru_RU`. */
  lang: Schema.optionalKey(Schema.NonEmptyString),
  /** Two corners of the area that is served; nothing outside of it is found. */
  area: Schema.optionalKey(Schema.Struct({ from: Point, to: Point })),
  results: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 }))),
  budget: Schema.optionalKey(Budget),
  cache: Schema.optionalKey(Cache)
})

export const yandexGeocoderOver = (world: Outside) =>
  defineAdapter({
    name: "geo-yandex",
    config: Config,
    ports: { geocoding: geocodingPort },
    setup: (config, context) => {
      const question = (address: string): URL => {
        const url = new URL(config.url ?? "https://geocode-maps.yandex.ru/v1")
        const { searchParams: query } = url
        query.set("apikey", Redacted.value(config.key))
        query.set("geocode", address)
        query.set("lang", config.lang ?? "ru_RU")
        query.set("format", "json")
        query.set("results", String(config.results ?? 5))
        if (config.area !== undefined) {
          const { from, to } = config.area
          query.set("bbox", `${from.lon},${from.lat}~${to.lon},${to.lat}`)
          query.set("rspn", "1")
        }
        return url
      }
      return {
        geocoding: {
          geocode: geocodeWith({
            service: "yandex",
            // The standard licence forbids storing results (§2.1).
            cache: config.cache ?? false,
            budget: config.budget,
            every: 0,
            ask: async (address, signal) => {
              const { status, body } = await ask(world, "yandex", question(address), { signal })
              if (status !== 200) throw failed("yandex", status, WORDS)
              return read(body).response.GeoObjectCollection.featureMember.map(candidateOf)
            }
          }, context, world)
        }
      }
    }
  })

/** Yandex Geocoder, HTTP API v1. */
export const yandexGeocoder = yandexGeocoderOver(outside)
