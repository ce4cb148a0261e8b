import { messagesSuite, runPortSuite } from "@aptekit/core/testing"
import { describe, test } from "vitest"
import { webPushMessages } from "../src/index.ts"
import { pushServiceSimulator } from "../src/testing/index.ts"

describe("SMS-2: Web Push to a push service that opens what it gets", () => {
  runPortSuite(messagesSuite, () => {
    const simulator = pushServiceSimulator()
    const subscription = simulator.subscribe()
    return {
      adapter: webPushMessages({ ...simulator.config, title: "Аптека", fetch: simulator.fetch }),
      simulator,
      secrets: [simulator.config.vapid.privateKey, subscription.endpoint, subscription.keys.auth],
      texts: () => simulator.ledger.map(({ text }) => text),
      kind: "push" as const,
      to: JSON.stringify(subscription)
    }
  }, { test, capabilities: webPushMessages.capabilities })
})
