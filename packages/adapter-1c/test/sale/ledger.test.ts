import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"
import { Ledger } from "../../src/sale/ledger.ts"
import { LedgerFile } from "../../src/sale/ledger-file.ts"
import { newFolder } from "./desk-of.ts"

const DAY = 24 * 3_600_000

const idOf = (n: number): string => `01980000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`

const known = (ledger: Ledger, from: number, to: number, at = TEST_NOW): void => {
  for (let n = from; n < to; n++) {
    ledger.remember(`${1000 + n}-1`, { fulfilmentId: idOf(n), at, documentId: `document-${n}`, approved: true })
  }
}

const bytesOf = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

/** Folders as a crash would leave them. */
const copyOf = (folder: string): string => {
  const copy = newFolder()
  cpSync(folder, copy, { recursive: true })
  return copy
}

const journalsOf = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder).filter((name) => name.endsWith(".jsonl")).toSorted()

/** As many changes as make the journal outgrow what lies beside it. */
const outgrow = async (ledger: Ledger, from = 0): Promise<void> => {
  for (let slice = 0; slice < 40; slice++) {
    known(ledger, from + slice * 200, from + (slice + 1) * 200)
    await ledger.save(TEST_NOW)
  }
}

test("R-ORD-6: what is remembered of parts, offers and batches is there after a restart", async () => {
  const folder = newFolder()
  const ledger = new Ledger(folder)
  known(ledger, 0, 3)
  ledger.state.size = 7
  await ledger.save(TEST_NOW)
  ledger.forget("1001-1")
  ledger.remember("1002-1", { fulfilmentId: idOf(2), at: TEST_NOW + 1, approved: false })
  await ledger.save(TEST_NOW)
  const again = new Ledger(folder)
  expect([...again.parts]).toEqual([...ledger.parts])
  expect(again.state).toEqual(ledger.state)
  expect([again.numberOf("document-0"), again.numberOf("document-1")]).toEqual(["1000-1", undefined])
})

test("R-ORD-6: a save writes what has changed, however many parts are known", async () => {
  const folder = newFolder()
  const ledger = new Ledger(folder)
  known(ledger, 0, 20_000)
  await ledger.save(TEST_NOW)
  await ledger.close()
  const [before, { ino }] = [bytesOf(folder), statSync(join(folder, readdirSync(folder)[0]!))]
  ledger.remember("1500-1", { fulfilmentId: idOf(500), at: TEST_NOW + 1 })
  await ledger.save(TEST_NOW + 1)
  expect(bytesOf(folder) - before).toBeLessThan(500)
  expect(statSync(join(folder, readdirSync(folder)[0]!)).ino).toBe(ino)
  const settled = bytesOf(folder)
  await ledger.save(TEST_NOW + 2)
  expect(bytesOf(folder)).toBe(settled)
})

test("R-ORD-6: a document's former id is no name of its part any more", () => {
  const ledger = new Ledger(newFolder())
  known(ledger, 0, 1)
  ledger.remember("1000-1", { fulfilmentId: idOf(0), at: TEST_NOW, documentId: "another" })
  expect([ledger.numberOf("document-0"), ledger.numberOf("another")]).toEqual([undefined, "1000-1"])
})

test("R-ORD-6: the ledger of an older version is read and goes on", async () => {
  const folder = newFolder()
  const part = { fulfilmentId: idOf(1), at: TEST_NOW, documentId: "document-1", approved: true }
  const offer = { turn: "s1", at: TEST_NOW, orders: [{ orderId: "o1", version: 3 }], ended: ["1001-1"], delivered: true }
  writeFileSync(join(folder, "orders.json"), JSON.stringify({
    size: 5, failures: 2, searching: true, offers: [offer], alone: { o1: 1 }, accused: true, stalled: false, parts: { "1001-1": part }
  }))
  const ledger = new Ledger(folder)
  expect(ledger.state).toMatchObject({ size: 5, failures: 2, searching: true, alone: { o1: 1 }, accused: true })
  expect(ledger.state.offers).toMatchObject([{ turn: "s1", orders: [{ orderId: "o1", version: 3, ended: ["1001-1"] }], done: false }])
  expect(ledger.parts.get("1001-1")).toMatchObject(part)
  known(ledger, 5, 6)
  await ledger.save(TEST_NOW)
  expect([...new Ledger(folder).parts.keys()]).toEqual(["1001-1", "1005-1"])
})

