import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { Webhook } from "standardwebhooks"
import { afterAll, expect, test, vi } from "vitest"
import { isPublic, webhookSender } from "../src/webhooks.ts"
import { type ApiDocument, contract } from "./support/contract.ts"
import { type KeyName, type Order, problem, useServer } from "./support/server.ts"

interface Heard {
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: {
    readonly type: string
    readonly data: { readonly seq: number; readonly version: number; readonly order: { readonly id: string; readonly status: string } }
  }
}

/** A channel's own server: takes deliveries down, and answers as it is told. */
class Receiver {
  readonly heard: Array<Heard> = []
  answer: (one: Heard) => { status: number; body?: string; headers?: Record<string, string> } = () => ({ status: 204 })
  #server: Server | undefined
  port = 0

  async open(): Promise<void> {
    this.#server = createServer((request, response) => {
      const parts: Array<Buffer> = []
      request.on("data", (part: Buffer) => parts.push(part))
      request.on("end", () => {
        const text = Buffer.concat(parts).toString()
        const one: Heard = { headers: request.headers, text, body: JSON.parse(text) }
        this.heard.push(one)
        const { status, body, headers } = this.answer(one)
        response.writeHead(status, headers ?? {})
        response.end(body)
      })
    })
    await new Promise<void>((resolve) => this.#server!.listen(this.port, "127.0.0.1", resolve))
    this.port = (this.#server.address() as AddressInfo).port
  }
  async close(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
  }
  of(order: { readonly id: string }): ReadonlyArray<Heard> {
    return this.heard.filter(({ body }) => body.data.order?.id === order.id)
  }
}

const receiver = new Receiver()
await receiver.open()
afterAll(() => receiver.close())
const server = await useServer({ jobs: true, webhooks: { allowPrivate: true } })
const { call } = server
const conforms = contract((await (await fetch(`${server.url}/openapi.json`)).json()) as ApiDocument)
const SOON = { timeout: 15_000, interval: 50 }

interface Put {
  readonly items: ReadonlyArray<{ readonly id: string; readonly webhook: { readonly secrets: number; readonly stopped: string | null } | null }>
  readonly newSecrets: Readonly<Record<string, string>>
}
const put = async (webhook: unknown, id = "shop"): Promise<Put> => {
  const channel = { id, name: id, active: true, priceType: "retail", currency: "KZT", ...(webhook === undefined ? {} : { webhook }) }
  const response = await call("admin", "PUT", "/channels", { channels: [channel] })
  expect(response.status).toBe(200)
  expect(await conforms("PUT", "/channels", response.clone())).toEqual([])
  return (await response.json()) as Put
}
const url = `http://127.0.0.1:${receiver.port}/hook`
const { newSecrets } = await put({ url })
const secret = newSecrets["shop"]!
const verified = ({ text, headers }: Heard, key = secret): unknown => new Webhook(key).verify(text, headers as Record<string, string>)

const accept = (order: Order) => server.command(order, "accept")

test("R-ORD-13: a channel is told of each change of its order, signed, in order, without who the buyer is", async () => {
  const order = await server.order()
  expect((await accept(order)).status).toBe(200)
  await vi.waitFor(() => expect(receiver.of(order).at(-1)?.body.data.order.status).toBe("accepted"), SOON)
  const heard = receiver.of(order)
  for (const one of heard) {
    expect(verified(one)).toEqual(one.body)
    expect(() => verified({ ...one, text: one.text.replace("accepted", "closed").replace("assigned", "closed") })).toThrow()
    expect(one.text).not.toMatch(/Айгерім|Сәрсенова|7010000001/u)
  }
  const versions = heard.map(({ body }) => body.data.version)
  expect(versions).toEqual([...versions].sort((a, b) => a - b))
  expect(heard.at(-1)!.body.data.seq).toBeGreaterThan(0)
  // What another channel's order does is not this one's.
  const other = await server.order({ channel: "app" }, "app")
  await accept(await server.order())
  await vi.waitFor(() => expect(receiver.heard.length).toBeGreaterThan(heard.length + 1), SOON)
  expect(receiver.of(other)).toEqual([])
})

