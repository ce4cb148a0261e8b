import { conformance, geocodingSuite } from "@aptekit/core/testing"
import { MY_PARTNER_HOUSES, MY_PARTNER_KEY, myPartnerSimulator, simulatedMyPartner } from "../src/testing/index.ts"

const known = MY_PARTNER_HOUSES.slice(0, 2).map(({ title, lat, lon }) => ({ address: title, point: { lat, lon } }))

/** What the port promises, for the test beside it and for `npx aptekit conformance test/conformance.ts`. */
export default [conformance(geocodingSuite, () => {
  const simulator = myPartnerSimulator()
  return {
    adapter: simulatedMyPartner(simulator),
    simulator,
    secrets: [MY_PARTNER_KEY],
    known,
    unknown: "г. Тестовый, ул. Третья, 3",
    ambiguous: "Двойная, 1",
    street: "г. Тестовый, ул. Первая"
  }
})]
