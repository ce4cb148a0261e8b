import { messagesSuite, runPortSuite } from "@aptekit/core/testing"
import { test } from "vitest"
import { myPartner } from "../src/index.ts"
import { MY_PARTNER_KEY, myPartnerSimulator, simulatedMyPartner } from "../src/testing/index.ts"

runPortSuite(messagesSuite, () => {
  const simulator = myPartnerSimulator()
  const texts = () => simulator.ledger.map((sms) => sms.message)
  const recipients = () => simulator.ledger.map((sms) => `+${sms.phone}`)
  return { adapter: simulatedMyPartner(simulator), simulator, secrets: [MY_PARTNER_KEY], texts, recipients }
}, { test, capabilities: myPartner.capabilities })
