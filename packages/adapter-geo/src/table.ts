import { defineAdapter, geocodingPort, Point, Schema } from "@aptekit/core"
import { addressKey } from "./address.ts"

/** An address and where it is, WGS 84 degrees. */
export const Place = Schema.Struct({ address: Schema.NonEmptyString, ...Point.fields })
export type Place = typeof Place.Type

type Lookup = (address: string) => Point | null

/** One key with two points is no answer. */
const ambiguous = Symbol("ambiguous")

const add = (index: Map<string, Point | typeof ambiguous>, key: string, point: Point): void => {
  const known = index.get(key)
  const same = known === undefined || (known !== ambiguous && known.lat === point.lat && known.lon === point.lon)
  index.set(key, same ? point : ambiguous)
}

/** Looks addresses up in a table; null where nothing, or more than one place, answers to the address. */
export const placeLookup = (places: ReadonlyArray<Place>): Lookup => {
  const exact = new Map<string, Point | typeof ambiguous>()
  const loose = new Map<string, Point | typeof ambiguous>()
  for (const { address, lat, lon } of places) {
    const key = addressKey(address)
    add(exact, key.exact, { lat, lon })
    add(loose, key.loose, { lat, lon })
  }
  return (address) => {
    const key = addressKey(address)
    // «Абая 10» may mean the avenue or the street, «ул. Абая 10» only the street.
    const found = key.kindless ? loose.get(key.loose) : exact.get(key.exact)
    return found === undefined || found === ambiguous ? null : found
  }
}

/**
 * Knows the addresses of a table and nothing else: for demos, tests, and networks that deliver to known points.
 * Spelling is forgiven (see `addressKey`); what is unknown or fits two places has no point, and a person asks.
 */
export const tableGeocoder = defineAdapter({
  name: "geo-table",
  config: Schema.Struct({ places: Schema.Array(Place) }),
  ports: { geocoding: geocodingPort },
  setup: ({ places }) => {
    const lookup = placeLookup(places)
    return { geocoding: { geocode: ({ address }) => ({ point: lookup(address) }) } }
  }
})
