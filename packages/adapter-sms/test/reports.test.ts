import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { infobipMessages, mobizonMessages, smscMessages, smsruMessages, turbosmsMessages } from "../src/index.ts"
import { SMSC_STATES } from "../src/smsc.ts"
import { infobipSimulator, mobizonSimulator, SIMULATED_TIME, smscSimulator, smsruSimulator, turbosmsSimulator } from "../src/testing/index.ts"
import { started } from "./support/message.ts"

const HUB = "http://hub.test/exchange/sms"
const AT = new Date(SIMULATED_TIME * 1000).toISOString()
const post = (body: string | URLSearchParams, url = HUB) => new Request(url, { method: "POST", body })

describe("SMSC: delivery reports", () => {
  const secret = "smsc-simulated-secret"
  const signed = (fields: Record<string, string>, kind = "sha1", with_ = secret) =>
    new URLSearchParams({ ...fields, [kind]: createHash(kind).update(`${fields["id"]}:${fields["phone"]}:${fields["status"]}:${with_}`).digest("hex") })
  const simulated = async () => {
    const simulator = smscSimulator()
    return { simulator, adapter: await started(smscMessages({ ...simulator.config, fetch: simulator.fetch })) }
  }
  const fields = { id: "42", phone: "77010000042", status: "1", ts: String(SIMULATED_TIME) }

  test.each(Object.entries(SMSC_STATES))("status %s is told as %s", async (status, state) => {
    await using adapter = (await simulated()).adapter
    expect((await adapter.http(post(signed({ ...fields, status })))).status).toBe(200)
    expect(adapter.reports.map((report) => report.state)).toEqual(state === "unknown" ? [] : [state])
  })

  test("it has the id, the time and the word of the message that was sent, by POST as by GET, with md5 alone too", async () => {
    const { simulator, adapter } = await simulated()
    await using open = adapter
    const { providerId } = await open.send()
    simulator.settle("delivered")
    const { id, phone } = simulator.ledger[0]!
    const expected = { providerId, state: "delivered", at: AT, detail: "1" }
    await open.http(simulator.report())
    await open.http(new Request(`${HUB}?${signed({ ...fields, id, phone }, "md5").toString()}`))
    expect(open.reports).toEqual([expected, expected])
  })

  test.each([
    ["another phone", { phone: "77010000043" }], ["another status", { status: "20" }], ["another message", { id: "43" }]
  ])("signed for %s it is refused", async (_, changed) => {
    await using adapter = (await simulated()).adapter
    const body = signed(fields)
    for (const [name, value] of Object.entries(changed)) body.set(name, value)
    expect((await adapter.http(post(body))).status).toBe(403)
    expect(adapter.reports).toEqual([])
  })

  test("a right md5 does not help a wrong sha1, and no hash is a wrong hash", async () => {
    await using adapter = (await simulated()).adapter
    const both = signed(fields, "md5")
    both.set("sha1", "0".repeat(40))
    for (const body of [both, new URLSearchParams(fields), signed(fields, "sha1", "a guess")]) {
      expect((await adapter.http(post(body))).status).toBe(403)
    }
    expect((await adapter.http(post("id=1"))).status).toBe(400)
    expect(adapter.reports).toEqual([])
    expect(JSON.stringify(adapter.logs)).not.toContain(secret)
  })

  test("without the secret there is no entrance", async () => {
    await using adapter = await started(smscMessages({ country: "ru", auth: { apiKey: "k" } }))
    expect(adapter.hasEntrance).toBe(false)
  })
})

