import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { unpack } from "../../src/spool/archive.ts"
import { zipOf } from "../../src/testing/index.ts"
import { type ExchangeHub, goodsOf, importOf, item, offer, offersOf, openExchange, stockAt } from "./hub.ts"

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "utf8")
const ARCHIVE = "v8_1A76_155ae.zip"

const upload = (exchange: ExchangeHub, bytes: Uint8Array, name = ARCHIVE): Promise<string> =>
  exchange.ask(`?type=catalog&mode=file&filename=${name}`, { body: bytes.slice() })

const goods = { name: "import0_1.xml", bytes: bytesOf(goodsOf(item("1"))) }

test("R-STK-1: the XML that is asked for is found in the archive, pictures or not (facts 19, 20)", async () => {
  const exchange = await openExchange({ warehouses: { w: "north" } })
  const offers = { name: "offers0_1.xml", bytes: bytesOf(offersOf([offer("1", stockAt("w", "5"))])) }
  await upload(exchange, await zipOf([{ name: "import_files/9d/a.jpg", bytes: bytesOf("jpg") }, goods, offers]))
  expect(await importOf(exchange.ask, "import0_1.xml")).toBe("success")
  expect(await importOf(exchange.ask, "offers0_1.xml")).toBe("success")
  expect(exchange.storage.stock.image.available("1" as never, "north" as never)).toBe(5)
})

test("R-STK-1: it is found in a folder of the archive and in the newest of several archives (fact 39)", async () => {
  const exchange = await openExchange()
  await upload(exchange, await zipOf([{ name: "webdata/000001/goods_1.xml", bytes: bytesOf(goodsOf(item("old"))) }]), "a.zip")
  await upload(exchange, await zipOf([{ name: "webdata/000002/goods_1.xml", bytes: bytesOf(goodsOf(item("new"))) }]), "b.zip")
  expect(await importOf(exchange.ask, "goods_1.xml")).toBe("success")
  const links = await exchange.hub.run(exchange.storage.catalogue.links("1c", "product"))
  expect(links.map(({ externalId }) => externalId)).toEqual(["new"])
})

test("R-STK-1: who asks for the archive itself gets all its XML files, goods first", async () => {
  const exchange = await openExchange({ warehouses: { w: "north" } })
  const rests = { name: "rests.xml", bytes: bytesOf(offersOf([offer("1", stockAt("w", "5"))])) }
  await upload(exchange, await zipOf([rests, goods]))
  expect(await importOf(exchange.ask, ARCHIVE)).toBe("success")
  expect((await exchange.runs()).map(({ file }) => file)).toEqual(["rests.xml", "import0_1.xml"])
  expect((await exchange.lastRun()).counts.parked).toBe(0)
})

test("R-STK-1: an XML that no archive has is said to be missing", async () => {
  const exchange = await openExchange()
  await upload(exchange, await zipOf([goods]))
  expect(await importOf(exchange.ask, "offers0_1.xml")).toMatch(/^failure\nФайла «offers0_1\.xml» нет/u)
})

const expectRefused = async (bytes: Uint8Array, text: RegExp, limits = {}): Promise<void> => {
  const exchange = await openExchange({ limits })
  expect(await upload(exchange, bytes)).toBe("success")
  expect(await importOf(exchange.ask, "import0_1.xml")).toMatch(text)
  expect(await exchange.hub.run(exchange.storage.catalogue.links("1c", "product"))).toEqual([])
  // The entrance lives on.
  expect(await exchange.send("import0_1.xml", goodsOf(item("1")))).toBe("success")
}

test("R-API-1: an archive with a name that leads outside is refused as a whole (fact 67)", async () => {
  for (const name of ["../evil.xml", "a/../../b.xml", "/abs.xml", "C:\\x.xml"]) {
    await expectRefused(await zipOf([goods, { name, bytes: bytesOf("<a/>") }]), /^failure\nВ архиве «v8_1A76_155ae\.zip» недопустимое имя/u)
  }
})

test("R-STK-1: damage anywhere in the packed data is found by its checksum", async () => {
  const big = { name: "import0_1.xml", bytes: bytesOf(goodsOf(...Array.from({ length: 200 }, (_, n) => item(`${n * 7919}`)))) }
  const bytes = await zipOf([big])
  for (const at of [60, 200, Math.floor(bytes.length / 2)]) {
    const damaged = bytes.slice()
    damaged[at]! ^= 0x20
    await expectRefused(damaged, /^failure\nАрхив «v8_1A76_155ae\.zip» повреждён/u)
  }
})

test("R-STK-1: an archive that is cut off is broken, wherever the cut is", async () => {
  const bytes = await zipOf([goods])
  for (const length of [10, 60, bytes.length - 30, bytes.length - 1]) {
    await expectRefused(bytes.slice(0, length), /^failure\nАрхив «v8_1A76_155ae\.zip» повреждён/u)
  }
})

test("R-API-1: an archive that unpacks to far more than it is gets stopped", async () => {
  const bomb = await zipOf([{ name: "import0_1.xml", bytes: new Uint8Array(24 * 1024 * 1024).fill(0x20) }])
  expect(bomb.length).toBeLessThan(64 * 1024)
  await expectRefused(bomb, /^failure\nФайл «import0_1\.xml» в архиве .+ распаковывается больше чем в/u)
  await expectRefused(await zipOf([{ ...goods, bytes: bytesOf(" ".repeat(5_000)) }]), /распаковывается больше чем в 2000 байт/u, { unpacked: 2_000 })
})

test("R-API-1: an archive with too many entries is refused", async () => {
  const many = Array.from({ length: 12 }, (_, n) => ({ name: `import_files/${n}.jpg`, bytes: bytesOf("x") }))
  await expectRefused(await zipOf([...many, goods]), /^failure\nВ архиве .+ больше 10 файлов/u, { entries: 10 })
})

test.runIf(existsSync("/dev/full"))("R-STK-2: a file that cannot be made or written while an archive is unpacked is told, and the hub lives", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-full-"))
  try {
    const path = join(folder, "a.zip")
    writeFileSync(path, await zipOf([goods]))
    symlinkSync("/dev/full", join(folder, "0"))
    const limits = { upload: 1e9, unpacked: 1e9, entries: 100, ratio: 1000 }
    const none = unpack({ path, name: "a.zip" }, (names) => names, join(folder, "none"), limits)
    await expect(none).rejects.toMatchObject({ code: "internal" })
    await expect(unpack({ path, name: "a.zip" }, (names) => names, folder, limits)).rejects.toMatchObject({ code: "disk-full" })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
