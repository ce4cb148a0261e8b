import { createECDH } from "node:crypto"
import { beforeEach, describe, expect, test } from "vitest"
import { LONGEST, topicOf } from "../src/notification.ts"
import { isServed, KNOWN_SERVICES } from "../src/services.ts"
import { type PushServiceSimulator, pushServiceSimulator, type PushSubscriptionJson } from "../src/testing/index.ts"
import { started } from "./support/push.ts"

let service: PushServiceSimulator
let device: PushSubscriptionJson
beforeEach(() => {
  service = pushServiceSimulator()
  device = service.subscribe()
})

type Config = Parameters<typeof started>[0]
const connected = (over: Partial<Config> = {}) => started({ ...service.config, fetch: service.fetch, ...over }, device)

describe("SMS-2: a push message", () => {
  test("is sealed for its device: title, text, language, what it opens; for a day, if nothing else is said", async () => {
    await using push = await connected()
    const { providerId } = await push.send({ subject: "Аптека №1", url: "https://apteka.example.test/orders/1042", language: "kk" })
    expect(service.ledger).toEqual([{
      device: "device-1",
      title: "Аптека №1",
      text: "Заказ 1042 собран",
      lang: "kk",
      url: "https://apteka.example.test/orders/1042",
      tag: topicOf("o-1:assembled:3"),
      topic: providerId,
      ttl: 86_400,
      urgency: "normal"
    }])
    expect(service.calls[0]?.body).not.toContain("Заказ")
  })

  test("has the title of the configuration where it has no subject, and its text where there is neither", async () => {
    await using named = await connected({ title: "Аптека" })
    await using bare = await connected()
    await named.send({ id: "1" })
    await bare.send({ id: "2" })
    expect(service.ledger).toMatchObject([{ title: "Аптека", text: "Заказ 1042 собран" }, { title: "Заказ 1042 собран", text: "" }])
  })

  test("lasts as long as it says, four weeks at the most, and wakes a device as configured", async () => {
    await using push = await connected({ ttlSeconds: 0, urgency: "high" })
    await push.send({ id: "1" })
    await push.send({ id: "2", validMinutes: 90 })
    await push.send({ id: "3", validMinutes: 1_000_000 })
    expect(service.ledger.map(({ ttl, urgency }) => [ttl, urgency])).toEqual([[0, "high"], [5_400, "high"], [28 * 86_400, "high"]])
  })

  test("repeated takes the place of the first, at the service by its topic and on the device by its tag; others stand beside it", async () => {
    await using push = await connected({ title: "Аптека" })
    await push.send({ text: "first" })
    await push.send({ text: "again" })
    await push.send({ id: "o-1:closed:4" })
    expect(service.ledger.map(({ text }) => text)).toEqual(["again", "Заказ 1042 собран"])
    expect(new Set(service.ledger.map(({ tag }) => tag)).size).toBe(2)
  })

  test("as large as services take goes out, and not one byte more", async () => {
    await using push = await connected({ title: "А" })
    const text = "x".repeat(LONGEST - Buffer.byteLength(JSON.stringify({ title: "А", body: "", lang: "ru", tag: topicOf("o-1:assembled:3") })))
    await push.send({ text })
    expect(service.ledger).toHaveLength(1)
    expect(await push.fails({ text: `${text}x` })).toMatchObject({ outcome: "rejected", message: expect.stringContaining("too large") as string })
    expect(service.calls).toHaveLength(1)
  })
})

