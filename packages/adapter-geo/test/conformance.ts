import { conformance, geocodingSuite, matrixSuite } from "@aptekit/core/testing"
import { tableGeocoder } from "../src/index.ts"
import * as sim from "../src/testing/index.ts"

const places = [
  { address: "г. Тестовый, ул. Первая, 1", lat: 43.262, lon: 76.91 },
  { address: "г. Тестовый, пр. Второй, 22", lat: 43.27, lon: 76.93 },
  { address: "г. Тестовый, ул. Двойная, 1", lat: 43.266, lon: 76.95 },
  { address: "г. Тестовый, пер. Двойная, 1", lat: 43.21, lon: 76.86 }
]
const known = places.slice(0, 2).map(({ address, lat, lon }) => ({ address, point: { lat, lon } }))
const unknown = "г. Тестовый, ул. Третья, 3"
const questions = { known, unknown, ambiguous: "Двойная, 1", street: "г. Тестовый, ул. Первая" }
/** A table has no towns to choose from: only two kinds of street of one name. */
const tableQuestions = { ...questions, ambiguous: "г. Тестовый, Двойная, 1" }
const NO_STREETS = { "a street without a house is not precise": "a table knows only whole addresses" }
const NO_PARTNER = "a table in memory has no partner that could fail"

const geocoders = [
  conformance(geocodingSuite, () => {
    const simulator = sim.yandexGeocoderSimulator()
    return { adapter: sim.simulatedYandexGeocoder(simulator), simulator, secrets: [simulator.key], ...questions }
  }, { title: "Yandex" }),
  conformance(geocodingSuite, () => {
    const simulator = sim.twoGisGeocoderSimulator()
    return { adapter: sim.simulatedTwoGisGeocoder(simulator), simulator, secrets: [simulator.key], ...questions }
  }, { title: "2GIS" }),
  conformance(geocodingSuite, () => {
    const simulator = sim.nominatimSimulator({ everyMs: 0 })
    // The suite asks one address again and again, and wants to see its faults.
    return { adapter: sim.simulatedNominatim(simulator, { everyMs: 0, cache: false }), simulator, ...questions }
  }, {
    title: "Nominatim",
    skip: { "garbled answers end as unknown": "one of them is [], which is how it says that it found nothing; see errors.test.ts" }
  }),
  conformance(geocodingSuite, () => {
    const simulator = sim.geocoderSimulator({ places })
    return { adapter: sim.simulatedGeocoder(simulator), simulator, secrets: [simulator.key], ...tableQuestions }
  }, { title: "a service of no particular vendor", skip: NO_STREETS }),
  conformance(geocodingSuite, () => ({ adapter: tableGeocoder({ places }), ...tableQuestions }), {
    title: "the table",
    skip: {
      ...NO_STREETS,
      "a partner that is down ends as unavailable, and works again when it is back": NO_PARTNER,
      "a partner that refuses ends as rejected": NO_PARTNER,
      "a partner that hangs ends as unknown, in time": NO_PARTNER,
      "a partner that is slow, yet answers in time, ends as done": NO_PARTNER,
      "garbled answers end as unknown": NO_PARTNER,
      "a partner that drops the answer ends as a failure, and answers when asked again": NO_PARTNER
    }
  })
]

const roads = {
  points: sim.testHouses.slice(0, 9).map(({ lat, lon }) => ({ lat, lon })),
  road: sim.roadOf,
  island: { lat: 44.5, lon: 76.9 },
  many: Array.from({ length: 26 }, (_, i) => ({ lat: 43.24 + (i % 7) * 0.005, lon: 76.9 + i * 0.004 }))
}

const matrices = [
  conformance(matrixSuite, () => {
    const simulator = sim.yandexMatrixSimulator()
    return { adapter: sim.simulatedYandexMatrix(simulator), simulator, secrets: [simulator.key], ...roads }
  }, { title: "Yandex" }),
  conformance(matrixSuite, () => {
    const simulator = sim.twoGisMatrixSimulator()
    return { adapter: sim.simulatedTwoGisMatrix(simulator), simulator, secrets: [simulator.key], ...roads }
  }, { title: "2GIS" }),
  conformance(matrixSuite, () => {
    const simulator = sim.osrmSimulator({ maxLocations: 20 })
    return { adapter: sim.simulatedOsrmMatrix(simulator, { maxLocations: 20 }), simulator, ...roads }
  }, { title: "OSRM" })
]

/** What these adapters are held to: `npx aptekit conformance`. */
export default [...geocoders, ...matrices]
