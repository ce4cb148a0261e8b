import { conformance, messagesSuite } from "@aptekit/core/testing"
import { myPartner } from "../src/index.ts"
import { MY_PARTNER_KEY, myPartnerSimulator, simulatedMyPartner } from "../src/testing/index.ts"

/** What the port promises, for the test beside it and for `npx aptekit conformance test/conformance.ts`. */
export default [conformance(messagesSuite, () => {
  const simulator = myPartnerSimulator()
  const texts = () => simulator.ledger.map((sms) => sms.message)
  const recipients = () => simulator.ledger.map((sms) => `+${sms.phone}`)
  return { adapter: simulatedMyPartner(simulator), simulator, secrets: [MY_PARTNER_KEY], texts, recipients }
}, { capabilities: myPartner.capabilities })]
