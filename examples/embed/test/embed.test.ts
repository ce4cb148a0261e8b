import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterEach, beforeEach, expect, test } from "vitest"

const script = join(import.meta.dirname, "../src/embed.ts")

let directory = ""
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aptekit-embed-"))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Runs the example as a reader would, in a process of its own, and gives its lines. */
const run = async (): Promise<ReadonlyArray<string>> => {
  const args = ["--conditions=@aptekit/source", script, join(directory, "hub.sqlite")]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 })
  return stdout.trimEnd().split("\n")
}

test("SDK-1, SDK-4: ten lines embed a hub: an order is placed, its events are heard, the buyer is told", async () => {
  const lines = await run()
  expect(lines[0]).toMatch(/^new order \d+: assigned, 980 KZT$/u)
  expect(lines).toContainEqual(expect.stringMatching(/^event \d+: stock\.imported$/u))
  expect(lines.at(-2)).toMatch(/^event \d+: order\.placed$/u)
  expect(lines.at(-1)).toMatch(/^message \[console\] \+770\*{6}42 ru "Заказ \d+ забронирован: Аптека №1/u)
})

test("ORD-1, SDK-4: run again on the same file, the example finds its order and places no second one", async () => {
  const [first] = await run()
  const again = await run()
  expect(again[0]).toBe(first?.replace("new", "known"))
  expect(again.filter((line) => line.endsWith("order.placed"))).toHaveLength(1)
  expect(again.some((line) => line.startsWith("message"))).toBe(false)
})
