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
      idempotent
    }
  }, { test })
})

describe("SDK-2: the console", () => {
  const reason = "the console has no partner on the other side of a wire"
  runPortSuite(messagesSuite, () => {
    const lines: Array<string> = []
    return {
      adapter: consoleMessages({ write: (line) => void lines.push(line) }),
      texts: () => lines.map((line) => JSON.parse(line.slice(line.indexOf("\""))) as string),
      idempotent: true
    }
  }, {
    test,
    skip: {
      "a partner that is down ends as unavailable, and works again when it is back": reason,
      "a partner that refuses ends as rejected": reason,
      "a partner that hangs ends as unknown, in time": reason,
      "a partner that is slow, yet answers in time, ends as done": reason,
      "garbled answers end as unknown": reason,
      "a partner that drops the answer after the work ends as unknown, and find then finds it": reason,
      "a request that arrives twice is one message where the partner takes ids": reason
    }
  })
})
