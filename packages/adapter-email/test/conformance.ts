import { conformance, messagesSuite } from "@aptekit/core/testing"
import { emailMessages } from "../src/index.ts"
import { emailSimulator } from "../src/testing/index.ts"

/** What this adapter is held to: `npx aptekit conformance`. */
export default [
  conformance(messagesSuite, async () => {
    const simulator = await emailSimulator({ security: "tls" })
    return {
      adapter: emailMessages(simulator.config),
      simulator,
      secrets: [simulator.config.auth.password],
      texts: () => simulator.ledger.map(({ text }) => text),
      recipients: () => simulator.ledger.map(({ to }) => to),
      kind: "email" as const,
      to: "aigerim@example.test",
      close: async () => simulator[Symbol.asyncDispose]()
    }
  }, { title: "e-mail to a real SMTP server over TLS", capabilities: emailMessages.capabilities })
]
