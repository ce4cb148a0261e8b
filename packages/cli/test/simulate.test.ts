import { oneCOData, oneCODataPort } from "@aptekit/adapter-1c"
import { emailMessages } from "@aptekit/adapter-email"
import * as geo from "@aptekit/adapter-geo"
import { testHouses } from "@aptekit/adapter-geo/testing"
import * as sms from "@aptekit/adapter-sms"
import { webPushMessages } from "@aptekit/adapter-webpush"
import { type AdapterInstance, createHub, distanceMatrixPort, geocodingPort, messagesPort } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"
import { openDoor } from "../src/door.ts"
import { simulate, type SimulatorName, SIMULATORS } from "../src/index.ts"

type Make = (config: never) => AdapterInstance

const MESSAGES = {
  smsc: sms.smscMessages,
  smsru: sms.smsruMessages,
  mobizon: sms.mobizonMessages,
  infobip: sms.infobipMessages,
  turbosms: sms.turbosmsMessages,
  smpp: sms.smppMessages
} as const satisfies Partial<Record<SimulatorName, Make>>

const GEOCODERS = {
  "yandex-geocoder": geo.yandexGeocoder,
  "2gis-geocoder": geo.twoGisGeocoder,
  nominatim: geo.nominatim
} as const satisfies Partial<Record<SimulatorName, Make>>

const MATRICES = {
  "yandex-matrix": geo.yandexMatrix,
  "2gis-matrix": geo.twoGisMatrix,
  osrm: geo.osrmMatrix
} as const satisfies Partial<Record<SimulatorName, Make>>

const entries = (of: Readonly<Partial<Record<SimulatorName, Make>>>) =>
  Object.entries(of) as ReadonlyArray<[SimulatorName, Make]>

const message = { id: "o-1:assembled:3", to: "+77010000042", text: "Заказ 1 собран", language: "ru", kind: "sms" } as const
const { town, street, house, lat } = testHouses[0]!
const address = `г. ${town}, ${street}, ${house}`

const hubOf = (make: Make, config: object) =>
  createHub({ storage: memoryStorage(), jobs: false, adapters: [make(config as never)] })

const get = async (url: string): Promise<any> => (await fetch(url)).json()
const send = (method: string, url: string, body?: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })

test("SDK-3: every simulator is tried below", () => {
  const tried = [...Object.keys(MESSAGES), ...Object.keys(GEOCODERS), ...Object.keys(MATRICES), "email", "web-push", "1c-odata"]
  expect(tried.toSorted()).toEqual(Object.keys(SIMULATORS).toSorted())
})

describe("SDK-3: a simulator as a process has what the partner has", () => {
  test.for(entries(MESSAGES))("%s takes a message, and its ledger shows it", async ([name, make]) => {
    await using partner = await simulate({ name })
    await using hub = await hubOf(make, partner.config)
    await hub.port(messagesPort).send(message)
    const { ledger } = await get(`${partner.control}/ledger`)
    expect(ledger).toMatchObject([{ phone: "77010000042", text: message.text }])
  })

  test("email takes a letter, and its ledger shows it", async () => {
    await using partner = await simulate({ name: "email" })
    await using hub = await hubOf(emailMessages, partner.config)
    await hub.port(messagesPort).send({ ...message, kind: "email", to: "aigerim@example.test", subject: "Заказ 1" })
    expect(await get(`${partner.control}/ledger`)).toMatchObject({ ledger: [{ subject: "Заказ 1", text: message.text }] })
  })

  test.for(["127.0.0.1", "localhost"])("web-push takes a message for a browser that has subscribed at %s, opens it, and tells when the browser has gone", async (host) => {
    await using partner = await simulate({ name: "web-push" })
    await using hub = await hubOf(webPushMessages, partner.config)
    const { services } = partner.config as { readonly services: ReadonlyArray<string> }
    const origin = services.find((one) => new URL(one).hostname === host)!
    const subscription = (await (await send("POST", `${origin}/subscriptions`)).json()) as { readonly endpoint: string }
    const push = { ...message, kind: "push", to: JSON.stringify(subscription), subject: "Заказ 1" } as const
    await hub.port(messagesPort).send(push)
    expect(await get(`${partner.control}/ledger`)).toMatchObject({ ledger: [{ title: "Заказ 1", text: message.text }] })
    expect((await send("DELETE", subscription.endpoint)).status).toBe(204)
    await expect(hub.port(messagesPort).send(push)).rejects.toMatchObject({ outcome: "rejected", because: "addressGone" })
  })

  test.for(entries(GEOCODERS))("%s finds a house", async ([name, make]) => {
    await using partner = await simulate({ name })
    await using hub = await hubOf(make, partner.config)
    const { candidates } = await hub.port(geocodingPort).geocode({ address })
    expect(candidates[0]?.point.lat).toBeCloseTo(lat, 4)
    expect(await get(`${partner.control}/ledger`)).toMatchObject({ ledger: [{ address }] })
  })

  test.for(entries(MATRICES))("%s measures a way", async ([name, make]) => {
    await using partner = await simulate({ name })
    await using hub = await hubOf(make, partner.config)
    const [from, to] = testHouses.map(({ lat, lon }) => ({ lat, lon }))
    const { cells } = await hub.port(distanceMatrixPort).matrix({ from: [from!], to: [to!] })
    expect(cells[0]?.[0]?.metres).toBeGreaterThan(0)
    expect(await get(`${partner.control}/ledger`)).toMatchObject({ ledger: [{ from: 1, to: 1 }] })
  })

  test("1c-odata answers with the tables it was given", async () => {
    const fields = { Ref_Key: "Guid", Description: "String" }
    const rows = [{ Ref_Key: "0a0e8c1e-0000-4000-8000-000000000042", Description: "Товар" }]
    await using partner = await simulate({ name: "1c-odata", data: { Catalog_Номенклатура: { fields, rows } } })
    const { url, login, password } = partner.config as Record<string, string>
    const headers = { authorization: `Basic ${Buffer.from(`${login}:${password}`).toString("base64")}` }
    const answer = await fetch(`${url}/Catalog_${encodeURIComponent("Номенклатура")}?$format=json`, { headers })
    expect(await answer.json()).toMatchObject({ value: [{ Description: "Товар" }] })
  })
})

