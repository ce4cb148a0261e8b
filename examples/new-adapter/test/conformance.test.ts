import { messagesSuite, runPortSuite } from "@aptekit/core/testing"
import { test } from "vitest"
import { tulparMessages } from "../src/gateway.ts"
import { TULPAR_KEY, tulparSimulator } from "../src/simulator.ts"

runPortSuite(messagesSuite, () => {
  const simulator = tulparSimulator()
  const config = { url: "https://api.tulpar.example", apiKey: TULPAR_KEY, sender: "Apteka", fetch: simulator.fetch }
  const texts = () => simulator.ledger.map((sms) => sms.message)
  const recipients = () => simulator.ledger.map((sms) => `+${sms.phone}`)
  return { adapter: tulparMessages(config), simulator, secrets: [TULPAR_KEY], texts, recipients }
}, { test, capabilities: tulparMessages.capabilities })