describe("R-ORD-6: a hub that is killed while it writes its ledger", () => {
  test("loses only the line that it had not answered for, and the next one is read", async () => {
    const folder = newFolder()
    const ledger = new Ledger(folder)
    known(ledger, 0, 1)
    await ledger.save(TEST_NOW)
    known(ledger, 1, 2)
    await ledger.save(TEST_NOW)
    const path = join(folder, journalsOf(folder)[0]!)
    writeFileSync(path, readFileSync(path).subarray(0, -20))
    const after = new Ledger(folder)
    expect([...after.parts.keys()]).toEqual(["1000-1"])
    known(after, 2, 3)
    await after.save(TEST_NOW)
    expect([...new Ledger(folder).parts.keys()]).toEqual(["1000-1", "1002-1"])
  })

  test("finds all of it, wherever the journal was being gathered", async () => {
    const folder = newFolder()
    const { file } = LedgerFile.open(folder)
    await file.append(`{"parts":{"a":1,"b":1}}`)
    const before = copyOf(folder)
    const copies: Array<string> = []
    function* pieces(): Generator<string> {
      yield `"size":4,"parts":{`
      yield `"a":1,"b":1`
      copies.push(copyOf(folder))
      yield "}}"
    }
    await file.replace(pieces())
    await file.append(`{"parts":{"a":null,"c":1}}`)
    copies.push(copyOf(folder))
    // The old journal was not yet gone.
    cpSync(join(before, journalsOf(before)[0]!), join(folder, journalsOf(before)[0]!))
    copies.push(folder)
    expect(copies.map((copy) => Object.keys(LedgerFile.open(copy).saved.parts))).toEqual([["a", "b"], ["b", "c"], ["b", "c"]])
    expect(LedgerFile.open(folder).saved.size).toBe(4)
  })

  test("finds what was saved while the journal was being gathered, whether that came to its end or not", async () => {
    const folder = newFolder()
    const { file } = LedgerFile.open(folder)
    await file.append(`{"parts":{"a":1}}`)
    let copy = ""
    let saved: Promise<void> = Promise.resolve()
    function* pieces(): Generator<string> {
      yield `"size":0,"parts":{"a":1`
      saved = file.append(`{"parts":{"a":2}}`)
      yield ""
      yield "}}"
    }
    await file.replace(pieces())
    await saved
    expect(LedgerFile.open(folder).saved.parts).toEqual({ a: 2 })

    function* cut(): Generator<string> {
      yield `"size":0,"parts":{`
      copy = copyOf(folder)
      throw new Error("no space left")
    }
    await expect(file.replace(cut())).rejects.toThrow("no space left")
    await file.append(`{"parts":{"b":1}}`)
    expect(LedgerFile.open(copy).saved.parts).toEqual({ a: 2 })
    expect(LedgerFile.open(folder).saved.parts).toEqual({ a: 2, b: 1 })
  })
})

test("R-ORD-6: what could not be written is written with the next save", async () => {
  const folder = newFolder()
  const ledger = new Ledger(folder)
  known(ledger, 0, 1)
  await ledger.save(TEST_NOW)
  const path = join(folder, journalsOf(folder)[0]!)
  const text = readFileSync(path)
  rmSync(path)
  mkdirSync(path)
  known(ledger, 1, 2)
  ledger.state.failures = 3
  await expect(ledger.save(TEST_NOW)).rejects.toThrow()
  rmSync(path, { recursive: true })
  writeFileSync(path, text)
  await ledger.save(TEST_NOW)
  const again = new Ledger(folder)
  expect([[...again.parts.keys()], again.state.failures]).toEqual([["1000-1", "1001-1"], 3])
})

test("R-ORD-6: a journal that outgrew what it changes is gathered, and other work goes on meanwhile", async () => {
  const folder = newFolder()
  const ledger = new Ledger(folder)
  await outgrow(ledger)
  let turns = 0
  const ticking = setInterval(() => void turns++, 0)
  await outgrow(ledger)
  await ledger.close()
  clearInterval(ticking)
  expect(turns).toBeGreaterThan(10)
  expect(journalsOf(folder)).not.toContain("orders.0.jsonl")
  expect([...new Ledger(folder).parts]).toEqual([...ledger.parts])
})

test("R-ORD-6: parts that 1C has ended are kept for a week, those of which nothing is heard for half a year", async () => {
  const folder = newFolder()
  const ledger = new Ledger(folder)
  ledger.remember("1-1", { fulfilmentId: "a", at: TEST_NOW - 8 * DAY, documentId: "A", ended: TEST_NOW - 8 * DAY })
  ledger.remember("2-1", { fulfilmentId: "b", at: TEST_NOW - 6 * DAY, documentId: "B", ended: TEST_NOW - 6 * DAY })
  ledger.remember("3-1", { fulfilmentId: "c", at: TEST_NOW - 181 * DAY, documentId: "C" })
  ledger.remember("4-1", { fulfilmentId: "d", at: TEST_NOW - 179 * DAY, documentId: "D" })
  await outgrow(ledger)
  await outgrow(ledger)
  await ledger.close()
  const numbers = (one: Ledger) => ["A", "B", "C", "D"].map((id) => one.numberOf(id))
  expect(numbers(ledger)).toEqual([undefined, "2-1", undefined, "4-1"])
  expect(numbers(new Ledger(folder))).toEqual([undefined, "2-1", undefined, "4-1"])
})
