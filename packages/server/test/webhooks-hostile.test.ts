import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test, vi } from "vitest"
import { isPublic, webhookSender } from "../src/webhooks.ts"
import { useServer } from "./support/server.ts"

const SOON = { timeout: 15_000, interval: 20 }
const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`
const opened: Array<Server> = []
afterAll(() => opened.forEach((one) => (one.closeAllConnections(), one.close())))

const listen = async (server: Server): Promise<number> => {
  opened.push(server)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return (server.address() as AddressInfo).port
}
const receiver = async (answer: RequestListener): Promise<string> => `http://127.0.0.1:${await listen(createServer(answer))}/hook`

const delivery = { id: "m:1", at: Date.now(), secrets: [SECRET], body: "{}" }
const send = (url: string, timeoutMs = 500) => webhookSender({ allowPrivate: true, timeoutMs })({ ...delivery, url })

test("R-ORD-13: a receiver has answered when its status is there, however its body ends", async () => {
  const drips = await receiver((_, response) => void response.writeHead(204 + 1, { "retry-after": "7" }).write("still talk"))
  expect(await send(drips)).toEqual({ status: 205, text: "still talk", retryAfter: "7" })
  const breaks = await receiver((_, response) => {
    response.writeHead(410, { "content-length": "100" }).write("gone", () => response.destroy())
  })
  expect(await send(breaks)).toMatchObject({ status: 410, text: "gone" })
})

test("D27: what broke off after the body went may have arrived; a certificate that nobody trusts means that nothing went", async () => {
  const resets = await receiver((request) => void request.on("end", () => request.socket.resetAndDestroy()).resume())
  await expect(send(resets)).rejects.toMatchObject({ outcome: "unknown", message: "no answer: ECONNRESET" })
  const folder = mkdtempSync(join(tmpdir(), "aptekit-webhook-"))
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
    const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-keyout", key, "-out", cert]
    execFileSync("openssl", made, { stdio: "ignore" })
    let heard = 0
    const secure = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, () => void heard++)
    const url = `https://127.0.0.1:${await listen(secure)}/hook`
    await expect(send(url)).rejects.toMatchObject({ outcome: "unavailable", message: "no answer: DEPTH_ZERO_SELF_SIGNED_CERT" })
    expect(heard).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each(["fec0::1", "::ffff:0:127.0.0.1", "::1%lo", "127.1", "0x7f.1", "2002:7f00:1::", "fe80::1%eth0"])(
  "R-OPS-3: %s is no public address",
  (address) => expect(isPublic(address)).toBe(false)
)

test("R-OPS-3: an address in any spelling is no way around the look at it", async () => {
  const strict = webhookSender({ timeoutMs: 500 })
  const port = new URL(await receiver((_, response) => void response.end())).port
  for (const host of ["127.1", "2130706433", "0x7f000001", "017700000001", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost"]) {
    const refused: unknown = await strict({ ...delivery, url: `http://${host}:${port}/` }).catch((error: unknown) => error)
    expect([host, refused]).toMatchObject([host, { outcome: "rejected" }])
  }
})

const server = await useServer({ jobs: true, webhooks: { allowPrivate: true } })

interface Shown {
  readonly id: string
  readonly name: string
  readonly webhook: { readonly url: string; readonly stopped: string | null } | null
}
const channel = async (): Promise<Shown> => {
  const { items } = (await (await server.call("admin", "GET", "/channels")).json()) as { items: ReadonlyArray<Shown> }
  return items.find(({ id }) => id === "shop")!
}
const put = (name: string, url: string) =>
  server.call("admin", "PUT", "/channels", {
    channels: [{ id: "shop", name, active: true, priceType: "retail", currency: "KZT", webhook: { url, secrets: [SECRET] } }]
  })

test("R-ORD-13: an old address that says 410 neither stops the new one nor takes back what was put meanwhile", async () => {
  let [news, asked] = [0, 0]
  const fresh = await receiver((_, response) => (news++, void response.end()))
  // Settings change while the old address makes up its mind.
  const gone = await receiver((_, response) => {
    asked++
    void put("Новое имя", fresh).then(() => response.writeHead(410).end())
  })
  expect((await put("Старое имя", gone)).status).toBe(200)
  const order = await server.order()
  await vi.waitFor(() => expect(asked).toBe(1), SOON)
  await server.command(order, "accept")
  await vi.waitFor(() => expect(news).toBeGreaterThan(0), SOON)
  expect(await channel()).toMatchObject({ name: "Новое имя", webhook: { url: fresh, stopped: null } })
})

test("R-ORD-13: a channel that is renamed while its address says 410 is stopped under its new name", async () => {
  const gone: string = await receiver((_, response) => void put("Другое имя", gone).then(() => response.writeHead(410).end()))
  expect((await put("Имя", gone)).status).toBe(200)
  await server.order()
  await vi.waitFor(async () => expect((await channel()).webhook?.stopped).toMatch(/410 Gone/u), SOON)
  expect((await channel()).name).toBe("Другое имя")
})

test("R-OPS-2: the figures of a lane that is no more do not stand still", async () => {
  const gauge = async (text: string) =>
    (await (await fetch(`${server.url}/metrics`)).text()).split("\n").find((line) => line.startsWith(text))?.split(" ").at(-1)
  const breaker = "aptekit_lane_breaker{lane=\"webhook:shop\",state=\"closed\"}"
  await put("Имя", await receiver((_, response) => void response.end()))
  await vi.waitFor(async () => expect(await gauge(breaker)).toBe("1"), SOON)
  await server.call("admin", "PUT", "/channels", {
    channels: [{ id: "shop", name: "Имя", active: true, priceType: "retail", currency: "KZT", webhook: null }]
  })
  await vi.waitFor(async () => expect(await gauge(breaker)).toBe("0"), SOON)
})
