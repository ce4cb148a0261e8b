import { AdapterFault, defineAdapter, messagesPort, Schema } from "@aptekit/core"
import { expect, test } from "vitest"
import { problem, useServer } from "./support/server.ts"

const sent: Array<{ readonly by: string; readonly kind: string; readonly to: string; readonly id: string }> = []
const broken = new Set<string>()

const gateway = (id: string, kind: "sms" | "email" | "push") =>
  defineAdapter({
    name: "gateway",
    config: Schema.Struct({}),
    ports: { messages: messagesPort },
    capabilities: {
      sms: kind === "sms", email: kind === "email", push: kind === "push",
      lookUp: false, status: false, balance: false, deliveryReports: false, idempotentSend: false, senderNames: false
    },
    setup: () => ({
      messages: {
        send: ({ id: message, to, kind: by }) => {
          if (broken.has(id)) throw new AdapterFault("no money", { outcome: "rejected", because: "gateway" })
          sent.push({ by: id, kind: by, to, id: message })
          return { providerId: `${id}-${message}` }
        }
      }
    })
  })({}, { id })

const { call, order, log } = await useServer({
  adapters: [gateway("sms-1", "sms"), gateway("sms-2", "sms"), gateway("app", "push"), gateway("mail", "email")],
  jobs: true
})

const put = (policy: unknown, scope = "network", scopeId = "") =>
  call("admin", "PUT", "/policies", { policies: [{ scope, scopeId, policy }] })
const ended = async (body: Record<string, unknown> = {}) => {
  const placed = await order(body)
  const read = async () =>
    ((await (await call("admin", "GET", `/orders/${placed.id}/messages`)).json()) as {
      items: ReadonlyArray<{ state: string; connection: string; kind: string; error: string | null }>
    }).items.map(({ state, connection, kind, error }) => ({ state, connection, kind, error }))
  await expect.poll(async () => (await read())[0]?.state, { timeout: 10_000 }).toMatch(/done|dropped|rejected/u)
  return read()
}

/** What the exchange log keeps of a connection's calls; it is written a moment later. */
const callsOf = async (connection: string): Promise<string> => {
  const read = async () => (await call("admin", "GET", `/exchange-log?connection=${connection}`)).text()
  await expect.poll(read, { timeout: 10_000 }).toContain("messages.send")
  return read()
}

const endpoint = "https://push.example.com/send/secret-of-this-browser"
const subscription = { endpoint, keys: { p256dh: "B".repeat(87), auth: "a".repeat(22) } }

test("R-SMS-2: a browser that a channel puts is told instead of the phone, until it is taken back", async () => {
  expect((await ended())[0]).toMatchObject({ connection: "sms-1", kind: "sms", state: "done" })
  const kept = await call("shop", "PUT", "/push-subscriptions", { phone: "8 701 000 00 01", subscription })
  expect([kept.status, await kept.json()]).toEqual([200, { subscribed: true }])
  expect((await ended())[0]).toMatchObject({ connection: "app", kind: "push", state: "done" })
  expect(JSON.parse(sent.at(-1)!.to)).toEqual(subscription)
  expect(await (await call("shop", "POST", "/push-subscriptions/remove", { endpoint })).json()).toEqual({ subscribed: false })
  expect((await ended())[0]).toMatchObject({ connection: "sms-1", kind: "sms" })
  expect(await callsOf("app") + JSON.stringify(log)).not.toContain("secret-of-this-browser")
})

test.each<readonly [object, string]>([
  [{ subscription }, "(whole)"],
  [{ phone: "8 701 000 00 01", orderId: "01890000-0000-7000-8000-000000000000", subscription }, "(whole)"],
  [{ phone: "звоните", subscription }, "phone"],
  [{ orderId: "01890000-0000-7000-8000-000000000000", subscription }, "orderId"],
  [{ phone: "8 701 000 00 01", subscription: { ...subscription, keys: { p256dh: "?", auth: "a" } } }, "subscription.keys.p256dh"],
  ...["http://push.example.com/x", "https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x", "https://db.internal/x",
    "https://user:pass@push.example.com/x", "https://2130706433/x", "no address"].map((bad) =>
    [{ phone: "8 701 000 00 01", subscription: { ...subscription, endpoint: bad } }, "subscription.endpoint"] as const)
])("R-SMS-2: what is no browser of a buyer of this channel is refused by its place: %#", async (body, path) => {
  const response = await call("shop", "PUT", "/push-subscriptions", body)
  const found = await problem(response)
  expect([response.status, found.errors?.[0]?.path || "(whole)"]).toEqual([422, path])
  expect(JSON.stringify(found)).not.toContain("127.0.0.1")
})

