import type { Point } from "@aptekit/core"
import { conformance, matrixSuite } from "@aptekit/core/testing"
import { MY_PARTNER_KEY, myPartnerSimulator, myPartnerWay, simulatedMyPartner } from "../src/testing/index.ts"

const road = (from: Point, to: Point) => {
  const way = myPartnerWay([from.lat, from.lon], [to.lat, to.lon])
  return way === null ? null : { seconds: way.minutes * 60, metres: way.metres }
}

/** What the port promises, for the test beside it and for `npx aptekit conformance test/conformance.ts`. */
export default [conformance(matrixSuite, () => {
  const simulator = myPartnerSimulator()
  return {
    adapter: simulatedMyPartner(simulator),
    simulator,
    secrets: [MY_PARTNER_KEY],
    points: [{ lat: 43.24, lon: 76.9 }, { lat: 43.26, lon: 76.95 }, { lat: 43.3, lon: 76.88 }],
    road,
    island: { lat: 44.5, lon: 76.9 },
    many: Array.from({ length: 26 }, (_, i) => ({ lat: 43.24 + (i % 7) * 0.005, lon: 76.9 + i * 0.004 }))
  }
})]
