import { MAX_CANDIDATES } from "@aptekit/core"
import { createSimulator, type Simulator } from "@aptekit/core/testing"
import { type Place, placeLookup } from "../table.ts"

/** A question the service answered. */
export interface GeocoderAnswer {
  readonly address: string
  readonly found: boolean
}

export interface GeocoderSimulator extends Simulator<GeocoderAnswer> {
  readonly key: string
}

const KEY = "simulated-geocoder-key"

/** A geocoding service of no particular vendor: `GET /geocode?q=` → `{candidates}` of the port, `X-Api-Key`. */
export const geocoderSimulator = ({ places }: { readonly places: ReadonlyArray<Place> }): GeocoderSimulator => {
  const lookup = placeLookup(places)
  const simulator = createSimulator<GeocoderAnswer>({
    refuse: () => Response.json({ error: "the day's quota is used up" }, { status: 403 }),
    handle: (request, ledger) => {
      if (request.headers.get("x-api-key") !== KEY) return Response.json({ error: "unknown key" }, { status: 401 })
      const address = new URL(request.url).searchParams.get("q") ?? ""
      const candidates = lookup(address).slice(0, MAX_CANDIDATES)
        .map((place) => ({ address: place.address, point: { lat: place.lat, lon: place.lon }, precision: "exact" }))
      ledger.push({ address, found: candidates.length > 0 })
      return Response.json({ candidates })
    }
  })
  return { ...simulator, key: KEY }
}