test("R-OPS-1: a receiver that names a time is left alone until then, by its whole lane", async () => {
  const at: Array<number> = []
  receiver.answer = () => (at.push(Date.now()), at.length === 1 ? { status: 429, headers: { "retry-after": "5" } } : { status: 204 })
  const order = await server.order()
  const rests = async () =>
    ((await (await call("admin", "GET", "/lanes")).json()) as { items: ReadonlyArray<{ lane: string; restsUntil: string | null }> })
      .items.some(({ restsUntil }) => restsUntil !== null)
  await vi.waitFor(async () => expect(await rests()).toBe(true), SOON)
  const other = await server.order()
  await vi.waitFor(() => expect([receiver.of(order).length, receiver.of(other).length]).toEqual([2, 1]), SOON)
  expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(4_900)
  receiver.answer = () => ({ status: 204 })
})

test("R-ORD-13, P6: a delivery whose answer failed comes again under its own id; what follows it waits", async () => {
  receiver.answer = ({ body }) => ({ status: receiver.of(body.data.order).length <= 2 ? 503 : 200 })
  const order = await server.order()
  await accept(order)
  await vi.waitFor(() => expect(receiver.of(order).at(-1)?.body.data.order.status).toBe("accepted"), SOON)
  await vi.waitFor(async () => expect((await waiting()).length).toBe(0), SOON)
  receiver.answer = () => ({ status: 204 })
  const ids = receiver.of(order).map(({ headers }) => headers["webhook-id"])
  expect(ids.length).toBeGreaterThan(new Set(ids).size)
  expect(ids.slice(0, 3)).toEqual([ids[0], ids[0], ids[0]])
  expect(ids).toEqual([...ids].sort((a, b) => Number(a!.toString().split(":")[2]) - Number(b!.toString().split(":")[2])))
  for (const one of receiver.of(order)) verified(one)
})

const waiting = async (): Promise<ReadonlyArray<unknown>> =>
  ((await (await call("admin", "GET", "/outbox?state=waiting")).json()) as { items: ReadonlyArray<unknown> }).items

test("R-ORD-13, P6: a receiver that was down is told everything when it is back", async () => {
  await receiver.close()
  const orders = [await server.order(), await server.order()]
  for (const order of orders) await accept(order)
  await vi.waitFor(async () => expect(JSON.stringify(await waiting())).toMatch(/ECONNREFUSED/u), SOON)
  await receiver.open()
  for (const order of orders) {
    await vi.waitFor(() => expect(receiver.of(order).at(-1)?.body.data.order.status).toBe("accepted"), SOON)
  }
})

test("R-OPS-3: secrets are never read back; one that changes is signed beside the old one", async () => {
  const text = JSON.stringify(await (await call("admin", "GET", "/channels")).json())
  expect(text).not.toContain("whsec_")
  for (const key of ["shop", "operator", "branch"] as const satisfies ReadonlyArray<KeyName>) {
    expect((await call(key, "GET", "/channels")).status).toBe(403)
  }
  const next = `whsec_${Buffer.alloc(32, 7).toString("base64")}`
  const changed = await put({ url, secrets: [next, secret] })
  expect([changed.newSecrets, changed.items[0]!.webhook!.secrets]).toEqual([{}, 2])
  // Left out: it stays as it is.
  expect((await put(undefined)).items[0]!.webhook!.secrets).toBe(2)
  const tested = await call("admin", "POST", "/channels/shop/webhook/test")
  expect(await conforms("POST", "/channels/shop/webhook/test", tested.clone())).toEqual([])
  expect(await tested.json()).toMatchObject({ outcome: "done", status: 204, error: null })
  const last = receiver.heard.at(-1)!
  expect(verified(last)).toEqual(verified(last, next))
  expect(last.body.type).toBe("test")
  expect((await problem(await call("admin", "POST", "/channels/app/webhook/test"))).status).toBe(404)
  await vi.waitFor(async () => {
    const log = await (await call("admin", "GET", "/exchange-log?connection=webhook:shop&limit=200")).text()
    expect(log).toContain("channel.status")
    expect(log).not.toContain("whsec_")
    expect(log).not.toContain("v1,")
    // Who asked for the test, by the label of the key (EXP-4).
    expect(log).toContain("\"workplace\":\"root\"")
  }, SOON)
})

