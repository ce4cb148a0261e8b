import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { ReaderThread } from "../../src/import/reader-thread.ts"
import type { ReadRequest } from "../../src/worker/protocol.ts"
import { goodsOf, importOf, item, levelOf, offer, offersOf, openExchange, type ExchangeHub, priceAt, priceOf, stockAt } from "./hub.ts"

let folder: string
let thread: ReaderThread
let told: Array<number>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aptekit-ahead-"))
  thread = new ReaderThread(folder)
  thread.onProgress((percent) => void told.push(percent))
  told = []
})
afterEach(async () => {
  await thread.close()
  rmSync(folder, { recursive: true, force: true })
})

const fileOf = (content: string): ReadRequest => {
  const path = join(folder, "offers0_1.xml")
  writeFileSync(path, content)
  return { path, scratch: folder, currency: "KZT", currencies: {}, priceTypes: [], deleted: [] }
}

const OFFERS = offersOf([offer("1", stockAt("w1", "3")), offer("2", stockAt("w2", "4"))])

test("R-STK-2: a file that was read ahead is not read again when it is asked for", async () => {
  const request = fileOf(OFFERS)
  await thread.ask("ahead", request)
  const read = await thread.ask("read", request)
  expect(told).toEqual([])
  const again = await thread.ask("read", request)
  expect(told).toEqual([100])
  expect(again).toEqual(read)
  expect(read.usedWarehouses).toEqual(["w1", "w2"])
})

test("R-STK-2: a file that has changed since, or is asked for in another way, is read anew", async () => {
  const request = fileOf(OFFERS)
  await thread.ask("ahead", request)
  appendFileSync(request.path, "<!-- one piece more -->")
  await thread.ask("read", request)
  expect(told).toEqual([100])
  await thread.ask("ahead", request)
  await thread.ask("read", { ...request, deleted: ["1"] })
  expect(told).toEqual([100, 100])
})

test("R-STK-2: two readings at once keep what they read apart", async () => {
  // More text than stays in memory: both have files on disk.
  const many = (prefix: string): string => goodsOf(...Array.from({ length: 6_000 }, (_, i) => item(`${prefix}${i}`, `<Наименование>${prefix.repeat(100)}</Наименование>`)))
  const first = fileOf(many("a"))
  await thread.ask("read", first)
  const second = { ...first, path: join(folder, "import1_1.xml") }
  writeFileSync(second.path, many("b"))
  await thread.ask("ahead", second)
  expect(await idsOf(thread)).toEqual(Array.from({ length: 6_000 }, (_, i) => `a${i}`))
  await thread.ask("forget")
  await thread.ask("read", second)
  expect(await idsOf(thread)).toEqual(Array.from({ length: 6_000 }, (_, i) => `b${i}`))
})

const idsOf = async (from: ReaderThread): Promise<ReadonlyArray<string>> => {
  const ids: Array<string> = []
  for (;;) {
    const page = JSON.parse((await from.ask("drafts", 1_000)).text) as ReadonlyArray<readonly [string]>
    if (page.length === 0) return ids
    ids.push(...page.map(([id]) => id))
  }
}

const PACKED = item("1", "<Наименование>Товар 1</Наименование><БазоваяЕдиница Код=\"796\">шт<Пересчет><Единица>778</Единица><Коэффициент>10</Коэффициент></Пересчет></БазоваяЕдиница>")
const inPacks = (quantity: string): string =>
  offersOf([offer("1", `<БазоваяЕдиница Код="778">упак</БазоваяЕдиница>${priceAt("t", "120")}${stockAt("w1", quantity)}`)])

/** All files of a portion before the first import, as 1C sends them. */
const portion = async (exchange: ExchangeHub, files: Readonly<Record<string, string>>): Promise<ReadonlyArray<string>> => {
  await exchange.ask("?type=catalog&mode=checkauth")
  await exchange.ask("?type=catalog&mode=init")
  for (const [name, body] of Object.entries(files)) await exchange.ask(`?type=catalog&mode=file&filename=${name}`, { body })
  const answers: Array<string> = []
  for (const name of Object.keys(files)) answers.push(await importOf(exchange.ask, name))
  return answers
}

test("R-STK-1, D6: files of a portion that are read ahead say what they say one by one: packs of the first count in the second", async () => {
  const exchange = await openExchange({ warehouses: { w1: "north" }, prices: { t: "retail" } })
  const answers = await portion(exchange, { "import0_1.xml": goodsOf(PACKED), "offers0_1.xml": inPacks("2"), "rests0_1.xml": offersOf([]).slice(0, -9) })
  expect(answers).toEqual(["success", "success", expect.stringMatching(/^failure\nФайл «rests0_1\.xml» не загружен, ничего не изменено/u)])
  expect([levelOf(exchange, "1", "north"), priceOf(exchange, "1")]).toEqual([20, 1_200])
})

test("R-STK-2, D4: a catalogue that breaks off changes no factor of a pack either", async () => {
  const exchange = await openExchange({ warehouses: { w1: "north" }, prices: { t: "retail" } })
  await exchange.send("import0_1.xml", goodsOf(item("1")))
  expect(await exchange.send("import1_1.xml", goodsOf(PACKED).slice(0, -9))).toMatch(/^failure/u)
  expect(await exchange.send("offers0_1.xml", inPacks("2"))).toBe("success")
  expect(levelOf(exchange, "1", "north")).toBe(2)
})
