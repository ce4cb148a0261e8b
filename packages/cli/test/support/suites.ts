import { defineAdapter, geocodingPort, Schema } from "@aptekit/core"
import { conformance, type Conformance, geocodingSuite } from "@aptekit/core/testing"

const HOUSES = [
  { address: "ул. Первая, 1", point: { lat: 43.2, lon: 76.9 } },
  { address: "ул. Первая, 2", point: { lat: 43.3, lon: 76.9 } }
]

const table = defineAdapter({
  name: "two-houses",
  config: Schema.Struct({ metresOff: Schema.Finite }),
  ports: { geocoding: geocodingPort },
  setup: ({ metresOff }) => ({
    geocoding: {
      geocode: ({ address }) => ({
        candidates: HOUSES.filter((one) => one.address === address).map(({ point: { lat, lon } }) => ({
          address, point: { lat: lat + metresOff / 111_000, lon }, precision: "exact" as const
        }))
      })
    }
  })
})

const NO_PARTNER = "a table of whole addresses in memory: no partner, no street, no doubt"
const skip = Object.fromEntries(
  geocodingSuite.cases.map(({ name }) => name).filter((name) => /partner|garbled|street|several houses/u.test(name)).map((name) => [name, NO_PARTNER])
)

/** `--config` says how far off the houses are. */
export default (config: unknown): ReadonlyArray<Conformance> => {
  const { metresOff } = Schema.decodeUnknownSync(Schema.Struct({ metresOff: Schema.Finite }))(config ?? { metresOff: 0 })
  return [conformance(geocodingSuite, () => ({ adapter: table({ metresOff }), known: HOUSES, unknown: "ул. Третья, 3" }), { skip })]
}
