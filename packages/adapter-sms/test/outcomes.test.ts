import { describe, expect, test } from "vitest"
import type { AdapterInstance } from "@aptekit/core"
import { infobipMessages, mobizonMessages, smscMessages, smsruMessages, turbosmsMessages } from "../src/index.ts"
import { INFOBIP_ACCOUNT, INFOBIP_GROUPS } from "../src/infobip.ts"
import { MOBIZON_CODES, MOBIZON_STATES } from "../src/mobizon.ts"
import { SMSC_ASK_CODES, SMSC_SEND_CODES, SMSC_STATES } from "../src/smsc.ts"
import { SMSRU_CODES, SMSRU_STATES } from "../src/smsru.ts"
import { TURBOSMS_CODES, TURBOSMS_STATES } from "../src/turbosms.ts"
import { started } from "./support/message.ts"

type Make = (fetch: () => Promise<Response>) => AdapterInstance

/** The gateway says only this. */
const saying = (body: unknown) => async () => Response.json(body)

const smsc: Make = (fetch) => smscMessages({ country: "ru", auth: { login: "apteka", password: "smsc-password" }, fetch })
const smsru: Make = (fetch) => smsruMessages({ apiId: "smsru-api-id", fetch })
const mobizon: Make = (fetch) => mobizonMessages({ apiKey: "mobizon-key", fetch })
const infobip: Make = (fetch) => infobipMessages({ url: "https://x.api.infobip.test", apiKey: "infobip-key", sender: "Apteka", fetch })
const turbosms: Make = (fetch) => turbosmsMessages({ token: "turbosms-token", sender: "Apteka", fetch })

const outcomeOf = async (make: Make, body: unknown): Promise<string> => {
  await using adapter = await started(make(saying(body)))
  return adapter.send().then(() => "done", () => adapter.fails().then((error) => error.outcome))
}

// What the documents say (partners-sms.md), written down a second time: a slip in a table is found here.
const SMSC = { 1: "rejected", 2: "unavailable", 3: "unavailable", 4: "unavailable", 5: "rejected", 6: "rejected", 7: "rejected", 8: "rejected", 9: "unknown" }
const SMSRU = {
  100: "done", 101: "done", 102: "done", 103: "done", 200: "unavailable", 201: "unavailable", 202: "rejected", 203: "rejected",
  204: "unavailable", 205: "rejected", 206: "unavailable", 207: "rejected", 208: "rejected", 209: "rejected", 210: "rejected",
  211: "rejected", 212: "rejected", 220: "unavailable", 230: "rejected", 231: "unknown", 232: "unknown", 300: "unavailable",
  301: "unavailable", 302: "unavailable"
}
const MOBIZON = {
  0: "done", 1: "rejected", 3: "unknown", 8: "unavailable", 9: "unavailable", 10: "unknown", 11: "rejected", 12: "rejected",
  13: "unavailable", 14: "unavailable", 15: "unknown", 30: "unavailable", 98: "unknown", 99: "unknown", 100: "unknown", 999: "unknown"
}
const TURBOSMS = { 0: "done", 305: "rejected", 404: "rejected", 406: "rejected", 800: "done", 801: "done", 802: "done", 803: "done" }

