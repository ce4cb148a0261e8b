import { appendFileSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { memoryStorage } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { goodsOf, importOf, item, openExchange, type ExchangeHub } from "./hub.ts"

const file = (name: string): string => `?type=catalog&mode=file&filename=${encodeURIComponent(name)}`
const bytesOf = (text: string): Uint8Array => Buffer.from(text, "utf8")

/** Everything that lies in the connection's folder, by its name there. */
const onDisk = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name)

const productIds = async ({ hub, storage }: ExchangeHub): Promise<ReadonlyArray<string>> =>
  (await hub.run(storage.catalogue.links("1c", "product"))).map(({ externalId }) => externalId).toSorted()

const sendPieces = async (exchange: ExchangeHub, name: string, content: Uint8Array, size: number): Promise<void> => {
  for (let at = 0; at < content.length; at += size) {
    expect(await exchange.ask(file(name), { body: content.slice(at, at + size) })).toBe("success")
  }
}

test("R-STK-1: pieces are joined in their order, cut in the middle of a letter too", async () => {
  const exchange = await openExchange()
  await sendPieces(exchange, "import0_1.xml", bytesOf(goodsOf(item("1"), item("2"), item("3"))), 101)
  expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
  expect(await productIds(exchange)).toEqual(["1", "2", "3"])
})

test("R-STK-1: the last piece once more, after a lost answer, changes nothing", async () => {
  const exchange = await openExchange()
  const content = bytesOf(goodsOf(item("1"), item("2"), item("3")))
  for (let at = 0; at < content.length; at += 100) {
    const body = content.slice(at, at + 100)
    expect(await exchange.ask(file("import0_1.xml"), { body })).toBe("success")
    if (body.length >= 64) expect(await exchange.ask(file("import0_1.xml"), { body: body.slice() })).toBe("success")
  }
  expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
})

test("R-STK-1: the first piece after an init replaces the file (fact 18)", async () => {
  const exchange = await openExchange()
  await exchange.ask("?type=catalog&mode=init")
  await exchange.ask(file("import0_1.xml"), { body: goodsOf(item("old")) })
  await exchange.ask("?type=catalog&mode=init")
  await exchange.ask(file("import0_1.xml"), { body: goodsOf(item("new")) })
  expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
  expect(await productIds(exchange)).toEqual(["new"])
})

test("R-STK-1: a piece after the import begins the file anew, and the new file is imported", async () => {
  const exchange = await openExchange()
  for (const id of ["a", "b"]) {
    await exchange.ask(file("import0_1.xml"), { body: goodsOf(item(id)) })
    expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
  }
  expect(await productIds(exchange)).toEqual(["a", "b"])
  expect(await exchange.runs()).toHaveLength(2)
})

test("R-STK-1: the same content again in an exchange is success without work", async () => {
  const exchange = await openExchange()
  await exchange.ask("?type=catalog&mode=init")
  for (let i = 0; i < 2; i++) {
    await exchange.ask(file("import0_1.xml"), { body: goodsOf(item("a")) })
    expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
  }
  expect(await exchange.runs()).toHaveLength(1)
})

test("R-STK-1: a new upload after an import that nobody waited for is an import of its own", async () => {
  const exchange = await openExchange({ pollDelayMs: 0 })
  await exchange.ask(file("import0_1.xml"), { body: goodsOf(item("a")) })
  expect(await exchange.ask("?type=catalog&mode=import&filename=import0_1.xml")).toMatch(/^progress/u)
  await exchange.ask(file("import0_1.xml"), { body: goodsOf(item("b")) })
  expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
  expect(await productIds(exchange)).toEqual(["a", "b"])
})

/** A body that breaks off after `sent`. */
const broken = (sent: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull(controller) {
      controller.enqueue(sent)
      controller.error(new Error("socket hang up"))
    }
  })

test("R-STK-1: of a body that breaks off nothing stays; the piece sent again goes on where it was", async () => {
  const exchange = await openExchange()
  const content = bytesOf(goodsOf(item("1"), item("2")))
  await exchange.ask(file("import0_1.xml"), { body: content.slice(0, 100) })
  expect(await exchange.ask(file("import0_1.xml"), { body: broken(content.slice(100, 150)) })).toMatch(/^failure\nСоединение оборвалось/u)
  expect(await exchange.ask(file("import0_1.xml"), { body: content.slice(100) })).toBe("success")
  expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
})

test("R-STK-1: a body shorter than its content-length is a cut one", async () => {
  const exchange = await openExchange()
  const headers = { "content-length": "5000" }
  expect(await exchange.ask(file("import0_1.xml"), { body: goodsOf(item("1")), headers })).toMatch(/^failure\nСоединение оборвалось/u)
})

