import { defineAdapter, type InboundHub, messagesPort, Schema } from "@aptekit/core"
import { expect, test } from "vitest"
import { useServer } from "./support/server.ts"

let inward: InboundHub | undefined
const texts: Array<string> = []
const gateway = defineAdapter({
  name: "gateway",
  config: Schema.Struct({}),
  ports: { messages: messagesPort },
  capabilities: {
    sms: true, email: false, push: false,
    lookUp: true, status: false, balance: false, deliveryReports: true, idempotentSend: true, senderNames: false
  },
  setup: (_config, { hub }) => {
    inward = hub
    return {
      messages: {
        send: ({ id, text }) => {
          texts.push(text)
          return { providerId: `g-${id}` }
        },
        find: () => ({ providerId: null })
      }
    }
  }
})

const server = await useServer({ adapters: [gateway({})], jobs: true })

interface Listed {
  readonly items: ReadonlyArray<{ readonly state: string; readonly providerId: string | null; readonly report: unknown }>
}

test("R-SMS-2: what a gateway reports stands beside the order's message, and does not go back", async () => {
  const order = await server.order()
  const read = async (): Promise<Listed> =>
    (await (await server.call("operator", "GET", `/orders/${order.id}/messages`)).json()) as Listed
  await expect.poll(async () => (await read()).items[0]?.state, { timeout: 10_000 }).toBe("done")
  const [message] = (await read()).items
  expect(message).toMatchObject({ connection: "gateway", notice: "reserved", report: null, error: null })
  const report = (state: "delivered" | "sent", at: string) =>
    inward!.messages.report({ providerId: message!.providerId!, state, at, detail: "ok" })
  await report("delivered", "2026-11-23T10:00:00+05:00")
  await report("sent", "2026-11-23T09:59:00+05:00")
  expect((await read()).items.map((one) => one.report)).toEqual([
    { state: "delivered", at: "2026-11-23T05:00:00.000Z", detail: "ok" }
  ])
  expect(JSON.stringify(await read())).not.toMatch(/7010000001|Сәрсенова/u)
})

test("R-SMS-2: the messages of an order that is not there do not exist", async () => {
  const nobody = "01890000-0000-7000-8000-000000000000"
  expect((await server.call("operator", "GET", `/orders/${nobody}/messages`)).status).toBe(404)
  expect((await server.call("shop", "GET", `/orders/${nobody}/messages`)).status).toBe(403)
})

test("R-SMS-1: who wants no messages gets none, and gets them again when taken back", async () => {
  const phone = "+77010000077"
  const customer = { name: "Айгерім", phone: "8 701 000 00 77" }
  const put = async (optedOut: boolean) =>
    (await server.call("operator", "PUT", "/opt-outs", { address: phone, optedOut })).status
  const asked = async () =>
    (await server.call("operator", "POST", "/opt-outs/check", { address: phone })).json()
  const ended = async () => {
    const order = await server.order({ customer })
    const read = async () =>
      ((await (await server.call("admin", "GET", `/orders/${order.id}/messages`)).json()) as {
        items: ReadonlyArray<{ state: string; error: string | null }>
      }).items.map(({ state, error }) => [state, error])
    await expect.poll(async () => (await read())[0]?.[0], { timeout: 10_000 }).toMatch(/done|dropped/u)
    return read()
  }
  expect([await put(true), await asked()]).toEqual([200, { optedOut: true }])
  expect(await ended()).toEqual([["dropped", "the buyer wants no messages"]])
  expect([await put(false), await asked()]).toEqual([200, { optedOut: false }])
  expect(await ended()).toEqual([["done", null]])
})

test.each(["8 701 000 00 77", "+7", "A@b.kz", "", `${"a".repeat(100)}@b.kz`])("R-SMS-1: %s is no address", async (address) => {
  expect((await server.call("operator", "PUT", "/opt-outs", { address, optedOut: true })).status).toBe(422)
  expect((await server.call("branch", "PUT", "/opt-outs", { address: "a@b.kz", optedOut: true })).status).toBe(403)
})

test("R-SMS-1: a text that is changed at run time is in the next message, and the standard one again when taken back", async () => {
  const put = (text: string | null) =>
    server.call("admin", "PUT", "/templates", { templates: [{ notice: "reserved", language: "ru", text }] })
  const told = async (): Promise<string> => {
    const before = texts.length
    await server.order()
    await expect.poll(() => texts.length, { timeout: 10_000 }).toBe(before + 1)
    return texts.at(-1)!
  }
  expect((await put("{name}, {lines, plural, one {# товар} few {# товара} many {# товаров} other {# товара}}")).status).toBe(200)
  expect(await told()).toBe("Айгерім Сәрсенова, 1 товар")
  await put(null)
  expect(await told()).toMatch(/^Заказ \d+ забронирован: .+ \d\d\.\d\d \d\d:\d\d$/u)
})
