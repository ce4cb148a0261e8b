import { messagesSuite, runPortSuite } from "@aptekit/core/testing"
import { describe, test } from "vitest"
import { consoleMessages } from "../src/index.ts"
import { messageGatewaySimulator, simulatedMessages } from "../src/testing/index.ts"

describe.each([true, false])("SDK-2: the simulated gateway, idempotent: %s", (idempotent) => {
  runPortSuite(messagesSuite, () => {
    const simulator = messageGatewaySimulator({ idempotent })
    return {
      adapter: simulatedMessages(simulator),
      simulator,
      secrets: [simulator.token],
      texts: () => simulator.ledger.map((message) => message.text),
      recipients: () => simulator.ledger.map((message) => message.to)
    }
  }, { test, capabilities: simulatedMessages(messageGatewaySimulator({ idempotent })).capabilities })
})

describe("SDK-2: the console", () => {
  const reason = "the console has no partner on the other side of a wire"
  runPortSuite(messagesSuite, () => {
    const lines: Array<string> = []
    return {
      adapter: consoleMessages({ write: (line) => void lines.push(line) }),
      texts: () => lines.map((line) => JSON.parse(line.slice(line.indexOf("\""))) as string)
    }
  }, {
    test,
    capabilities: consoleMessages.capabilities,
    skip: {
      "a partner that is down ends as unavailable, and works again when it is back": reason,
      "a partner that refuses ends as rejected": reason,
      "a partner that hangs ends as unknown, in time": reason,
      "a partner that is slow, yet answers in time, ends as done": reason,
      "garbled answers end as unknown": reason,
      "a partner that drops the answer after the work ends as unknown": reason,
      "a message whose answer was lost is found": reason,
      "a look-up that fails does not say that nothing was sent": reason,
      "a request that arrives twice is one message": reason,
      "phones of all countries arrive as they are": "the console shows phones masked",
      "what is no phone ends as rejected, and nothing is sent": "the console shows whatever it gets, masked"
    }
  })
})
