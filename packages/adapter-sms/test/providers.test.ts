import { type MessagesHarness, messagesSuite, runPortSuite } from "@aptekit/core/testing"
import type { AdapterInstance, Capabilities } from "@aptekit/core"
import { describe, test } from "vitest"
import { infobipMessages, mobizonMessages, smscMessages, smsruMessages, turbosmsMessages } from "../src/index.ts"
import {
  type GatewaySimulator, infobipSimulator, mobizonSimulator, smscSimulator, smsruSimulator, turbosmsSimulator
} from "../src/testing/index.ts"

interface Provider {
  readonly name: string
  readonly capabilities: Capabilities
  readonly start: () => { readonly simulator: GatewaySimulator; readonly adapter: AdapterInstance }
  readonly currency: string
}

const provider = <S extends GatewaySimulator>(
  name: string,
  make: { (config: S["config"] & { fetch: S["fetch"] }): AdapterInstance; readonly capabilities: Capabilities },
  simulate: () => S,
  currency: string
): Provider => ({
  name,
  capabilities: make.capabilities,
  start: () => {
    const simulator = simulate()
    return { simulator, adapter: make({ ...simulator.config, fetch: simulator.fetch }) }
  },
  currency
})

const PROVIDERS: ReadonlyArray<Provider> = [
  provider("SMSC", smscMessages, smscSimulator, "KZT"),
  provider("SMS.ru", smsruMessages, smsruSimulator, "RUB"),
  provider("Mobizon", mobizonMessages, mobizonSimulator, "KZT"),
  provider("Infobip", infobipMessages, infobipSimulator, "EUR"),
  provider("TurboSMS", turbosmsMessages, turbosmsSimulator, "UAH")
]

const harness = ({ start, currency }: Provider): MessagesHarness => {
  const { simulator, adapter } = start()
  const secrets = JSON.stringify(simulator.config).match(/[\w-]{15,}/gu) ?? []
  return {
    adapter,
    simulator,
    secrets,
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
}

describe.each(PROVIDERS)("SMS-1: $name", (provider) => {
  runPortSuite(messagesSuite, () => harness(provider), { test, capabilities: provider.capabilities })
})
