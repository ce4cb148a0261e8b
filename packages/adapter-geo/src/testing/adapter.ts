import {
  AdapterFault, type AdapterInstance, defineAdapter, type FaultOutcome, geocodingPort, Schema
} from "@aptekit/core"
import type { GeocoderSimulator } from "./service.ts"

const isAnswer = Schema.is(geocodingPort.methods.geocode.output)

const fault = (message: string, outcome: FaultOutcome): AdapterFault => new AdapterFault(message, { outcome })

/** Asks the simulated service: a real adapter over the simulator's `fetch`, so that every call meets its faults. */
export const simulatedGeocoder = (
  service: GeocoderSimulator,
  options: { readonly id?: string } = {}
): AdapterInstance<"geocoding"> => overService(service)({ key: service.key }, options)

const overService = (service: GeocoderSimulator) =>
  defineAdapter({
    name: "simulated-geocoder",
    config: Schema.Struct({ key: Schema.String }),
    ports: { geocoding: geocodingPort },
    setup: ({ key }) => {
      const ask = async (address: string, signal: AbortSignal): Promise<Response> => {
        const url = `http://geocoder.test/geocode?q=${encodeURIComponent(address)}`
        try {
          return await service.fetch(new Request(url, { headers: { "x-api-key": key }, signal }))
        } catch {
          // A question changes nothing at the service: whether it arrived does not matter.
          throw fault("the geocoder cannot be reached", "unavailable")
        }
      }
      return {
        geocoding: {
          geocode: async ({ address }, { signal }) => {
            const response = await ask(address, signal)
            const { ok, status } = response
            if (!ok) throw fault(`the geocoder answered ${status}`, status < 500 ? "rejected" : "unavailable")
            const answer: unknown = await response.json().catch(() => null)
            if (!isAnswer(answer)) throw fault("the geocoder's answer holds no places", "unknown")
            return answer
          }
        }
      }
    }
  })