describe("SMS-1: each documented code ends as one of four outcomes", () => {
  test.each([
    ["SMSC", SMSC_SEND_CODES, SMSC], ["SMS.ru", SMSRU_CODES, SMSRU], ["Mobizon", MOBIZON_CODES, MOBIZON],
    ["TurboSMS", TURBOSMS_CODES, TURBOSMS]
  ])("%s: the table has all codes and no other", (_, table, expected) => {
    expect(Object.fromEntries(Object.entries(table).map(([code, [outcome]]) => [code, outcome]))).toEqual(expected)
  })

  test.each(Object.entries(SMSC))("SMSC error_code %s is %s", async (code, outcome) => {
    expect(await outcomeOf(smsc, { error: "of +77010000042", error_code: Number(code) })).toBe(outcome)
  })

  test.each(Object.entries(SMSRU))("SMS.ru status_code %s of a message is %s", async (code, outcome) => {
    const one = { status: "", status_code: Number(code), sms_id: "1-1" }
    expect(await outcomeOf(smsru, { status: "OK", status_code: 100, sms: { 77010000042: one } })).toBe(outcome)
  })

  test.each(Object.entries(SMSRU).filter(([, outcome]) => outcome !== "done"))("SMS.ru status_code %s of it all is %s", async (code, outcome) => {
    expect(await outcomeOf(smsru, { status: "ERROR", status_code: Number(code) })).toBe(outcome)
  })

  test.each(Object.entries(MOBIZON))("Mobizon code %s is %s", async (code, outcome) => {
    expect(await outcomeOf(mobizon, { code: Number(code), data: { campaignId: "1", messageId: "2", status: 1 }, message: "" })).toBe(outcome)
  })

  test.each(Object.entries(TURBOSMS))("TurboSMS response_code %s of a recipient is %s", async (code, outcome) => {
    const one = { phone: "77010000042", response_code: Number(code), message_id: "f83f8868", response_status: "X" }
    expect(await outcomeOf(turbosms, { response_code: 802, response_status: "X", response_result: [one] })).toBe(outcome)
  })

  test.each([
    ["INVALID_TOKEN", "unavailable"], ["REQUIRED_AUTH", "unavailable"], ["NOT_ENOUGH_CREDITS", "unavailable"],
    ["INVALID_MESSAGE_SENDER", "rejected"], ["REQUIRED_MESSAGE_TEXT", "rejected"], ["NOT_ALLOWED_MESSAGE_SENDER", "rejected"],
    ["FAILED_SOMEHOW", "unknown"]
  ])("TurboSMS response_status %s, whose code no document names, is %s", async (response_status, outcome) => {
    expect(await outcomeOf(turbosms, { response_code: 4242, response_status, response_result: null })).toBe(outcome)
  })

  test.each([
    ["PENDING", "PENDING_ACCEPTED", "done"], ["DELIVERED", "DELIVERED_TO_HANDSET", "done"],
    ["UNDELIVERABLE", "UNDELIVERABLE_REJECTED_OPERATOR", "rejected"], ["EXPIRED", "EXPIRED_EXPIRED", "rejected"],
    ["REJECTED", "REJECTED_DESTINATION", "rejected"], ["REJECTED", "REJECTED_NOT_ENOUGH_CREDITS", "unavailable"],
    ["ELSE", "ELSE", "unknown"]
  ])("Infobip %s, %s is %s", async (groupName, name, outcome) => {
    expect(await outcomeOf(infobip, { messages: [{ messageId: "m", status: { groupName, name } }] })).toBe(outcome)
    expect(INFOBIP_GROUPS[groupName] === undefined || INFOBIP_ACCOUNT.has(name) || INFOBIP_GROUPS[groupName].sending === outcome).toBe(true)
  })

  test.each([
    ["SMSC", smsc, { error: "", error_code: 77 }], ["SMS.ru", smsru, { status_code: 777 }], ["Mobizon", mobizon, { code: 777, data: null }],
    ["TurboSMS", turbosms, { response_code: 777, response_status: "?" }]
  ])("a code of %s that its documents do not name is unknown", async (_, make, body) => {
    expect(await outcomeOf(make, body)).toBe("unknown")
  })

  test.each([["SMSC", smsc], ["SMS.ru", smsru], ["Mobizon", mobizon], ["Infobip", infobip], ["TurboSMS", turbosms]])(
    "HTTP statuses of %s",
    async (_, make) => {
      const expected = { 301: "unknown", 400: "rejected", 401: "unavailable", 403: "unavailable", 404: "unavailable", 429: "unavailable", 500: "unknown", 502: "unknown", 503: "unavailable", 504: "unknown" }
      for (const [status, outcome] of Object.entries(expected)) {
        await using adapter = await started(make(async () => new Response("oops", { status: Number(status) })))
        expect([status, (await adapter.fails()).outcome]).toEqual([status, outcome])
      }
    }
  )

  const failing = async (make: Make, response: () => Response) => {
    await using adapter = await started(make(async () => response()))
    const { outcome, because, retryAfterMs } = await adapter.fails()
    return { outcome, because, retryAfterMs }
  }

  test("what is about the account says so, so that another gateway may take the message; what goes by does not", async () => {
    const ofGateway = async (make: Make, body: unknown) => (await failing(make, () => Response.json(body))).because
    expect(await ofGateway(smsc, { error: "", error_code: 3 })).toBe("gateway")
    expect(await ofGateway(smsc, { error: "", error_code: 4 })).toBeUndefined()
    expect(await ofGateway(smsru, { status: "ERROR", status_code: 201 })).toBe("gateway")
    expect(await ofGateway(smsru, { status: "ERROR", status_code: 230 })).toBe("gateway")
    expect(await ofGateway(smsru, { status: "ERROR", status_code: 202 })).toBeUndefined()
    expect(await ofGateway(mobizon, { code: 8, data: null, message: "" })).toBe("gateway")
    expect(await ofGateway(turbosms, { response_code: 4242, response_status: "NOT_ENOUGH_CREDITS", response_result: null })).toBe("gateway")
    const [account] = INFOBIP_ACCOUNT
    expect(await ofGateway(infobip, { messages: [{ messageId: "m", status: { groupName: "REJECTED", name: account } }] })).toBe("gateway")
    for (const status of [401, 402, 403, 404]) expect((await failing(smsc, () => new Response("", { status }))).because).toBe("gateway")
    expect((await failing(smsc, () => new Response("", { status: 422 }))).because).toBeUndefined()
  })

  test("R-OPS-1: Retry-After of a gateway that takes no more for now is handed on, in seconds or as a date", async () => {
    const waiting = (status: number, after: string) => failing(mobizon, () => new Response("", { status, headers: { "retry-after": after } }))
    expect(await waiting(429, "120")).toEqual({ outcome: "unavailable", because: undefined, retryAfterMs: 120_000 })
    const { retryAfterMs = 0 } = await waiting(503, new Date(Date.now() + 60_000).toUTCString())
    expect(retryAfterMs > 50_000 && retryAfterMs <= 60_000).toBe(true)
    expect((await waiting(422, "120")).retryAfterMs).toBeUndefined()
    expect((await waiting(429, "soon")).retryAfterMs).toBeUndefined()
  })
})