describe("SDK-3: faults over real connections end as the partner's own would", () => {
  test("down is a refused connection, until it is mended on the same port", async () => {
    await using partner = await simulate({ name: "smsc", fault: { fault: "down" } })
    await using hub = await hubOf(sms.smscMessages, partner.config)
    await expect(hub.port(messagesPort).send(message)).rejects.toMatchObject({ outcome: "unavailable" })
    expect((await send("DELETE", `${partner.control}/fault`)).status).toBe(200)
    await hub.port(messagesPort).send(message)
    expect(await get(`${partner.control}/ledger`)).toMatchObject({ ledger: [{ text: message.text }] })
  })

  test.each([["dropAfter", "unknown", 1], ["garbled", "unknown", 1], ["refuses", "rejected", 0]] as const)(
    "%s ends as %s, long before the hub gives up",
    { timeout: 5_000 },
    async (fault, outcome, done) => {
      await using partner = await simulate({ name: "infobip" })
      await using hub = await hubOf(sms.infobipMessages, partner.config)
      expect((await send("PUT", `${partner.control}/fault`, { fault, times: 1 })).status).toBe(200)
      expect(await get(partner.control)).toMatchObject({ name: "infobip", fault: { fault, times: 1 } })
      await expect(hub.port(messagesPort).send(message)).rejects.toMatchObject({ outcome })
      expect((await get(`${partner.control}/ledger`)).ledger).toHaveLength(done)
    }
  )

  test("slow holds the call until it is mended", async () => {
    await using partner = await simulate({ name: "turbosms", fault: { fault: "slow" } })
    await using hub = await hubOf(sms.turbosmsMessages, partner.config)
    const sending = hub.port(messagesPort).send(message)
    await expect.poll(async () => (await get(`${partner.control}/ledger`)).calls.length).toBe(1)
    await send("DELETE", `${partner.control}/fault`)
    expect((await sending).providerId).not.toBe("")
  })

  test("messages are ended from outside, and the adapter hears of it", async () => {
    await using partner = await simulate({ name: "mobizon" })
    await using hub = await hubOf(sms.mobizonMessages, partner.config)
    const { providerId } = await hub.port(messagesPort).send(message)
    await send("POST", `${partner.control}/settle`, { state: "delivered" })
    const status = await hub.port(messagesPort).status({ providerId, to: message.to })
    expect(status).toMatchObject({ state: "delivered" })
  })
})

