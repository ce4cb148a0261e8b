import { smscMessages } from "@aptekit/adapter-sms"
import { smscSimulator } from "@aptekit/adapter-sms/testing"
import { createHub, messagesPort } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { http, HttpResponse } from "msw"
import { setupServer } from "msw/node"
import { afterAll, beforeAll, expect, test } from "vitest"

const simulator = smscSimulator()
// What the simulator throws is a lost connection.
const server = setupServer(
  http.all("https://smsc.kz/*", ({ request }) => simulator.fetch(request).catch(() => HttpResponse.error()))
)
beforeAll(() => server.listen())
afterAll(() => server.close())

test("SDK-3: a simulator is a handler of msw: the adapter calls its partner's real address", async () => {
  const adapter = smscMessages(simulator.config)
  await using hub = await createHub({ storage: memoryStorage(), jobs: false, adapters: [adapter] })
  const send = (id: string, text: string) =>
    hub.port(messagesPort).send({ id, to: "+77010000042", text, language: "ru", kind: "sms" })

  await send("o-1:assembled:3", "Заказ 1 собран")
  simulator.fault("refuses", 1)
  await expect(send("o-2:assembled:3", "Заказ 2 собран")).rejects.toMatchObject({ outcome: "rejected" })
  simulator.fault("dropAfter", 1)
  await expect(send("o-3:assembled:3", "Заказ 3 собран")).rejects.toMatchObject({ outcome: "unknown" })
  expect(simulator.ledger.map(({ text }) => text)).toEqual(["Заказ 1 собран", "Заказ 3 собран"])
})