describe("SMS.ru: delivery reports", () => {
  const API_ID = "00000000-5115-0000-0000-000000000000"
  const REPORT_KEY = "a-key-of-16-letters"
  const simulated = async (reports: "reread" | "hash" | "none" = "reread") => {
    const simulator = smsruSimulator()
    const reportKey = reports === "reread" ? { reportKey: REPORT_KEY } : {}
    return { simulator, adapter: await started(smsruMessages({ apiId: API_ID, reports, ...reportKey, fetch: simulator.fetch })) }
  }
  const batch = (items: ReadonlyArray<string>, key = API_ID) => {
    const body = new URLSearchParams(items.map((item, i): [string, string] => [`data[${i}]`, item]))
    body.set("hash", createHash("sha256").update(key + items.join("")).digest("hex"))
    return post(body, `${HUB}?key=${REPORT_KEY}`)
  }

  test("R-API-1: strangers cannot make us ask: without a key in the address there is no entrance, or no start", async () => {
    const simulator = smsruSimulator()
    await using adapter = await started(smsruMessages({ apiId: API_ID, fetch: simulator.fetch }))
    expect(adapter.hasEntrance).toBe(false)
    await expect(started(smsruMessages({ apiId: API_ID, reports: "reread" }))).rejects.toThrow(/reportKey/u)
  })

  test("the answer is 100, and what is told is what SMS.ru says when it is asked", async () => {
    const { simulator, adapter } = await simulated()
    await using open = adapter
    const { providerId } = await open.send()
    simulator.settle("undelivered")
    const response = await open.http(batch([`sms_status\n${providerId}\n103\n1`], "a guess"))
    expect([response.status, await response.text()]).toEqual([200, "100"])
    expect(open.reports).toEqual([{ providerId, state: "undelivered", at: null, detail: "105" }])
  })

  test("a message that the account does not have is told to nobody", async () => {
    await using adapter = (await simulated()).adapter
    const response = await adapter.http(batch(["sms_status\n999999-1\n103\n1"]))
    expect(await response.text()).toBe("100")
    expect(adapter.reports).toEqual([])
  })

  test("R-SMS-1: what SMS.ru could not be asked in time is left to the poll, and what it has told is kept", async () => {
    const simulator = smsruSimulator()
    let asked = 0
    const fetch = (request: Request): Promise<Response> => {
      if (!request.url.includes("/sms/status") || ++asked <= 5) return simulator.fetch(request)
      return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason as Error)))
    }
    await using open = await started(smsruMessages({ apiId: API_ID, reportKey: REPORT_KEY, fetch }))
    const ids: Array<string> = []
    for (let i = 0; i < 12; i++) ids.push((await open.send({ id: `o-${i}:assembled:1` })).providerId)
    simulator.settle("delivered")
    const response = await open.http(batch(ids.map((id) => `sms_status\n${id}\n103\n1`)))
    expect([response.status, open.reports.map(({ providerId }) => providerId)]).toEqual([200, ids.slice(0, 5)])
    // Where nothing at all was told, it comes again.
    expect((await open.http(batch([`sms_status\n${ids[5]}\n103\n1`]))).status).toBe(503)
  }, 20_000)

  test("many at once, doubled ones asked for once", async () => {
    const { simulator, adapter } = await simulated()
    await using open = adapter
    const ids = await Promise.all(Array.from({ length: 12 }, (_, i) => open.send({ id: `o-${i}:assembled:1` })))
    simulator.settle("delivered")
    const before = simulator.calls.length
    await open.http(batch([...ids, ...ids].map(({ providerId }) => `sms_status\n${providerId}\n103\n1`)))
    expect(open.reports).toHaveLength(12)
    expect(simulator.calls.length - before).toBe(12)
  })

  test("SMS.ru does not answer: come again (503)", async () => {
    const { simulator, adapter } = await simulated()
    await using open = adapter
    const { providerId } = await open.send()
    simulator.fault("down")
    expect((await open.http(batch([`sms_status\n${providerId}\n103\n1`]))).status).toBe(503)
    expect(open.reports).toEqual([])
  })

  test("by hash, a right one is believed and a wrong one refused, without asking", async () => {
    const { simulator, adapter } = await simulated("hash")
    await using open = adapter
    const item = "sms_status\n202648-1000000\n104\n1"
    expect((await open.http(batch([item], "a guess"))).status).toBe(403)
    expect(await (await open.http(batch([item]))).text()).toBe("100")
    expect(open.reports).toEqual([{ providerId: "202648-1000000", state: "expired", at: null, detail: "104" }])
    expect(simulator.calls).toEqual([])
  })

  test.each([["no data", []], ["more than 100", Array.from({ length: 101 }, (_, i) => `sms_status\n1-${i}\n103`)]])("%s is refused", async (_, items) => {
    await using adapter = (await simulated()).adapter
    expect((await adapter.http(batch(items))).status).toBe(400)
  })

  test("what is no sms_status is passed over", async () => {
    const { simulator, adapter } = await simulated()
    await using open = adapter
    expect(await (await open.http(batch(["callcheck_status\n1\n401", "sms_status", "sms_status\n<script>\n103"]))).text()).toBe("100")
    expect([open.reports, simulator.calls]).toEqual([[], []])
  })

  test("`none` takes none", async () => {
    expect((await simulated("none")).adapter.hasEntrance).toBe(false)
  })
})

