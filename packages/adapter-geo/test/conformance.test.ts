import { geocodingSuite, runPortSuite } from "@aptekit/core/testing"
import { describe, test } from "vitest"
import { tableGeocoder } from "../src/index.ts"
import { geocoderSimulator, simulatedGeocoder } from "../src/testing/index.ts"

const places = [
  { address: "г. Тестовый, ул. Первая, 1", lat: 43.25, lon: 76.95 },
  { address: "г. Тестовый, пр. Второй, 22", lat: 43.21, lon: 76.84 }
]
const known = places.map(({ address, lat, lon }) => ({ address, point: { lat, lon } }))
const unknown = "г. Тестовый, ул. Третья, 3"

describe("SDK-2: the simulated geocoder", () => {
  runPortSuite(geocodingSuite, () => {
    const simulator = geocoderSimulator({ places })
    return { adapter: simulatedGeocoder(simulator), simulator, secrets: [simulator.key], known, unknown }
  }, { test })
})

describe("SDK-2: the table", () => {
  const reason = "a table in memory has no partner that could fail"
  runPortSuite(geocodingSuite, () => ({ adapter: tableGeocoder({ places }), known, unknown }), {
    test,
    skip: {
      "a partner that is down ends as unavailable, and works again when it is back": reason,
      "a partner that refuses ends as rejected": reason,
      "a partner that hangs ends as unknown, in time": reason,
      "a partner that is slow, yet answers in time, ends as done": reason,
      "garbled answers end as unknown": reason,
      "a partner that drops the answer ends as a failure, and answers when asked again": reason
    }
  })
})
