import { conformance, messagesSuite } from "@aptekit/core/testing"
import { webPushMessages } from "../src/index.ts"
import { pushServiceSimulator } from "../src/testing/index.ts"

/** What this adapter is held to: `npx aptekit conformance`. */
export default [
  conformance(messagesSuite, () => {
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
  }, { title: "Web Push to a push service that opens what it gets", capabilities: webPushMessages.capabilities })
]
