import { geocodingSuite, runPortSuite } from "@aptekit/core/testing"
import { test } from "vitest"
import { MY_PARTNER_HOUSES, MY_PARTNER_KEY, myPartnerSimulator, simulatedMyPartner } from "../src/testing/index.ts"

const known = MY_PARTNER_HOUSES.slice(0, 2).map(({ title, lat, lon }) => ({ address: title, point: { lat, lon } }))

runPortSuite(geocodingSuite, () => {
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
}, { test })