describe("SMS-1: each documented status is one of the port's states", () => {
  test("SMSC", () => {
    expect(SMSC_STATES).toEqual({
      "-3": "unknown", "-2": "rejected", "-1": "accepted", 0: "sent", 1: "delivered", 2: "delivered", 3: "expired", 4: "delivered",
      20: "undelivered", 22: "rejected", 23: "rejected", 24: "rejected", 25: "undelivered"
    })
    expect(Object.keys(SMSC_ASK_CODES)).toEqual(["1", "2", "4", "9"])
  })
  test("SMS.ru", () => {
    expect(SMSRU_STATES).toEqual({
      "-1": "unknown", 100: "accepted", 101: "sent", 102: "sent", 103: "delivered", 104: "expired", 105: "undelivered",
      106: "undelivered", 107: "undelivered", 108: "rejected"
    })
  })
  test("Mobizon", () => {
    expect(Object.keys(MOBIZON_STATES).toSorted()).toEqual(
      ["ACCEPTD", "DELETED", "DELIVRD", "ENQUEUD", "EXPIRED", "NEW", "PDLIVRD", "REJECTD", "UNDELIV"]
    )
  })
  test("TurboSMS", () => {
    expect(TURBOSMS_STATES).toMatchObject({ DELIVERED: "delivered", UNDELIVERED: "undelivered", EXPIRED: "expired", REJECTED: "rejected" })
  })
})
