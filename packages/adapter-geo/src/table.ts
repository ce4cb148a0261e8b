import { defineAdapter, geocodingPort, MAX_CANDIDATES, Point, Schema } from "@aptekit/core"
import { addressKey } from "./address.ts"

/** An address and where it is, WGS 84 degrees. */
export const Place = Schema.Struct({ address: Schema.NonEmptyString, ...Point.fields })
export type Place = typeof Place.Type

type Lookup = (address: string) => ReadonlyArray<Place>

const add = (index: Map<string, Array<Place>>, key: string, place: Place): void => {
  const known = index.get(key)
  if (known === undefined) index.set(key, [place])
  else if (known.every(({ lat, lon }) => lat !== place.lat || lon !== place.lon)) known.push(place)
}

/** Looks addresses up in a table: every place that answers to the address, each point once. */
export const placeLookup = (places: ReadonlyArray<Place>): Lookup => {
  const exact = new Map<string, Array<Place>>()
  const loose = new Map<string, Array<Place>>()
  for (const place of places) {
    const key = addressKey(place.address)
    add(exact, key.exact, place)
    add(loose, key.loose, place)
  }
  return (address) => {
    const key = addressKey(address)
    // «Абая 10» may mean the avenue or the street, «ул. Абая 10» only the street.
    return (key.kindless ? loose.get(key.loose) : exact.get(key.exact)) ?? []
  }
}

/**
 * Knows the addresses of a table and nothing else: for demos, tests, and networks that deliver to known points.
 * Spelling is forgiven (see `addressKey`); what fits several places is for a person to choose from.
 */
export const tableGeocoder = defineAdapter({
  name: "geo-table",
  config: Schema.Struct({ places: Schema.Array(Place) }),
  ports: { geocoding: geocodingPort },
  setup: ({ places }) => {
    const lookup = placeLookup(places)
    return {
      geocoding: {
        geocode: ({ address }) => ({
          candidates: lookup(address).slice(0, MAX_CANDIDATES)
            .map((place) => ({ address: place.address, point: { lat: place.lat, lon: place.lon }, precision: "exact" as const }))
        })
      }
    }
  }
})
