import { createHub, messagesPort } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { myPartnerSimulator, simulatedMyPartner } from "../src/testing/index.ts"

const question = { id: "o-1:assembled:3", to: "+77010000042", text: "Заказ 1 собран", language: "ru", kind: "sms" } as const

const hubWith = (over: Parameters<typeof simulatedMyPartner>[1] = {}) => {
  const simulator = myPartnerSimulator()
  const adapter = simulatedMyPartner(simulator, over)
  return { simulator, hub: createHub({ storage: memoryStorage(), jobs: false, adapters: [adapter] }) }
}

test("the partner gets the phone and the sender as it writes them", async () => {
  const { simulator, hub } = hubWith()
  await using open = await hub
  expect(await open.port(messagesPort).send(question)).toEqual({ providerId: "M1" })
  expect(JSON.parse(simulator.calls[0]?.body ?? "")).toEqual({
    client_ref: "o-1:assembled:3", phone: "77010000042", message: "Заказ 1 собран", sender: "Apteka"
  })
})

test.each([
  [400, "rejected"], [422, "rejected"],
  [401, "unavailable"], [402, "unavailable"], [429, "unavailable"], [503, "unavailable"],
  [404, "unknown"], [500, "unknown"], [504, "unknown"]
])("HTTP %i ends as %s", async (status, outcome) => {
  await using open = await hubWith({ fetch: async () => Response.json({}, { status }) }).hub
  await expect(open.port(messagesPort).send(question)).rejects.toMatchObject({ outcome })
})

test("a wrong key keeps the work waiting and says what to check", async () => {
  await using open = await hubWith({ apiKey: "wrong-key-42" }).hub
  const error: unknown = await open.port(messagesPort).send(question).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ outcome: "unavailable", message: expect.stringContaining("check `apiKey`") })
  expect(String(error)).not.toContain("wrong-key-42")
})

test.each([
  ["an address that is none", "url", { url: "api.my-partner.example" }],
  ["an empty key", "apiKey", { apiKey: "" }]
])("%s stops the hub from starting and names the field", async (_, field, over) => {
  await expect(hubWith(over).hub).rejects.toThrow(new RegExp(`bad configuration.*${field}`, "su"))
})
