import { messagesSuite, runPortSuite } from "@aptekit/core/testing"
import { afterEach, describe, test } from "vitest"
import { emailMessages } from "../src/index.ts"
import { type EmailSimulator, emailSimulator } from "../src/testing/index.ts"

const open: Array<EmailSimulator> = []
afterEach(async () => {
  for (const simulator of open.splice(0)) await simulator[Symbol.asyncDispose]()
})

describe("SMS-2: e-mail to a real SMTP server over TLS", () => {
  runPortSuite(messagesSuite, async () => {
    const simulator = await emailSimulator({ security: "tls" })
    open.push(simulator)
    return {
      adapter: emailMessages(simulator.config),
      simulator,
      secrets: [simulator.config.auth.password],
      texts: () => simulator.ledger.map(({ text }) => text),
      recipients: () => simulator.ledger.map(({ to }) => to),
      kind: "email" as const,
      to: "aigerim@example.test"
    }
  }, { test, capabilities: emailMessages.capabilities })
})
