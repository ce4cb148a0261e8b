import type { AdapterInstance, Capabilities } from "@aptekit/core"
import { conformance, type Conformance, messagesSuite } from "@aptekit/core/testing"
import {
  consoleMessages, infobipMessages, mobizonMessages, smppMessages, smscMessages, smsruMessages, turbosmsMessages
} from "../src/index.ts"
import {
  type GatewaySimulator, infobipSimulator, messageGatewaySimulator, mobizonSimulator, simulatedMessages, smppSimulator, smscSimulator,
  smsruSimulator, turbosmsSimulator
} from "../src/testing/index.ts"

const overHttp = <S extends GatewaySimulator>(
  title: string,
  make: { (config: S["config"] & { fetch: S["fetch"] }): AdapterInstance; readonly capabilities: Capabilities },
  simulate: () => S,
  currency: string
): Conformance =>
  conformance(messagesSuite, () => {
    const simulator = simulate()
    return {
      adapter: make({ ...simulator.config, fetch: simulator.fetch }),
      simulator,
      secrets: JSON.stringify(simulator.config).match(/[\w-]{15,}/gu) ?? [],
      texts: () => simulator.ledger.map((sms) => sms.text),
      recipients: () => simulator.ledger.map((sms) => `+${sms.phone}`),
      settle: simulator.settle,
      balance: { amount: simulator.balance, currency },
      tell: async (http) => {
        const response = await http!(simulator.report())
        if (!response.ok) throw new Error(`the report was answered ${response.status}`)
      },
      forge: (http) => http(simulator.report({ forged: true }))
    }
  }, { title, capabilities: make.capabilities })

const overSmpp = (longText: "parts" | "payload"): Conformance =>
  conformance(messagesSuite, async () => {
    const simulator = await smppSimulator()
    return {
      adapter: smppMessages({ ...simulator.config, longText }),
      simulator,
      secrets: [simulator.config.password],
      texts: () => simulator.ledger.map((sms) => sms.text),
      recipients: () => simulator.ledger.map((sms) => `+${sms.phone}`),
      settle: simulator.settle,
      tell: () => simulator.tell(),
      close: async () => simulator[Symbol.asyncDispose]()
    }
  }, {
    title: `SMPP 3.4 to a real server, long texts as ${longText}`,
    capabilities: smppMessages.capabilities,
    skip: {
      "a forged delivery report is refused, and nothing reaches the hub": "reports come over the bound connection alone",
      ...(longText === "payload"
        ? { "parts, where they are told, are the segments of the text": "one submit_sm, which the gateway cuts" }
        : {})
    }
  })

const simulated = (idempotent: boolean): Conformance =>
  conformance(messagesSuite, () => {
    const simulator = messageGatewaySimulator({ idempotent })
    return {
      adapter: simulatedMessages(simulator),
      simulator,
      secrets: [simulator.token],
      texts: () => simulator.ledger.map((message) => message.text),
      recipients: () => simulator.ledger.map((message) => message.to)
    }
  }, {
    title: `the simulated gateway, idempotent: ${idempotent}`,
    capabilities: simulatedMessages(messageGatewaySimulator({ idempotent })).capabilities
  })

const NO_WIRE = "the console has no partner on the other side of a wire"

const onConsole = conformance(messagesSuite, () => {
  const lines: Array<string> = []
  return {
    adapter: consoleMessages({ write: (line) => void lines.push(line) }),
    texts: () => lines.map((line) => JSON.parse(line.slice(line.indexOf("\""))) as string)
  }
}, {
  title: "the console",
  capabilities: consoleMessages.capabilities,
  skip: {
    "a partner that is down ends as unavailable, and works again when it is back": NO_WIRE,
    "a partner that refuses ends as rejected": NO_WIRE,
    "a partner that hangs ends as unknown, in time": NO_WIRE,
    "a partner that is slow, yet answers in time, ends as done": NO_WIRE,
    "garbled answers end as unknown": NO_WIRE,
    "a partner that drops the answer after the work ends as unknown": NO_WIRE,
    "a message whose answer was lost is found": NO_WIRE,
    "a look-up that fails does not say that nothing was sent": NO_WIRE,
    "a request that arrives twice is one message": NO_WIRE,
    "phones of all countries arrive as they are": "the console shows phones masked",
    "what is no phone ends as rejected, and nothing is sent": "the console shows whatever it gets, masked"
  }
})

/** What these adapters are held to: `npx aptekit conformance`. */
export default [
  overHttp("SMSC", smscMessages, smscSimulator, "KZT"),
  overHttp("SMS.ru", smsruMessages, smsruSimulator, "RUB"),
  overHttp("Mobizon", mobizonMessages, mobizonSimulator, "KZT"),
  overHttp("Infobip", infobipMessages, infobipSimulator, "EUR"),
  overHttp("TurboSMS", turbosmsMessages, turbosmsSimulator, "UAH"),
  overSmpp("parts"),
  overSmpp("payload"),
  simulated(true),
  simulated(false),
  onConsole
]
