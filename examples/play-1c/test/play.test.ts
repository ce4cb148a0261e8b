import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { oneC } from "@aptekit/adapter-1c"
import { Network } from "@aptekit/core"
import { makeChannel } from "@aptekit/core/testing"
import { type RunningServer, startServer } from "@aptekit/server"
import { sqlite } from "@aptekit/storage-sql"
import { Effect } from "effect"
import { afterEach, beforeEach, expect, test } from "vitest"

const SCRIPT = join(import.meta.dirname, "../src/play.ts")
const PASSWORD = "пароль обмена"
const KEY = "key-of-an-administrator"
const PARACETAMOL = "5f0c1a20-7b1e-11ee-8a01-000000000001"
const BRANCH = "b6112590-41ba-11dd-ac9d-0015e9b8c402"

let folder = ""
let hub: RunningServer
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "aptekit-play-"))
  const config = { login: "1c", password: PASSWORD, zone: "Asia/Almaty", autoCreate: true, pollDelayMs: 100, orders: {} }
  hub = await startServer({
    storage: sqlite({ file: join(folder, "hub.db") }),
    host: "127.0.0.1",
    log: () => undefined,
    directory: (connection) => join(folder, connection),
    adapters: [oneC({ ...config, fileLimit: 2_000 }, { id: "1c" })],
    keys: [{ text: KEY, role: "admin", channelId: "shop", label: "root" }],
    prepare: (made) => made.run(Effect.flatMap(Network, (network) => network.save({ channels: [makeChannel("shop")] })))
  })
})
afterEach(async () => {
  await hub.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Played {
  readonly code: number
  readonly lines: ReadonlyArray<string>
}

/** Runs the player as a reader would. */
const play = (...args: ReadonlyArray<string>): Promise<Played> =>
  new Promise((resolve) => {
    const url = `http://127.0.0.1:${hub.port}/exchange/1c`
    const all = ["--conditions=@aptekit/source", SCRIPT, "--url", url, "--login", "1c", ...args]
    execFile(process.execPath, all, { timeout: 15_000, env: { ...process.env, APTEKIT_1C_PASSWORD: PASSWORD } }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), lines: `${stdout}${stderr}`.trimEnd().split("\n") }))
  })

const api = async (path: string, body?: object): Promise<Record<string, never>> => {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" }
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }
  const response = await fetch(`http://127.0.0.1:${hub.port}/api/v1${path}`, { headers, ...init })
  return await response.json() as Record<string, never>
}

const GOODS = [1, 2, 3, 4, 5, 6].map((n) => `5f0c1a20-7b1e-11ee-8a01-00000000000${n}`).join(",")
const stock = async (): Promise<unknown> => (await api(`/stock?productId=${GOODS}`))["items"]

test("R-STK-1: the player's three bases fill a hub with the same goods, prices and stock", async () => {
  const first = await play()
  expect([first.code, first.lines.at(-1)]).toEqual([0, "Обмен завершён"])
  expect(first.lines).toContainEqual(expect.stringMatching(/^Порция 2 из 2: import0_2\.xml, offers0_2\.xml$/u))
  const seen = await stock()
  expect(seen).toHaveLength(18)
  expect(seen).toContainEqual(expect.objectContaining({
    productId: PARACETAMOL, branchId: BRANCH, available: 5, price: { amount: 35_000, currency: "KZT" }
  }))
  for (const dialect of ["unf", "bitrix"]) {
    expect((await play("--dialect", dialect)).code).toBe(0)
    expect(await stock()).toEqual(seen)
  }
})

test("R-STK-1: with every fault of the way the exchange ends in the same stock, and the log says what happened", async () => {
  await play()
  const seen = await stock()
  const faults = ["--no-zip", "--cut", "--repeat", "--lose-session", "--wrong-password"]
  const { code, lines } = await play(...faults)
  expect(code).toBe(0)
  expect(lines).toContainEqual(expect.stringContaining("ОШИБКА. checkauth: Неверное имя пользователя или пароль"))
  expect(lines).toContain("  file import0_1.xml: соединение оборвано")
  expect(await stock()).toEqual(seen)
})

test("R-STK-1: a refused exchange ends with code 1 and the hub's words, wrong options with code 2", async () => {
  const refused = await play("--password", "не тот")
  expect([refused.code, refused.lines.at(-1)]).toEqual([1, "Обмен прерван"])
  expect(refused.lines.at(-2)).toMatch(/^ {2}ОШИБКА\. checkauth: Неверное имя пользователя или пароль/u)
  expect((await play("--dialect", "bus")).code).toBe(2)
  const { code, lines } = await play("--url", "http://127.0.0.1:1/exchange/1c")
  expect([code, lines.at(-1)]).toEqual([1, "Обмен прерван: сервер не отвечает (ECONNREFUSED)"])
})

test.for(["ut", "unf", "bitrix"])("R-ORD-6: an order goes to the base and its approval comes back, %s", async (dialect) => {
  const orders = ["--dialect", dialect, "--orders", join(folder, "orders.json")]
  await play("--dialect", dialect)
  const placed = await api("/orders", {
    channel: "shop",
    externalId: "P-1",
    customer: { name: "Айгерім", phone: "+77010000001" },
    delivery: { type: "pickup", branchId: BRANCH },
    lines: [{ productId: PARACETAMOL, quantity: 2 }],
    payment: { method: "cash" }
  })
  const number = `${String(placed["number"])}-1`
  const fetched = await play(...orders)
  expect(fetched.lines).toContainEqual(expect.stringContaining(`заказ ${number}`))
  expect(fetched.lines.join("\n")).toContain("ожидает согласования. Парацетамол 500 мг №20 × 2 по 350")
  for (let round = 0; round < 2; round++) await play(...orders, "--approve", number)
  const { fulfilments } = await api(`/orders/${String(placed["id"])}`) as unknown as { fulfilments: [{ status: string }] }
  expect(fulfilments[0].status).toBe("accepted")
})