describe("SMS-1: a simulated gateway tells the hub by itself what became of its message", () => {
  const serve = async (http: (request: Request) => Promise<Response>) => {
    const door = await openDoor(http, 0)
    return { to: `${door.origin}/exchange/sms`, [Symbol.asyncDispose]: door.shut }
  }
  const open = async (name: SimulatorName, make: Make) => {
    const partner = await simulate({ name })
    const hub = await createHub({ storage: memoryStorage(), jobs: false, adapters: [make(partner.config as never)] })
    return {
      partner, hub,
      report: (body: object) => send("POST", `${partner.control}/report`, body),
      [Symbol.asyncDispose]: async () => {
        await hub.close()
        await partner[Symbol.asyncDispose]()
      }
    }
  }

  test.for(entries(MESSAGES).filter(([name]) => name !== "smpp"))("%s by its webhook; a forged one is not believed", async ([name, make]) => {
    await using world = await open(name, make)
    await using entrance = await serve([...world.hub.entrances.values()][0]!)
    expect((await world.report({ to: entrance.to })).status).toBe(409)
    await world.hub.port(messagesPort).send(message)
    const told = await (await world.report({ to: entrance.to, state: "delivered" })).json()
    expect(told).toMatchObject({ status: 200 })
    const forged = await (await world.report({ to: entrance.to, forged: true })).json()
    expect(forged).not.toMatchObject({ status: 200 })
  })

  test("smpp on the link that the hub has opened", async () => {
    await using world = await open("smpp", MESSAGES.smpp)
    await world.hub.port(messagesPort).send(message)
    expect(await (await world.report({ state: "delivered" })).json()).toEqual({ answers: [0] })
  })

  test("a hub that is not there, a word that is none and a partner without reports are told", async () => {
    await using world = await open("smsc", MESSAGES.smsc)
    await world.hub.port(messagesPort).send(message)
    const away = await world.report({ to: "http://127.0.0.1:1/exchange/sms" })
    expect([away.status, await away.text()]).toEqual([502, expect.stringContaining("did not reach the hub")])
    const wrong = await world.report({ to: "file:///etc/passwd" })
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining("the entrance")])
    await using osrm = await simulate({ name: "osrm" })
    expect((await send("POST", `${osrm.control}/report`, {})).status).toBe(404)
  })
})

describe("SDK-3: 1c-odata goes wrong as only 1C does", () => {
  const hubOn = (config: object) =>
    createHub({
      storage: memoryStorage(), jobs: false,
      adapters: [oneCOData({
        ...config as { url: string; login: string; password: string }, zone: "Asia/Almaty", backoffMs: 1,
        every: { catalogue: 0, stock: 0, prices: 0, sales: 0 }
      }, { id: "1c-odata" })]
    })
  const read = (hub: Awaited<ReturnType<typeof hubOn>>) => hub.port(oneCODataPort).sync({ kind: "catalogue" })

  test("without data it is a base that a connection can read", async () => {
    await using partner = await simulate({ name: "1c-odata" })
    await using hub = await hubOn(partner.config)
    expect(await read(hub)).toMatchObject({ state: "done", error: null })
  })

  test.each([["html", /не XML/u], ["busy", /HTTP 503/u]] as const)("%s until it is mended", async (fault, said) => {
    await using partner = await simulate({ name: "1c-odata", fault: { fault } })
    await using hub = await hubOn(partner.config)
    expect((await read(hub)).error).toMatch(said)
    await send("DELETE", `${partner.control}/fault`)
    expect(await read(hub)).toMatchObject({ state: "done" })
  })

  test.each(["stale", "refuseSession", "deaf", "shift"])("%s once: the reading goes on", async (fault) => {
    await using partner = await simulate({ name: "1c-odata" })
    await using hub = await hubOn(partner.config)
    expect((await send("PUT", `${partner.control}/fault`, { fault, times: 1 })).status).toBe(200)
    expect(await read(hub)).toMatchObject({ state: "done" })
  })

  test.each(["business", "conflict"])("%s is a switch", async (fault) => {
    await using partner = await simulate({ name: "1c-odata", fault: { fault, times: 2 } })
    expect(await get(partner.control)).toMatchObject({ fault: { fault, times: 2 } })
  })
})

describe("SDK-3: the switches refuse what they do not understand", () => {
  test.each([
    ["a fault of no such name", "PUT", "/fault", { fault: "tired" }, 400, /slow, down/u],
    ["a fault that only another partner has", "PUT", "/fault", { fault: "stale" }, 400, /slow, down/u],
    ["a count of none", "PUT", "/fault", { fault: "slow", times: 0 }, 400, /1 or more/u],
    ["down for a few calls", "PUT", "/fault", { fault: "down", times: 2 }, 400, /until it is mended/u],
    ["messages of a partner that has none", "POST", "/settle", { state: "delivered" }, 404, /no messages/u]
  ])("%s", async (_, method, path, body, status, said) => {
    await using partner = await simulate({ name: "osrm" })
    const answer = await send(method, `${partner.control}${path}`, body)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toMatch(said)
    expect(await get(partner.control)).toMatchObject({ fault: null })
  })

  test("a page in a browser turns none", async () => {
    await using partner = await simulate({ name: "osrm" })
    const answer = await send("PUT", `${partner.control}/fault`, { fault: "slow" }, { origin: "http://evil.example" })
    expect(answer.status).toBe(403)
    expect(await get(partner.control)).toMatchObject({ fault: null })
  })
})
