import { AdapterError, createHub, messagesPort } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { tulparMessages } from "../src/gateway.ts"
import { TULPAR_KEY, tulparSimulator } from "../src/simulator.ts"

const message = { id: "o-1:assembled:3", to: "+77010000042", text: "Заказ 1 собран", language: "ru", kind: "sms" } as const

const hubWith = (over: Partial<Parameters<typeof tulparMessages>[0]> = {}) => {
  const simulator = tulparSimulator()
  const config = { url: "https://api.tulpar.example", apiKey: TULPAR_KEY, sender: "Apteka", fetch: simulator.fetch }
  const adapter = tulparMessages({ ...config, ...over })
  return { simulator, hub: createHub({ storage: memoryStorage(), jobs: false, adapters: [adapter] }) }
}

test("SDK-3: the gateway gets the phone and the sender as it writes them", async () => {
  const { simulator, hub } = hubWith()
  await using open = await hub
  expect(await open.port(messagesPort).send(message)).toEqual({ providerId: "T1" })
  expect(JSON.parse(simulator.calls[0]?.body ?? "")).toEqual({
    client_ref: "o-1:assembled:3", phone: "77010000042", message: "Заказ 1 собран", sender: "Apteka"
  })
})

test.each([
  [400, "rejected"], [422, "rejected"],
  [401, "unavailable"], [402, "unavailable"], [429, "unavailable"], [503, "unavailable"],
  [404, "unknown"], [500, "unknown"], [504, "unknown"]
])("SDK-3: HTTP %i ends as %s", async (status, outcome) => {
  await using open = await hubWith({ fetch: async () => Response.json({}, { status }) }).hub
  await expect(open.port(messagesPort).send(message)).rejects.toMatchObject({ outcome })
})

test("SDK-3: a wrong key keeps the messages waiting and says what to check", async () => {
  await using open = await hubWith({ apiKey: "wrong-key-42" }).hub
  const error: unknown = await open.port(messagesPort).send(message).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(AdapterError)
  expect(error).toMatchObject({
    outcome: "unavailable",
    message: "[tulpar] [tulpar] Tulpar does not know the API key; check `apiKey`"
  })
})

test.each([
  ["a sender's name that operators refuse", "sender", { sender: "Аптека" }],
  ["an address that is none", "url", { url: "api.tulpar.example" }],
  ["an empty key", "apiKey", { apiKey: "" }]
])("SDK-3: %s stops the hub from starting and names the field", async (_, field, over) => {
  const said = new RegExp(`\\[tulpar\\] \\[tulpar\\] bad configuration.*${field}`, "su")
  await expect(hubWith(over).hub).rejects.toThrow(said)
})
