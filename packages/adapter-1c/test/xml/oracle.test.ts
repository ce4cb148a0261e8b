import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { chunksAt, oracle, scan, scanChunks } from "../support/events.ts"
import { below, randomFrom } from "../support/random.ts"
import { randomDocument } from "../support/random-xml.ts"

const FIXTURES = new URL("../fixtures/", import.meta.url)
const utf8Fixtures = readdirSync(FIXTURES).filter((name) => name.endsWith(".xml") && !name.includes("1251"))
const read = (name: string): Uint8Array => readFileSync(new URL(name, FIXTURES))
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

describe("the scanner against htmlparser2", () => {
  it.each(utf8Fixtures)("R-STK-1: %s gives the same events", (name) => {
    expect(scan(read(name))).toEqual(oracle(read(name)))
  })

  it.each(utf8Fixtures)("R-STK-1: %s cut in two at every byte gives the same events", (name) => {
    const bytes = read(name)
    const expected = scan(bytes).join("\n")
    for (let cut = 1; cut < bytes.length; cut++)
      if (scanChunks(chunksAt(bytes, cut)).join("\n") !== expected) expect.fail(`cut at byte ${cut}`)
  })

  it.each(utf8Fixtures)("R-STK-1: %s byte by byte gives the same events", (name) => {
    const bytes = read(name)
    expect(scanChunks(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(scan(bytes))
  })

  it("R-STK-1: 500 random documents give the same events, whole and in random pieces", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const document = randomDocument(seed)
      const bytes = bytesOf(document)
      const expected = oracle(document)
      expect(scan(document), `seed ${seed}: ${document}`).toEqual(expected)
      const random = randomFrom(seed)
      const cuts = [below(random, bytes.length), below(random, bytes.length)].sort((a, b) => a - b)
      expect(scanChunks(chunksAt(bytes, ...cuts)), `seed ${seed} cut at ${cuts.join()}: ${document}`).toEqual(expected)
    }
  })

  it("R-STK-1: 20 random documents cut at every byte give the same events", () => {
    for (let seed = 1000; seed < 1020; seed++) {
      const bytes = bytesOf(randomDocument(seed))
      const expected = scan(bytes).join("\n")
      for (let cut = 1; cut < bytes.length; cut++)
        if (scanChunks(chunksAt(bytes, cut)).join("\n") !== expected) expect.fail(`seed ${seed}, cut at byte ${cut}`)
    }
  })

  it("R-STK-1: a document longer than the window of the scanner gives the same events", () => {
    const row = "<Товар код='1'>Парацетамол &amp; №20</Товар>\n"
    const document = `<Товары>${row.repeat(5000)}</Товары>`
    const expected = oracle(document)
    expect(scan(document)).toEqual(expected)
    const bytes = bytesOf(document)
    expect(scanChunks(chunksAt(bytes, ...Array.from({ length: 300 }, (_, i) => (i + 1) * 997)))).toEqual(expected)
  })
})
