import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { XmlError } from "../../src/xml/error.ts"
import type { XmlHandler } from "../../src/xml/scanner.ts"
import { XmlScanner } from "../../src/xml/scanner.ts"
import { randomDocument } from "../support/random-xml.ts"

const FIXTURES = new URL("../fixtures/", import.meta.url)
const samples = readdirSync(FIXTURES).filter((name) => name.endsWith(".xml"))
  .map((name) => [name, new Uint8Array(readFileSync(new URL(name, FIXTURES)))] as const)
const random = [7, 8, 9, 10].map((seed) => [`random ${seed}`, new TextEncoder().encode(randomDocument(seed))] as const)

const silent: XmlHandler = { open: () => {}, text: () => {}, close: () => {} }

/** Undefined for a complete document, the error for a refused one; anything else is a crash and fails the test. */
const refusal = (bytes: Uint8Array): XmlError | undefined => {
  try {
    const scanner = new XmlScanner(silent)
    scanner.push(bytes)
    scanner.end()
    return undefined
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
}

const linesOf = (bytes: Uint8Array): number => bytes.filter((byte) => byte === 0x0a).length + 1

/** Everything behind the root's last `>` may be cut off without loss: what follows is white space and comments. */
const endOfRoot = (bytes: Uint8Array): number => {
  for (let length = bytes.length; length > 0; length--)
    if (refusal(bytes.subarray(0, length)) === undefined && bytes[length - 1] === 0x3e) {
      const shorter = refusal(bytes.subarray(0, length - 1))
      if (shorter?.message.includes("не закрыт")) return length
    }
  return 0
}

const isMisc = (bytes: Uint8Array): boolean =>
  /^(\s|<!--.*?-->)*$/s.test(new TextDecoder("latin1").decode(bytes))

describe("a damaged document", () => {
  it.each([...samples, ...random])("R-STK-2: %s cut at any byte is an error, never a silent success", (_, bytes) => {
    const end = endOfRoot(bytes)
    expect(end).toBeGreaterThan(0)
    for (let length = 0; length < bytes.length; length++) {
      const error = refusal(bytes.subarray(0, length))
      const complete = length >= end && isMisc(bytes.subarray(end, length))
      if ((error === undefined) !== complete) expect.fail(`cut at byte ${length} of ${bytes.length}: ${error?.message}`)
      if (error !== undefined && error.offset > length) expect.fail(`cut at ${length}, reported at ${error.offset}`)
    }
  })

  it.each([...samples, ...random])("R-STK-2: %s with any byte changed is read or refused with a line", (_, bytes) => {
    const lines = linesOf(bytes)
    for (let at = 0; at < bytes.length; at++)
      for (const mask of at % 2 === 0 ? [0x01, 0xff] : [0x20, 0x80]) {
        const damaged = bytes.slice()
        damaged[at] = damaged[at]! ^ mask
        const error = refusal(damaged)
        if (error === undefined) continue
        // A changed byte can itself become a line feed.
        if (error.line < 1 || error.line > lines + 1) expect.fail(`byte ${at}: line ${error.line} of ${lines}`)
        if (error.offset < 0 || error.offset > bytes.length) expect.fail(`byte ${at}: offset ${error.offset}`)
      }
  })
})
