import { describe, expect, it } from "vitest"
import { DecimalReader } from "../../src/cml/decimal.ts"
import { bytesOf } from "../support/records.ts"
import { below, randomFrom } from "../support/random.ts"

const readDecimal = (text: string, decimals: number): readonly [value: number, problem: string | undefined] => {
  const decimal = new DecimalReader()
  const bytes = bytesOf(`7${text}7`)
  const read = decimal.read(bytes, 1, bytes.length - 1, decimals)
  expect(read).toBe(decimal.problem === undefined)
  return [decimal.value, decimal.problem]
}

describe("numbers from bytes", () => {
  it.each([
    ["0", 2, 0],
    ["1719.5", 2, 171_950],
    ["0.1", 2, 10],
    ["0.29", 2, 29],
    ["1.15", 2, 115],
    ["16777217.01", 2, 1_677_721_701],
    ["250.00", 2, 25_000],
    ["250.000000", 2, 25_000],
    ["1719,5", 2, 171_950],
    ["+5", 2, 500],
    ["-1.5", 3, -1500],
    ["-0", 3, 0],
    ["-0.000", 3, 0],
    [".5", 3, 500],
    ["5.", 3, 5000],
    ["007", 0, 7],
    ["1\u00a0719,50", 2, 171_950],
    ["1\u202f719\u202f000", 2, 171_900_000],
    ["10 500", 0, 10_500],
    ["-1\u00a0000", 0, -1000]
  ])("R-STK-7: %s with %i decimals is %i", (text, decimals, value) => {
    expect(readDecimal(text, decimals)).toEqual([value, undefined])
  })

  it.each([
    ["", "empty"],
    ["-", "not-a-number"],
    [".", "not-a-number"],
    ["1.2.3", "not-a-number"],
    ["1,234.50", "not-a-number"],
    ["--1", "not-a-number"],
    ["1-", "not-a-number"],
    ["1e3", "not-a-number"],
    ["0x10", "not-a-number"],
    ["NaN", "not-a-number"],
    ["Infinity", "not-a-number"],
    ["пять", "not-a-number"],
    ["1 2", "not-a-number"],
    ["1 2345", "not-a-number"],
    ["1234 567", "not-a-number"],
    [" 1", "not-a-number"],
    ["٣", "not-a-number"],
    ["160.316", "too-precise"],
    ["1,234", "too-precise"],
    ["0.001", "too-precise"],
    ["99999999999999999", "too-large"],
    ["9".repeat(400), "too-large"],
    ["9007199254740992", "too-large"]
  ])("R-STK-2: %j with 2 decimals is %s", (text, problem) => {
    expect(readDecimal(text, 2)[1]).toBe(problem)
  })

  it("R-STK-7: agrees with exact arithmetic on 20,000 random prices", () => {
    const random = randomFrom(43)
    for (let i = 0; i < 20_000; i++) {
      const whole = below(random, 10 ** (1 + below(random, 9)))
      const fraction = String(below(random, 100)).padStart(2, "0")
      const exact = Number(BigInt(whole) * 100n + BigInt(fraction))
      expect(readDecimal(`${whole}.${fraction}`, 2)[0]).toBe(exact)
    }
  })
})
