import { once } from "node:events"
import { type AddressInfo, createServer } from "node:net"
import type { AdapterInstance } from "@aptekit/core"
import { describe, expect, test, vi } from "vitest"
import { infobipMessages, mobizonMessages, smscMessages, smsruMessages, turbosmsMessages } from "../src/index.ts"
import { callGateway, parseJson } from "../src/gateway/call.ts"
import { slots } from "../src/gateway/slots.ts"
import { smscId, smscRef } from "../src/smsc.ts"
import { infobipSimulator, mobizonSimulator, smscSimulator, smsruSimulator, turbosmsSimulator } from "../src/testing/index.ts"
import { message, started } from "./support/message.ts"

const fieldsOf = (body: string) => Object.fromEntries(new URLSearchParams(body))
const full = { sender: "Apteka", validMinutes: 90 }

describe("SMS-1: what each gateway gets", () => {
  test("SMSC: a form with our id, the price asked for, validity as hh:mm", async () => {
    const simulator = smscSimulator()
    await using adapter = await started(smscMessages({ ...simulator.config, fetch: simulator.fetch }))
    const sent = await adapter.send(full)
    const id = smscId(message().id)
    expect(sent).toEqual({ providerId: smscRef(id, "77010000042"), parts: 1, price: { amount: "15.00", currency: "KZT" } })
    expect(simulator.calls[0]).toMatchObject({ method: "POST", path: "/sys/send.php" })
    expect(fieldsOf(simulator.calls[0]!.body)).toEqual({
      apikey: "smsc-simulated-key", phones: "77010000042", mes: "Заказ 1042 собран", sender: "Apteka", id: String(id), charset: "utf-8",
      cost: "3", fmt: "3", valid: "01:30"
    })
  })

  test("SMSC: ids are of 1 to 2^31 - 1, the same each time; two phones with one id stay two messages", () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => smscId(`o-${i}:assembled:1`))
    expect(new Set(ids).size).toBe(1_000)
    expect(ids.every((id) => Number.isInteger(id) && id >= 1 && id <= 0x7fffffff)).toBe(true)
    expect(smscId("o-1:assembled:1")).toBe(smscId("o-1:assembled:1"))
    expect(smscRef(7, "77010000042")).not.toBe(smscRef(7, "77010000043"))
  })

  test("SMSC: login and password instead of a key; ru and kz are two hosts", async () => {
    const hosts: Array<string> = []
    const fetch = async (request: Request) => {
      hosts.push(new URL(request.url).host)
      expect(fieldsOf(await request.text())).toMatchObject({ login: "apteka", psw: "smsc-password" })
      return Response.json({ id: 1, cnt: 1 })
    }
    for (const country of ["ru", "kz"] as const) {
      await using adapter = await started(smscMessages({ country, auth: { login: "apteka", password: "smsc-password" }, fetch }))
      await adapter.send()
    }
    expect(hosts).toEqual(["smsc.ru", "smsc.kz"])
  })

  test("SMSC: 15 requests at once it refuses, so no more than 14 are made; 40 messages pass", async () => {
    const simulator = smscSimulator()
    await using adapter = await started(smscMessages({ ...simulator.config, parallel: 14, fetch: simulator.fetch }))
    simulator.fault("slow")
    const all = Array.from({ length: 40 }, (_, i) => adapter.send({ id: `o-${i}:assembled:1`, text: `text ${i}` }))
    await simulator.arrived(14)
    simulator.mend()
    await Promise.all(all)
    expect(simulator.most()).toBe(14)
    expect(simulator.ledger).toHaveLength(40)
  })

  test("SMSC: the same text to the same phone within a minute is unknown, and asking tells of the first", async () => {
    const simulator = smscSimulator()
    await using adapter = await started(smscMessages({ ...simulator.config, fetch: simulator.fetch }))
    const { providerId } = await adapter.send()
    expect(await adapter.fails()).toMatchObject({ outcome: "unknown" })
    expect(await adapter.find(message().id)).toEqual({ providerId })
    expect(await adapter.find("o-2:assembled:1")).toEqual({ providerId: null })
  })

  test.each([
    [{ status: -3 }, null], [{ error: "message not found", error_code: 3 }, null], [{ status: "-3", last_date: "" }, null]
  ])("SMSC: %j says that there is no such message", async (body, providerId) => {
    await using adapter = await started(smscMessages({ country: "ru", auth: { apiKey: "k" }, fetch: async () => Response.json(body) }))
    expect(await adapter.find(message().id)).toEqual({ providerId })
  })

  test.each([[{ error: "", error_code: 2 }], [{ error: "", error_code: 9 }], [{ status: 77 }], [{}]])(
    "SMSC: %j says nothing of the message, which may have been sent",
    async (body) => {
      await using adapter = await started(smscMessages({ country: "ru", auth: { apiKey: "k" }, fetch: async () => Response.json(body) }))
      await expect(adapter.find(message().id)).rejects.toMatchObject({ reason: "fault" })
    }
  )

  test.each([
    ["SMSC", smscMessages, { country: "ru", auth: { apiKey: "k" } }, () => Response.json({ status: -3 })],
    ["Infobip", infobipMessages, infobipSimulator().config, () => Response.json({ results: [] })]
  ] as const)("%s: right after a lost answer \"no such message\" is not believed; it may only not be shown yet", async (_, make, config, none) => {
    const now = vi.spyOn(Date, "now").mockReturnValue(1_000_000)
    const lost = (request: Request) => request.method === "POST"
      ? Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNRESET" } }))
      : Promise.resolve(none())
    await using adapter = await started((make as (config: unknown) => AdapterInstance)({ ...config, fetch: lost }))
    expect(await adapter.fails()).toMatchObject({ outcome: "unknown" })
    await expect(adapter.find(message().id)).rejects.toMatchObject({ outcome: "unknown" })
    expect(await adapter.find("o-2:assembled:1"), "one that was never sent").toEqual({ providerId: null })
    now.mockReturnValue(1_020_000)
    expect(await adapter.find(message().id)).toEqual({ providerId: null })
    now.mockRestore()
  })

  test("SMS.ru: a form, validity in minutes", async () => {
    const simulator = smsruSimulator()
    await using adapter = await started(smsruMessages({ ...simulator.config, fetch: simulator.fetch }))
    expect(await adapter.send(full)).toEqual({ providerId: "202648-1000000", parts: 1 })
    expect(fieldsOf(simulator.calls[0]!.body)).toEqual({
      api_id: simulator.config.apiId, to: "77010000042", msg: "Заказ 1042 собран", json: "1", from: "Apteka", ttl: "90"
    })
  })

  test("SMS.ru: the 61st message of the day to one phone is rejected, beyond the limit of the account it waits", async () => {
    const simulator = smsruSimulator()
    await using adapter = await started(smsruMessages({ ...simulator.config, fetch: simulator.fetch }))
    for (let i = 0; i < 60; i++) await adapter.send({ id: `o-${i}:assembled:1` })
    expect(await adapter.fails()).toMatchObject({ outcome: "rejected", message: expect.stringContaining("60 messages") as string })
    simulator.limit = 60
    expect(await adapter.fails({ to: "+77010000043" })).toMatchObject({ outcome: "unavailable" })
  })

  test("Mobizon: the key in the address, a form, links left as they are", async () => {
    const simulator = mobizonSimulator()
    await using adapter = await started(mobizonMessages({ ...simulator.config, fetch: simulator.fetch }))
    expect(await adapter.send(full)).toEqual({ providerId: "500000", parts: 1 })
    expect(simulator.calls[0]).toMatchObject({
      method: "POST",
      path: "/service/Message/SendSmsMessage?output=json&api=v1&apiKey=mobizon-simulated-key"
    })
    expect(fieldsOf(simulator.calls[0]!.body)).toEqual({
      recipient: "77010000042", text: "Заказ 1042 собран", from: "Apteka", "params[validity]": "90", "params[shortenLinks]": "0"
    })
  })

  test("Infobip: our id as messageId, validity, where reports go", async () => {
    const simulator = infobipSimulator()
    const reportUrl = "https://hub.test/exchange/infobip?key=0123456789abcdef"
    await using adapter = await started(infobipMessages({ ...simulator.config, reportUrl, fetch: simulator.fetch }))
    expect(await adapter.send(full)).toEqual({ providerId: "o-1:assembled:3", parts: 1 })
    expect(JSON.parse(simulator.calls[0]!.body)).toEqual({
      messages: [{
        sender: "Apteka",
        destinations: [{ to: "77010000042", messageId: "o-1:assembled:3" }],
        content: { text: "Заказ 1042 собран" },
        options: { validityPeriod: { amount: 90, timeUnit: "MINUTES" } },
        webhooks: { delivery: { url: reportUrl } }
      }]
    })
  })

  test("TurboSMS: one recipient, whose own code counts and not that of the whole", async () => {
    const simulator = turbosmsSimulator()
    await using adapter = await started(turbosmsMessages({ ...simulator.config, fetch: simulator.fetch }))
    await adapter.send(full)
    expect(JSON.parse(simulator.calls[0]!.body)).toEqual({ recipients: ["77010000042"], sms: { sender: "Apteka", text: "Заказ 1042 собран" } })
    simulator.fault("refuses", 1)
    expect(await adapter.fails()).toMatchObject({ outcome: "rejected", message: expect.stringContaining("stop list") as string })
  })

  test.each([["email"], ["push"]] as const)("a message of the kind %s is no SMS: rejected", async (kind) => {
    const simulator = smsruSimulator()
    await using adapter = await started(smsruMessages({ ...simulator.config, fetch: simulator.fetch }))
    expect(await adapter.fails({ kind })).toMatchObject({ outcome: "rejected" })
    expect(simulator.calls).toEqual([])
  })

  test.each([
    ["a Cyrillic sender's name", { sender: "Аптека" }], ["one of 12 letters", { sender: "TwelveLetter" }], ["an empty one", { sender: "" }]
  ])("%s stops the hub from starting and names the field", async (_, over) => {
    await expect(started(smsruMessages({ apiId: "x", ...over }))).rejects.toThrow(/bad configuration.*sender/su)
  })
})

