import { messagesSuite, runPortSuite } from "@aptekit/core/testing"
import { afterEach, describe, test } from "vitest"
import { smppMessages } from "../src/index.ts"
import { type SmppSimulator, smppSimulator } from "../src/testing/index.ts"

const open: Array<SmppSimulator> = []
afterEach(async () => {
  for (const simulator of open.splice(0)) await simulator[Symbol.asyncDispose]()
})

describe.each(["parts", "payload"] as const)("SMS-1: SMPP 3.4 to a real server, long texts as %s", (longText) => {
  runPortSuite(messagesSuite, async () => {
    const simulator = await smppSimulator()
    open.push(simulator)
    return {
      adapter: smppMessages({ ...simulator.config, longText }),
      simulator,
      secrets: [simulator.config.password],
      texts: () => simulator.ledger.map((sms) => sms.text),
      recipients: () => simulator.ledger.map((sms) => `+${sms.phone}`),
      settle: simulator.settle,
      tell: () => simulator.tell()
    }
  }, {
    test,
    capabilities: smppMessages.capabilities,
    skip: {
      "a forged delivery report is refused, and nothing reaches the hub": "reports come over the bound connection alone",
      ...(longText === "payload"
        ? { "parts, where they are told, are the segments of the text": "one submit_sm, which the gateway cuts" }
        : {})
    }
  })
})