describe("Mobizon: delivery reports", () => {
  const simulated = async () => {
    const simulator = mobizonSimulator()
    return { simulator, adapter: await started(mobizonMessages({ ...simulator.config, fetch: simulator.fetch })) }
  }
  const sign = (event: string) => createHash("sha1").update(`${event}|mobizon-simulated-secret`).digest("hex")

  test("its signature does not cover what it says, so Mobizon is asked: a lie under a right signature is not believed", async () => {
    const { simulator, adapter } = await simulated()
    await using open = adapter
    const { providerId } = await open.send()
    simulator.settle("undelivered")
    const lie = { eventId: "e1", attempt: 1, eventCreateTs: "t", sign: sign("e1|1|t"), data: { messageId: providerId, status: "DELIVRD" } }
    expect((await open.http(post(JSON.stringify(lie)))).status).toBe(200)
    expect(open.reports).toEqual([{ providerId, state: "undelivered", at: null, detail: "UNDELIV" }])
  })

  test("a late report tells how it is, not how it was", async () => {
    const { simulator, adapter } = await simulated()
    await using open = adapter
    await open.send()
    const late = simulator.report()
    simulator.settle("delivered")
    await open.http(late)
    expect(open.reports.map(({ state }) => state)).toEqual(["delivered"])
  })

  test("a message of somebody else under a right signature is told to nobody", async () => {
    await using adapter = (await simulated()).adapter
    const other = { eventId: "e1", attempt: 1, eventCreateTs: "t", sign: sign("e1|1|t"), data: { messageId: 424242 } }
    expect((await adapter.http(post(JSON.stringify(other)))).status).toBe(200)
    expect(adapter.reports).toEqual([])
  })

  test.each([["{", 400], ["[]", 400], [JSON.stringify({ eventId: 1, attempt: 1, eventCreateTs: "t", sign: "0", data: { messageId: 1 } }), 403]])(
    "%s is answered %i, and nobody is asked",
    async (body, status) => {
      const { simulator, adapter } = await simulated()
      await using open = adapter
      expect((await open.http(post(body))).status).toBe(status)
      expect(simulator.calls).toEqual([])
    }
  )

  test("Mobizon does not answer within its 5 seconds: come again (503), which it does up to ten times", async () => {
    const { simulator, adapter } = await simulated()
    await using open = adapter
    await open.send()
    simulator.settle("delivered")
    simulator.fault("slow")
    const begun = performance.now()
    expect((await open.http(simulator.report())).status).toBe(503)
    expect(performance.now() - begun).toBeLessThan(5_000)
    simulator.mend()
    expect((await open.http(simulator.report())).status).toBe(200)
    expect(open.reports).toHaveLength(1)
  })
})

