import { SegmentedMessage } from "sms-segments-calculator"
import { describe, expect, test } from "vitest"
import { segmentsOf } from "../src/notify/segments.ts"

/** Repeatable: the same texts each time. */
const random = (seed: number) => () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647

const LETTERS = {
  gsm: Array.from("aZ09 @£$¥èÇ\nØÅΔ_ΦΓΛΩ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"),
  extended: Array.from("ab^{}\\[~]|€"),
  cyrillic: Array.from("Заказ ӘәҒғҚқҢңӨөҰұҮүҺһІі№₸ 10{€"),
  emoji: Array.from("aж💊🏥")
}

describe("SMS-1: segments", () => {
  test.each([
    ["nothing", "", "gsm7", 1],
    ["160 GSM letters", "a".repeat(160), "gsm7", 1],
    ["161 GSM letters", "a".repeat(161), "gsm7", 2],
    ["306", "a".repeat(306), "gsm7", 2],
    ["307", "a".repeat(307), "gsm7", 3],
    ["80 euros, which are two each", "€".repeat(80), "gsm7", 1],
    ["81 euros", "€".repeat(81), "gsm7", 2],
    ["70 Cyrillic letters", "ж".repeat(70), "ucs2", 1],
    ["71 Cyrillic letters", "ж".repeat(71), "ucs2", 2],
    ["one Kazakh letter among Latin ones", `${"a".repeat(70)}Қ`, "ucs2", 2],
    ["134", "ж".repeat(134), "ucs2", 2],
    ["135", "ж".repeat(135), "ucs2", 3]
  ])("%s", (_, text, encoding, count) => {
    expect(segmentsOf(text)).toMatchObject({ encoding, parts: { length: count } })
  })

  test.each(Object.keys(LETTERS) as ReadonlyArray<keyof typeof LETTERS>)(
    "as Twilio's calculator counts, and no letter is lost or cut: %s",
    (kind) => {
      const next = random(kind.length * 7_919)
      const letters = LETTERS[kind]
      for (let i = 0; i < 60; i++) {
        const text = Array.from({ length: Math.floor(next() * 400) }, () => letters[Math.floor(next() * letters.length)]).join("")
        const { encoding, parts } = segmentsOf(text)
        const expected = new SegmentedMessage(text)
        expect([encoding, parts.length]).toEqual([expected.encodingName === "GSM-7" ? "gsm7" : "ucs2", expected.segmentsCount])
        expect(parts.join("")).toBe(text)
        expect(parts.every((part) => part.isWellFormed())).toBe(true)
      }
    }
  )
})
