import { describe, expect, it } from "vitest"
import { CommerceMlError } from "../../src/cml/error.ts"
import { CommerceMlReader } from "../../src/cml/reader.ts"
import { XmlError } from "../../src/xml/error.ts"
import { chunksAt } from "../support/events.ts"
import { FIXTURE_NAMES, fixture, hotRows, read, readChunks } from "../support/records.ts"

/** Undefined when the file was read to its end; an error that is not ours fails the test. */
const refusal = (bytes: Uint8Array): CommerceMlError | XmlError | undefined => {
  try {
    const reader = new CommerceMlReader({}, { rows: hotRows(["t1"], ["w1"], ["r"]) })
    reader.push(bytes)
    reader.end()
    return undefined
  } catch (error) {
    if (error instanceof XmlError || error instanceof CommerceMlError) return error
    throw error
  }
}

const told = (chunks: Uint8Array[]): string => JSON.stringify(readChunks(chunks))

describe.each(FIXTURE_NAMES)("%s", (name) => {
  const bytes = fixture(name)
  // Every byte of the small twins; of the larger ones every seventh, which meets every phase of a letter and a tag.
  const step = bytes.length < 1100 ? 1 : 7
  const lines = bytes.filter((byte) => byte === 0x0a).length + 1

  it("R-STK-1: is read without a rejected row other than the one meant so", () => {
    expect(read(bytes).rejections).toHaveLength(name === "3.1-prices.xml" ? 1 : 0)
  })

  it("R-STK-1: cut in two anywhere or given byte by byte it tells the same records", () => {
    const expected = told([bytes])
    for (let cut = 1; cut < bytes.length; cut += step)
      if (told(chunksAt(bytes, cut)) !== expected) expect.fail(`cut at byte ${cut}`)
    expect(told(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toBe(expected)
  })

  it("R-STK-2: half-arrived it is always an error with a line", () => {
    const end = bytes.lastIndexOf(0x3e)
    for (let length = end; length >= 0; length -= step) {
      const error = refusal(bytes.subarray(0, length))
      if (error === undefined || error.line < 1 || error.line > lines) expect.fail(`cut at ${length}: ${String(error)}`)
    }
    expect(refusal(bytes)).toBe(undefined)
  })

  it("R-STK-2: with any byte changed it is read or refused with a line, never a crash", () => {
    const masks = [0x01, 0x80, 0x04, 0xff]
    for (let at = 0; at < bytes.length; at += step) {
      const damaged = bytes.slice()
      damaged[at] = damaged[at]! ^ masks[at % masks.length]!
      const error = refusal(damaged)
      if (error !== undefined && (error.line < 1 || error.line > lines + 1)) expect.fail(`byte ${at}: ${error.message}`)
    }
  })
})