test.each([
  ["http://shop.example/hook"], ["https://user:word@shop.example/hook"], ["ftp://127.0.0.1/x"], ["nonsense"]
])("R-OPS-3: a webhook does not go to %s", async (wrong) => {
  const channel = { id: "shop", name: "shop", active: true, priceType: "retail", currency: "KZT", webhook: { url: wrong } }
  const refused = await problem(await call("admin", "PUT", "/channels", { channels: [channel] }))
  expect([refused.status, refused.errors!.map(({ path }) => path)]).toEqual([422, ["channels[0].webhook.url"]])
})

test("R-ORD-13: 410 stops the webhook, visibly, until it is put again; 4xx is not repeated", async () => {
  receiver.answer = () => ({ status: 404 })
  const lost = await server.order()
  await vi.waitFor(() => expect(receiver.of(lost)).toHaveLength(1), SOON)
  await vi.waitFor(async () => expect(await waiting()).toEqual([]), SOON)
  receiver.answer = () => ({ status: 410 })
  const order = await server.order()
  await vi.waitFor(() => expect(receiver.of(order)).toHaveLength(1), SOON)
  const channels = async () => ((await (await call("admin", "GET", "/channels")).json()) as Put).items
  await vi.waitFor(async () => expect((await channels()).find(({ id }) => id === "shop")!.webhook!.stopped).toMatch(/410/u), SOON)
  receiver.answer = () => ({ status: 204 })
  await accept(order)
  const after = await server.order()
  await put({ url })
  await accept(after)
  await vi.waitFor(() => expect(receiver.of(after).length).toBeGreaterThan(0), SOON)
  expect(receiver.of(order)).toHaveLength(1)
  expect([receiver.of(lost).length, receiver.of(after)[0]!.body.data.order.status]).toEqual([1, "accepted"])
})

const delivery = { id: "d-1", at: Date.now(), secrets: [secret], body: "{}" }

test("R-OPS-3: nothing private is reached: by address, by name, by a redirect", async () => {
  const strict = webhookSender()
  for (const host of ["127.0.0.1", "[::1]", "10.1.2.3", "169.254.169.254", "[::ffff:127.0.0.1]", "localhost", "0x7f.1"]) {
    const refused: unknown = await strict({ ...delivery, url: `http://${host}:${receiver.port}/` }).catch((error: unknown) => error)
    expect([host, refused]).toMatchObject([host, { outcome: "rejected" }])
  }
  const seen = receiver.heard.length
  receiver.answer = () => ({ status: 302, headers: { location: url } })
  expect(await webhookSender({ allowPrivate: true })({ ...delivery, url })).toMatchObject({ status: 302 })
  expect(receiver.heard.length).toBe(seen + 1)
  receiver.answer = () => ({ status: 200, body: "x".repeat(5_000_000) })
  const long = await webhookSender({ allowPrivate: true })({ ...delivery, url })
  expect([long.status, long.text.length]).toEqual([200, 16 * 1024])
})

test("R-OPS-3: a receiver that never answers is given up, and nobody knows whether it heard", async () => {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
  const { port } = silent.address() as AddressInfo
  const slow = webhookSender({ allowPrivate: true, timeoutMs: 100 })
  await expect(slow({ ...delivery, url: `http://127.0.0.1:${port}` })).rejects.toMatchObject({ outcome: "unknown" })
  silent.closeAllConnections()
  silent.close()
  await expect(slow({ ...delivery, url: `http://127.0.0.1:${port}` })).rejects.toMatchObject({ outcome: "unavailable" })
})

test.each([
  ["8.8.8.8", true], ["2606:4700::1111", true], ["::ffff:8.8.8.8", true],
  ["192.168.1.1", false], ["172.31.0.1", false], ["100.64.0.1", false], ["::", false], ["fd00::1", false], ["fe80::1", false],
  ["64:ff9b::7f00:1", false], ["::ffff:7f00:1", false], ["localhost", false]
])("R-OPS-3: %s is public: %s", (address, expected) => {
  expect(isPublic(address)).toBe(expected)
})
