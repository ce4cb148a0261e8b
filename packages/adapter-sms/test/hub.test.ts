import { createHub, messagesPort } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { Effect, Metric } from "effect"
import { expect, test } from "vitest"
import { smppMessages, smscMessages } from "../src/index.ts"
import { smppSimulator, smscSimulator } from "../src/testing/index.ts"
import { message, until } from "./support/message.ts"

/** The reports that a connection had, by state. */
const counted = (connection: string): ReadonlyArray<unknown> =>
  Effect.runSync(Metric.snapshot)
    .filter(({ id, attributes }) => id === "aptekit_message_reports_total" && attributes?.["connection"] === connection)
    .map(({ attributes, state }) => [attributes?.["state"], Number((state as { readonly count: number | bigint }).count)])

test("SMS-1: in a hub two gateways serve the port by their connections, and reports reach its log and its metric", async () => {
  const [smsc, smpp] = [smscSimulator(), await smppSimulator()]
  await using _ = smpp
  const log: Array<unknown> = []
  await using hub = await createHub({
    storage: memoryStorage(),
    jobs: false,
    host: { directory: (connection) => connection, log: (connection, text, detail) => void log.push([connection, text, detail]) },
    adapters: [
      smscMessages({ ...smsc.config, fetch: smsc.fetch }, { id: "hub-test-smsc" }),
      smppMessages(smpp.config, { id: "hub-test-smpp" })
    ]
  })
  const first = await hub.port(messagesPort, "hub-test-smsc").send(message())
  const second = await hub.port(messagesPort, "hub-test-smpp").send(message())
  smsc.settle("delivered")
  smpp.settle("undelivered")
  expect((await hub.entrances.get("hub-test-smsc")!(smsc.report())).status).toBe(200)
  await smpp.tell()
  await until(() => log.length === 2)
  expect(log).toEqual([
    ["hub-test-smsc", "message delivered", expect.objectContaining({ providerId: first.providerId })],
    ["hub-test-smpp", "message undelivered", expect.objectContaining({ providerId: second.providerId })]
  ])
  expect([counted("hub-test-smsc"), counted("hub-test-smpp")]).toEqual([[["delivered", 1]], [["undelivered", 1]]])
})