test("R-SMS-1: policies are put and hold from the next message on: gateways in turn, limits, kinds", async () => {
  broken.add("sms-1")
  expect((await ended())[0]).toMatchObject({ connection: "sms-2", state: "done" })
  broken.clear()
  expect((await put({ messageGateways: [{ kind: "sms", connections: ["sms-2"] }], dailyPerGateway: { "sms-2": 2 } })).status).toBe(200)
  const two = [(await ended())[0], (await ended())[0], (await ended())[0]]
  expect(two).toMatchObject([
    { connection: "sms-2", state: "done" }, { connection: "sms-2", state: "done" },
    { state: "dropped", error: expect.stringContaining("the limit of 2 messages a day through sms-2 is reached") }
  ])
  const listed = (await (await call("operator", "GET", "/policies")).json()) as { items: ReadonlyArray<unknown>; defaults: { failOverTries: number } }
  expect(listed.items).toContainEqual({
    scope: "network", scopeId: "", policy: { messageGateways: [{ kind: "sms", connections: ["sms-2"] }], dailyPerGateway: { "sms-2": 2 } }
  })
  expect(listed.defaults.failOverTries).toBe(3)
  await put({ notifyBy: [{ kinds: ["email", "sms"], mode: "each" }] })
  const both = await ended({ customer: { name: "А", phone: "8 701 000 00 05", email: "A@b.kz" } })
  expect(both.map(({ connection }) => connection)).toEqual(["mail", "sms-1"])
  expect(sent.find(({ kind }) => kind === "email")?.to).toBe("a@b.kz")
  const { items } = (await (await call("admin", "GET", "/orders?limit=50")).json()) as { items: ReadonlyArray<{ id: string; customer: { email: string | null } }> }
  const mailed = items.find(({ customer }) => customer.email === "a@b.kz")!
  const events = await (await call("admin", "GET", `/orders/${mailed.id}/events`)).text()
  expect(events).toContain("order.placed")
  expect(events + await callsOf("mail") + JSON.stringify(log)).not.toContain("a@b.kz")
  expect((await put({})).status).toBe(200)
})

test("R-OPS-3: a policy that cannot hold is refused by its place, with what there is, and nothing of its request is saved", async () => {
  const issues = async (policy: unknown, scope?: string, scopeId?: string) => {
    const response = await put(policy, scope, scopeId)
    return [response.status, (await problem(response)).errors?.map(({ path }) => path)]
  }
  expect(await issues({ messageGateways: [{ kind: "sms", connections: ["sms-1", "app", "sms-9"] }], dailyPerGateway: { nobody: 1 } })).toEqual([
    422, [
      "policies[0].policy.messageGateways[0].connections[1]", "policies[0].policy.messageGateways[0].connections[2]",
      "policies[0].policy.dailyPerGateway.nobody"
    ]
  ])
  expect(await issues({ split: true }, "branch", "nowhere")).toEqual([422, ["policies[0].scopeId"]])
  expect(await issues({ split: true }, "network", "x")).toEqual([422, ["policies[0].scopeId"]])
  expect(await issues({ dailyPerAddress: 0, splitt: true })).toMatchObject([422, expect.arrayContaining(["policies[0].policy.dailyPerAddress"])])
  expect(await issues({ senderNames: { "sms-1": "Аптека" } })).toEqual([422, ["policies[0].policy.senderNames.sms-1"]])
  expect((await call("operator", "PUT", "/policies", { policies: [{ scope: "network", scopeId: "", policy: {} }] })).status).toBe(403)
})

test("R-SMS-1: who wants no SMS is told by e-mail", async () => {
  const customer = { name: "А", phone: "8 701 000 00 66", email: "c@d.kz" }
  const optOut = { address: "+77010000066", kind: "sms" }
  expect((await call("operator", "PUT", "/opt-outs", { ...optOut, optedOut: true })).status).toBe(200)
  expect((await ended({ customer }))[0]).toMatchObject({ connection: "mail", kind: "email", state: "done" })
  const asked = async (body: object) => ((await (await call("operator", "POST", "/opt-outs/check", body)).json()) as { optedOut: boolean }).optedOut
  expect([await asked(optOut), await asked({ address: optOut.address }), await asked({ ...optOut, kind: "push" })]).toEqual([true, false, false])
})