describe("Infobip: delivery reports", () => {
  const results = (states: ReadonlyArray<string>) =>
    JSON.stringify({ results: states.map((groupName, i) => ({ messageId: `m-${i}`, doneAt: "2026-11-21T10:00:05.000+0500", status: { groupName } })) })

  test("all of a batch are told, with their time in UTC; a group that no document names is not", async () => {
    const { config, fetch } = infobipSimulator()
    await using adapter = await started(infobipMessages({ ...config, fetch }))
    const body = results(["DELIVERED", "ELSE", "UNDELIVERABLE", "EXPIRED", "REJECTED", "PENDING"])
    expect((await adapter.http(post(body, `${HUB}?key=${config.reports.key}`))).status).toBe(200)
    expect(adapter.reports.map(({ providerId, state }) => `${providerId} ${state}`)).toEqual([
      "m-0 delivered", "m-2 undelivered", "m-3 expired", "m-4 rejected", "m-5 sent"
    ])
    expect(adapter.reports[0]?.at).toBe("2026-11-21T05:00:05.000Z")
  })

  test("a name and a password guard as well as a key", async () => {
    const { config, fetch } = infobipSimulator()
    const reports = { user: "infobip", password: "report-password" }
    await using adapter = await started(infobipMessages({ ...config, reports, fetch }))
    const as = (password: string) =>
      new Request(HUB, { method: "POST", body: results(["DELIVERED"]), headers: { authorization: `Basic ${btoa(`infobip:${password}`)}` } })
    expect((await adapter.http(as("guess"))).status).toBe(403)
    expect((await adapter.http(post(results(["DELIVERED"])))).status).toBe(403)
    expect(adapter.reports).toEqual([])
    expect((await adapter.http(as("report-password"))).status).toBe(200)
    expect(adapter.reports).toHaveLength(1)
  })

  test("a short key stops the hub from starting", async () => {
    const { config } = infobipSimulator()
    await expect(started(infobipMessages({ ...config, reports: { key: "short" } }))).rejects.toThrow(/reports/u)
  })

  test("a report that was read by asking goes to the hub too, for it can be read once", async () => {
    const simulator = infobipSimulator()
    await using adapter = await started(infobipMessages({ ...simulator.config, fetch: simulator.fetch }))
    const { providerId } = await adapter.send()
    simulator.settle("delivered")
    expect(await adapter.status(providerId)).toMatchObject({ state: "delivered", at: AT })
    expect(adapter.reports).toEqual([{ providerId, state: "delivered", at: AT, detail: "DELIVERED_TO_HANDSET" }])
  })
})

describe("TurboSMS: calls back, whose form nobody documents", () => {
  const simulated = async () => {
    const simulator = turbosmsSimulator()
    const adapter = await started(turbosmsMessages({ ...simulator.config, fetch: simulator.fetch }))
    const { providerId } = await adapter.send()
    simulator.settle("delivered")
    return { simulator, adapter, providerId, url: `${HUB}?key=${simulator.config.reports.key}` }
  }

  test.each([
    ["JSON", "application/json", (id: string) => JSON.stringify({ message_id: id, status: "Undelivered" })],
    ["a list within JSON", "application/json", (id: string) => JSON.stringify({ data: [{ message_id: id }] })],
    ["a form", "application/x-www-form-urlencoded", (id: string) => `message_id=${id}&status=Undelivered`]
  ])("as %s it only names messages; TurboSMS is asked how they stand", async (_, type, body) => {
    const { adapter, providerId, url } = await simulated()
    await using open = adapter
    const request = new Request(url, { method: "POST", headers: { "content-type": type }, body: body(providerId) })
    expect((await open.http(request)).status).toBe(200)
    expect(open.reports).toEqual([{ providerId, state: "delivered", at: null, detail: "Delivered" }])
  })

  test("one that names no message is refused", async () => {
    const { adapter, url } = await simulated()
    await using open = adapter
    expect((await open.http(post("status=Delivered", url))).status).toBe(400)
  })
})

describe("every entrance", () => {
  const simulator = mobizonSimulator()
  const open = (report?: () => Promise<void>) => started(mobizonMessages({ ...simulator.config, fetch: simulator.fetch }), report)

  test("other methods are refused", async () => {
    await using adapter = await open()
    const response = await adapter.http(new Request(HUB))
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"])
  })

  test("a body without an end is cut off at 256 kB", async () => {
    await using adapter = await open()
    let pulled = 0
    const body = new ReadableStream({ 
      pull: (to) => {
        pulled++
        to.enqueue(new Uint8Array(64 * 1024))
      }
    })
    const request = new Request(HUB, { method: "POST", body, duplex: "half" })
    expect((await adapter.http(request)).status).toBe(413)
    expect(pulled).toBeLessThan(10)
  })

  test("what the hub cannot keep is asked for again, and betrays nobody", async () => {
    await using adapter = await open(() => Promise.reject(new Error("no room for +77010000042")))
    await adapter.send()
    simulator.settle("delivered")
    const response = await adapter.http(simulator.report())
    expect(response.status).toBe(503)
    expect(`${await response.text()}${JSON.stringify(adapter.logs)}`).not.toContain("7010000042")
  })
})
