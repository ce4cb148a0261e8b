import { type AddressCandidate, defineAdapter, geocodingPort, Point, type Precision, Schema } from "@aptekit/core"
import { caller, connection } from "./call.ts"

const Place = Schema.Struct({
  title: Schema.NonEmptyString,
  lat: Schema.Finite,
  lon: Schema.Finite,
  kind: Schema.String
})
const Found = Schema.Struct({ results: Schema.Array(Place) })
const isPoint = Schema.is(Point)

/** What the partner's words are worth. Never more than they say: the hub decides what is sure enough. */
const PRECISION: Readonly<Record<string, Precision>> = {
  house: "exact",
  street: "street",
  district: "district"
}

const candidateOf = ({ title, lat, lon, kind }: typeof Place.Type): ReadonlyArray<AddressCandidate> => {
  const point = { lat, lon }
  return isPoint(point) ? [{ address: title, point, precision: PRECISION[kind] ?? "other" }] : []
}

/** Where addresses are, by MyPartner. */
export const myPartner = defineAdapter({
  name: "my-partner",
  config: Schema.Struct(connection),
  ports: { geocoding: geocodingPort },
  setup: (settings) => {
    const call = caller(settings)
    return {
      geocoding: {
        geocode: async ({ address }, { signal }) => {
          const { results } = await call(`/v1/search?q=${encodeURIComponent(address)}&limit=5`, { signal }, Found)
          return { candidates: results.slice(0, 5).flatMap(candidateOf) }
        }
      }
    }
  }
})
