import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { OneCClient } from "@aptekit/adapter-1c/testing"
import { afterEach, beforeEach, expect, test } from "vitest"
import { type Child, run } from "./support/child.ts"
import { bigCatalogue, bigOffers, goodsIds } from "./support/one-c-files.ts"

const MAIN = join(import.meta.dirname, "../src/main.ts")
const WALK = join(import.meta.dirname, "../src/demo/walk.ts")

let cwd = ""
let children: Array<Child> = []
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "aptekit-start-"))
  children = []
})
afterEach(() => {
  for (const child of children) child.process.kill("SIGKILL")
  rmSync(cwd, { recursive: true, force: true })
})

const start = async (env: Record<string, string> = {}) => {
  const child = run(MAIN, { cwd, env: { PORT: "0", ...env } })
  children.push(child)
  const [, url] = await child.until(/running: (http\S+)/u)
  return { child, url: url! }
}

test("R-OPS-2: R-SDK-4: npm start in an empty folder: a demo network, its keys once, health and an order", async () => {
  const { child, url } = await start()
  const [, key] = await child.until(/channel\s+demo-shop\s+(apt_\S+)/u)
  expect([(await fetch(`${url}/healthz`)).status, (await fetch(`${url}/readyz`)).status]).toEqual([200, 200])
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }
  const branches = (await (await fetch(`${url}/api/v1/branches`, { headers })).json()) as {
    items: ReadonlyArray<unknown>
  }
  expect(branches.items.length).toBe(17)
  const order = await fetch(`${url}/api/v1/orders`, {
    method: "POST",
    headers,
    body: JSON.stringify({
      channel: "shop",
      externalId: "1",
      customer: { name: "Айгерим", phone: "87010000001" },
      delivery: { type: "pickup", branchId: "b02" },
      lines: [{ productId: "p00001", quantity: 1 }],
      payment: { method: "cash" }
    })
  })
  const { id } = (await order.json()) as { id: string }
  expect(order.status).toBe(201)
  child.process.kill("SIGTERM")
  expect(await child.exit).toBe(0)

  const again = await start()
  const read = await fetch(`${again.url}/api/v1/orders/${id}`, { headers })
  expect(read.status).toBe(200)
  expect(again.child.output()).not.toMatch(/apt_|Айгерим|8701/u)
  again.child.process.kill("SIGINT")
  expect(await again.child.exit).toBe(0)
})

test("R-SDK-4: R-STK-1: the hub of npm start takes 1C's files by a thread from its sources", async () => {
  const { child, url } = await start({ APTEKIT_ADMIN_KEY: "an-admin-key-of-a-test" })
  const [, password] = await child.until(/login 1c\s+password (\S+)/u)
  await new OneCClient({ url: `${url}/exchange/1c`, login: "1c", password: password! }).exchange([bigCatalogue(), bigOffers()])
  const headers = { authorization: "Bearer an-admin-key-of-a-test" }
  const seen = await (await fetch(`${url}/api/v1/stock?productId=${goodsIds[1]}`, { headers })).json() as { items: ReadonlyArray<unknown> }
  expect(seen.items).toContainEqual(expect.objectContaining({ branchId: "moscow", available: 7 }))
  child.process.kill("SIGTERM")
  expect(await child.exit).toBe(0)
})

test("R-OPS-1: SIGTERM ends live feeds, lets the running request finish and exits 0", async () => {
  const { child, url } = await start({ APTEKIT_ADMIN_KEY: "an-admin-key-of-a-test" })
  const headers = { authorization: "Bearer an-admin-key-of-a-test", "content-type": "application/json" }
  const feed = await fetch(`${url}/api/v1/events`, { headers })
  const answer = new Promise<number>((resolve, reject) => {
    const running = request(
      `${url}/api/v1/stock`,
      { method: "PUT", headers: { ...headers, expect: "100-continue" } },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }
    )
    running.on("error", reject)
    // Only when the server has taken the request is the signal a test.
    running.once("continue", () => {
      child.process.kill("SIGTERM")
      child
        .until(/finishing what runs/u)
        .then(() => running.end('{"rows":[{"productId":"p00001","branchId":"b02","quantity":77}]}'), reject)
    })
    running.flushHeaders()
  })
  expect(await feed.text()).toContain("retry: 2000")
  expect(await answer).toBe(200)
  expect(await child.exit).toBe(0)
  await expect(fetch(`${url}/healthz`)).rejects.toThrow()
})

test("R-SDK-4: wrong settings stop the start with what, where and what to do, and exit 1", async () => {
  writeFileSync(join(cwd, "aptekit.config.ts"), "export default { port: 'eighty', storrage: {} }")
  const child = run(MAIN, { cwd, env: {} })
  children.push(child)
  expect(await child.exit).toBe(1)
  expect(child.output()).toMatch(/aptekit\.config\.ts is wrong/u)
  expect(child.output()).toMatch(/port: /u)
  expect(child.output()).toMatch(/storrage: /u)
})

test("R-OPS-2: npm run demo tells two orders from shop to register and leaves nothing behind", async () => {
  const child = run(WALK, { cwd, env: { TMPDIR: cwd } })
  children.push(child)
  expect([await child.exit, child.output()]).toEqual([0, expect.any(String)])
  expect(child.output().match(/Итог: заказ \d+ — закрыт/gu)).toHaveLength(2)
  expect(child.output()).toContain("ближайшая из тех, где всё есть с запасом")
  expect(readdirSync(cwd)).toEqual([])
})
