import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { ReaderThread } from "../../src/import/reader-thread.ts"
import { goodsOf, item, openExchange } from "./hub.ts"

const folder = mkdtempSync(join(tmpdir(), "aptekit-thread-"))
const threads: Array<ReaderThread> = []
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close()
  rmSync(folder, { recursive: true, force: true })
})

test("R-STK-2: a thread that dies of its memory refuses with a text, and the next file has a new one", async () => {
  const thread = new ReaderThread(folder, 24)
  threads.push(thread)
  const path = join(folder, "import0_1.xml")
  writeFileSync(path, goodsOf(item("1")))
  const request = { path, scratch: folder, currency: "KZT", currencies: {}, priceTypes: [], deleted: [] }
  expect(await thread.ask("read", request)).toMatchObject({ kind: "catalogue" })

  const ids = Array.from({ length: 1_000_000 }, (_, i) => `${i}-7dde-11e8-80cb-70106fc831cf`)
  const many = thread.ask("learn", { ids, slots: new Int32Array(ids.length) })
  await expect(many).rejects.toMatchObject({ code: "import-died", message: expect.stringContaining("остатки и цены не изменены") })

  expect(thread.isRunning).toBe(false)
  expect(await thread.ask("read", request)).toMatchObject({ kind: "catalogue" })
})

test("R-STK-2: an import whose thread dies names its file and says what to do; sent again it goes through", async () => {
  const exchange = await openExchange()
  process.once("worker", (worker) => void worker.terminate())
  const answer = await exchange.send("import0_1.xml", goodsOf(item("1")))
  expect(answer).toMatch(/^failure\nФайл «import0_1\.xml» не загружен до конца.*повторите обмен/u)
  expect(await exchange.lastRun()).toMatchObject({ state: "failed", error: expect.stringContaining("«import0_1.xml»") })
  expect(exchange.log.at(-1)).toMatchObject({ detail: { code: "import-died", file: "import0_1.xml" } })
  expect(await exchange.send("import0_1.xml", goodsOf(item("1")))).toBe("success")
})