describe("calls over HTTP", () => {
  const failing = (cause: unknown) => callGateway("X", () => Promise.reject(new TypeError("fetch failed", { cause })), new URL("http://x.test/?key=s3cret"), {})
  const aggregate = Object.assign(new AggregateError([{ code: "ECONNREFUSED" }, { code: "ENETUNREACH" }]), { code: "ECONNREFUSED" })

  test.each([
    ["a refused connection", { code: "ECONNREFUSED" }, "unavailable"],
    ["a name that is not found", { code: "ENOTFOUND", syscall: "getaddrinfo" }, "unavailable"],
    ["all addresses refused", aggregate, "unavailable"],
    ["a connection that took too long to stand", { code: "ETIMEDOUT", syscall: "connect" }, "unavailable"],
    ["a certificate of somebody else", { code: "ERR_TLS_CERT_ALTNAME_INVALID" }, "unavailable"],
    ["a connection that was cut", { code: "ECONNRESET", syscall: "read" }, "unknown"],
    ["an answer that took too long", { code: "UND_ERR_HEADERS_TIMEOUT" }, "unknown"],
    ["no cause at all", undefined, "unknown"]
  ])("%s", async (_, cause, outcome) => {
    const error: unknown = await failing(cause).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ outcome })
    expect(String(error)).not.toContain("s3cret")
  })

  test("an address that nobody serves is unavailable, over the real fetch", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, "close")
    const url = new URL(`http://127.0.0.1:${port}/`)
    const error: unknown = await callGateway("X", globalThis.fetch, url, {}).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ outcome: "unavailable" })
  })

  test("a redirect is not followed: it would show the key to another host", async () => {
    let redirect = ""
    await callGateway("X", async (request) => {
      redirect = request.redirect
      return Response.json({})
    }, new URL("http://x.test/"), {})
    expect(redirect).toBe("manual")
  })

  test("an answer without an end is unknown", async () => {
    const endless = () => new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(100_000).fill(32)) })
    const call = callGateway("X", async () => new Response(endless()), new URL("http://x.test/"), {})
    await expect(call).rejects.toMatchObject({ outcome: "unknown" })
  })

  test("ids of 64 bits stay whole, other numbers stay numbers", () => {
    expect(parseJson("{\"id\":439166538239448536,\"n\":12,\"x\":1.5,\"big\":1e300}")).toEqual({ id: "439166538239448536", n: 12, x: 1.5, big: 1e300 })
  })
})

describe("slots", () => {
  test("one that is given up while it waits takes no place and does nothing", async () => {
    const within = slots(1)
    const hold = Promise.withResolvers<void>()
    const done: Array<string> = []
    const first = within(new AbortController().signal, () => hold.promise)
    const leaving = new AbortController()
    const second = within(leaving.signal, async () => void done.push("second"))
    const third = within(new AbortController().signal, async () => void done.push("third"))
    leaving.abort(new Error("gave up"))
    await expect(second).rejects.toThrow("gave up")
    hold.resolve()
    await Promise.all([first, third])
    expect(done).toEqual(["third"])
  })

  test("one that fails gives its place back", async () => {
    const within = slots(1)
    const { signal } = new AbortController()
    await expect(within(signal, () => Promise.reject(new Error("no")))).rejects.toThrow("no")
    expect(await within(signal, async () => 1)).toBe(1)
  })
})