describe("SMS-2: what the push service answers", () => {
  test.each<[number, object]>([
    [400, { outcome: "rejected" }], [401, { outcome: "unavailable", because: "gateway", retryAfterMs: 120_000 }], [403, { outcome: "rejected", because: "gateway" }],
    [404, { outcome: "rejected", because: "addressGone" }], [410, { outcome: "rejected", because: "addressGone" }], [413, { outcome: "rejected" }],
    [429, { outcome: "unavailable", retryAfterMs: 120_000 }], [503, { outcome: "unavailable", retryAfterMs: 120_000 }],
    [200, { outcome: "unknown" }], [302, { outcome: "unknown" }], [500, { outcome: "unknown" }], [502, { outcome: "unknown" }]
  ])("%s", async (status, expected) => {
    await using push = await connected()
    service.answer(status, { "retry-after": "120" })
    const error = await push.fails()
    const { because, outcome, retryAfterMs } = error
    expect({ because, outcome, retryAfterMs }).toEqual({ because: undefined, retryAfterMs: undefined, ...expected })
    expect(error.message).not.toContain(device.endpoint)
  })

  test("a subscription that the buyer has ended is gone, and so is one that the service never had", async () => {
    await using push = await connected()
    service.unsubscribe(device)
    expect(await push.fails()).toMatchObject({ outcome: "rejected", because: "addressGone", message: expect.stringContaining("subscription gone") as string })
    const strange = { ...device, endpoint: device.endpoint.replace("device-1", "device-9") }
    expect(await push.fails({ to: JSON.stringify(strange) })).toMatchObject({ outcome: "rejected", because: "addressGone" })
  })

  test("a service that knows the app by another key does not take the hub for it", async () => {
    const { vapid } = pushServiceSimulator().config
    await using push = await connected({ vapid })
    expect(await push.fails()).toMatchObject({ outcome: "rejected", because: "gateway" })
    expect(service.ledger).toEqual([])
  })
})

describe("SMS-2: addresses come from anybody", () => {
  test.each([
    "https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/x", "https://web.push.apple.com/x",
    "https://sg2p.notify.windows.com/w/?token=x"
  ])("%s is called", (endpoint) => expect(isServed(new URL(endpoint), KNOWN_SERVICES)).toBe(true))

  test.each([
    "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x", "https://fcm.googleapis.com.evil.example/x", "https://evilpush.apple.com/x",
    "https://push.apple.com/x", "https://user@fcm.googleapis.com/x", "https://127.0.0.1/x", "https://169.254.169.254/latest", "file:///etc/passwd"
  ])("%s is not", async (endpoint) => {
    expect(isServed(new URL(endpoint), KNOWN_SERVICES)).toBe(false)
    await using push = await connected({ services: [...KNOWN_SERVICES] as [string] })
    const error = await push.fails({ to: JSON.stringify({ ...device, endpoint }) })
    expect(error).toMatchObject({ outcome: "rejected" })
    expect(error.message).not.toContain(endpoint)
    expect(service.calls).toEqual([])
  })

  const keys = (over: object) => ({ keys: { ...device.keys, ...over } })
  test.each([
    ["no JSON", () => "subscription"], ["null", () => "null"], ["no keys", () => JSON.stringify({ endpoint: device.endpoint })],
    ["a key that is too short", () => JSON.stringify({ ...device, ...keys({ auth: "abc" }) })],
    ["a key that is no point of the curve", () => JSON.stringify({ ...device, ...keys({ p256dh: Buffer.alloc(65, 4).toString("base64url") }) })],
    ["an endpoint that is no address", () => JSON.stringify({ ...device, endpoint: "device" })]
  ])("%s is no subscription: rejected, and nobody is asked", async (_, to) => {
    await using push = await connected()
    const error = await push.fails({ to: to() })
    expect(error).toMatchObject({ outcome: "rejected" })
    expect(error.message).not.toContain(device.keys.auth)
    expect(service.calls).toEqual([])
  })

  test.each([[{ kind: "sms" as const }], [{ kind: "email" as const }], [{ text: " " }]])("%j is no push message: rejected", async (over) => {
    await using push = await connected()
    expect(await push.fails(over)).toMatchObject({ outcome: "rejected" })
    expect(service.calls).toEqual([])
  })
})

describe("SMS-2: the keys of the hub", () => {
  const other = () => {
    const curve = createECDH("prime256v1")
    return curve.generateKeys("base64url")
  }
  test.each([
    ["keys that are no pair", () => ({ publicKey: other() }), /no pair/u],
    ["a private key that is none", () => ({ privateKey: "A".repeat(43) }), /no key of P-256/u],
    ["a public key that is too short", () => ({ publicKey: "abc" }), /87 letters/u],
    ["a subject that nobody can write to", () => ({ subject: "Аптека" }), /mailto/u]
  ])("%s stop the hub from starting, and the private key is in no error", async (_, over, words) => {
    const vapid = { ...service.config.vapid, ...over() }
    await expect(connected({ vapid })).rejects.toThrow(words)
    await expect(connected({ vapid })).rejects.not.toThrow(vapid.privateKey)
  })

  test.each([["*"], ["fcm.googleapis.com/x"], ["ftp://x"], [""]])("%j is no push service: stops the hub from starting", async (name) => {
    await expect(connected({ services: [name] })).rejects.toThrow(/services/u)
  })
})