test("R-STK-1: of a piece that a killed hub was receiving nothing is left, whether it is sent again or not", async () => {
  const first = await openExchange()
  await first.ask("?type=catalog&mode=init")
  await first.ask(file("import0_1.xml"), { body: goodsOf(item("a")) })
  await first.close()
  const [session = ""] = readdirSync(join(first.folder, "sessions"))
  appendFileSync(join(first.folder, "sessions", session, "u1"), "<Каталог><Товары>")
  const second = await openExchange({}, { folder: first.folder })
  expect(await importOf(second.ask, "import0_1.xml")).toBe("success")
  expect(await productIds(second)).toEqual(["a"])
})

test("R-STK-1: what was answered success is there after a restart, in the middle of a file", async () => {
  const storage = memoryStorage()
  const first = await openExchange({}, { storage })
  const token = (await first.ask("?type=catalog&mode=checkauth")).split("\n")[2]
  const headers = { cookie: `aptekit1c=${token}` }
  const content = bytesOf(goodsOf(item("1"), item("2")))
  await first.ask("?type=catalog&mode=init", { headers })
  await first.ask(file("import0_1.xml"), { headers, body: content.slice(0, 150) })
  await first.close()

  const second = await openExchange({}, { folder: first.folder })
  // The answer was lost with the process: the piece comes again.
  expect(await second.ask(file("import0_1.xml"), { headers, body: content.slice(0, 150) })).toBe("success")
  expect(await second.ask(file("import0_1.xml"), { headers, auth: null, body: content.slice(150) })).toBe("success")
  expect(await importOf(second.ask, "import0_1.xml")).toBe("success")
  expect(await productIds(second)).toEqual(["1", "2"])
})

const UNSAFE = ["../up.xml", "a/../../up.xml", "..\\up.xml", "/etc/passwd", "\\\\host\\share.xml", "C:/x.xml", "c:x.xml", "a\u0000b.xml", "a\nb.xml", "x".repeat(256), ""]
test("R-API-1: names that lead elsewhere are refused, and no name of a client becomes a name on our disk (fact 67)", async () => {
  const exchange = await openExchange()
  for (const name of UNSAFE) {
    expect([name, await exchange.ask(file(name), { body: "x" })]).toEqual([name, expect.stringMatching(/^failure\nНедопустимое имя файла/u)])
    expect(await exchange.ask(`?type=catalog&mode=import&filename=${encodeURIComponent(name)}`)).toMatch(/^failure\nНедопустимое имя файла/u)
  }
  await exchange.ask(file("deep/folder/import0_1.xml"), { body: goodsOf(item("1")) })
  expect(await importOf(exchange.ask, "deep/folder/import0_1.xml")).toBe("success")
  for (const name of onDisk(exchange.folder)) expect(name).toMatch(/^(u\d+|journal\.jsonl|memory\.json)$/u)
})

test("R-STK-1: pictures are taken and not kept", async () => {
  const exchange = await openExchange()
  await exchange.ask("?type=catalog&mode=checkauth")
  const before = onDisk(exchange.folder)
  for (const name of ["import_files/9d/9da0.jpg", "photo.PNG", "import_files/a/note.xml"]) {
    expect(await exchange.ask(file(name), { body: "not really" })).toBe("success")
  }
  expect(onDisk(exchange.folder)).toEqual(before)
})

test("R-STK-1: an empty piece and a file beyond the limit are refused, and the next file is taken", async () => {
  const exchange = await openExchange({ limits: { upload: 2_000 } })
  expect(await exchange.ask(file("import0_1.xml"), { body: new Uint8Array(0) })).toMatch(/^failure\n/u)
  expect(await exchange.ask(file("import0_1.xml"), { body: "x".repeat(2_001) })).toMatch(/^failure\nФайл «import0_1\.xml» больше/u)
  expect(await exchange.send("import0_1.xml", goodsOf(item("1")))).toBe("success")
})

test("R-API-1: the value of a session's cookie is nowhere on disk", async () => {
  const exchange = await openExchange()
  const token = (await exchange.ask("?type=catalog&mode=checkauth")).split("\n")[2]!
  const [session] = readdirSync(join(exchange.folder, "sessions"))
  expect(readFileSync(join(exchange.folder, "sessions", session!, "journal.jsonl"), "utf8")).not.toContain(token)
  expect(session).not.toContain(token)
})

test("R-STK-1: sessions that have ended are let go, those with an import to come are not", async () => {
  const exchange = await openExchange()
  for (let i = 0; i < 30; i++) await exchange.ask("?type=catalog&mode=checkauth")
  expect(readdirSync(join(exchange.folder, "sessions")).length).toBeLessThan(25)
})
