import { type Language, NOTICES, type Notice, NoticeTexts, templateProblems } from "@aptekit/core"
import { makeBranch, makeOrder } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"

const UNTIL = Date.parse("2026-11-23T20:05:00Z")

const rendered = (text: string, language: Language, zone = "Asia/Almaty", expiresAt: number | null = UNTIL): string =>
  new NoticeTexts([{ notice: "reserved", language, text }]).render({
    notice: "reserved",
    order: makeOrder({ n: 1, over: { customer: { name: "Имя", phone: "+77010000001", email: null, language } } }),
    branch: makeBranch("north", { name: "Аптека 7", address: "Абая, 1", zone }),
    expiresAt
  })

describe("SMS-1: texts of messages", () => {
  test.for([
    ["ru", "{units, plural, one {# упаковка} few {# упаковки} many {# упаковок} other {# упаковки}}"],
    ["kk", "{units, plural, one {# қорап} other {# қорап}}"],
    ["en", "{units, plural, one {# pack} other {# packs}}"]
  ] as const)("plurals in %s are no problem", ([language, text]) => {
    expect(templateProblems(text, language)).toEqual([])
    expect(rendered(text, language)).toMatch(/^\d+ \p{L}+$/u)
  })

  test.for([
    ["ru", "Asia/Almaty", "24 ноября"],
    ["ru", "Europe/Berlin", "23 ноября"],
    ["kk", "Asia/Almaty", "24 қараша"],
    ["en", "Asia/Almaty", "24 November"]
  ] as const)("dates in %s at %s", ([language, zone, expected]) => {
    expect(rendered("{until, date, ::dMMMM}", language, zone)).toBe(expected)
  })

  test("without an end nothing is said of one", () => {
    expect(rendered("a{until, date, short}b", "ru", "Asia/Almaty", null)).toBe("ab")
    for (const language of ["ru", "kk", "en"] as const) {
      const text = new NoticeTexts([]).template("reserved", language).text
      expect(rendered(text, language, "Asia/Almaty", null)).toMatch(/Абая, 1$/u)
    }
  })

  test("a tag is text", () => {
    expect(rendered("<b>{number}</b>", "ru")).toBe("<b>1001</b>")
  })

  test("what comes with the hub would pass as an own text", () => {
    const texts = new NoticeTexts([])
    for (const language of ["ru", "kk", "en"] as const) {
      for (const notice of NOTICES) {
        expect(templateProblems(texts.template(notice, language).text, language)).toEqual([])
        expect(templateProblems(texts.subjectTemplate(notice, language).text, language)).toEqual([])
      }
    }
  })

  test.for<[string, RegExp]>([
    ["", /empty/u],
    ["  ", /empty/u],
    ["x".repeat(1_001), /longer than 1000/u],
    ["{phone}", /\{phone\} is not known; there are number/u],
    ["{constructor}", /not known/u],
    ["{delivery, select, other {{lines, plural, other {{nested}}}}}", /\{nested\} is not known/u],
    ["{until}", /\{until\} is used as \{until, date/u],
    ["{number, date}", /\{number\} is used as \{number\}/u],
    ["{until, date, sometimes}", /no style "sometimes"/u],
    ["{delivery}", /select/u],
    ["{lines, plural, one {a}}", /no ICU message: MISSING_OTHER_CLAUSE/u],
    ["{number", /no ICU message/u],
    ["{kept, select, yes {a} other {}}", /says nothing/u],
    ["{units, plural, one {} other {# шт.}}", /says nothing/u],
    ["{lines, plural, one {a} few {{units, number, ::currency/XX}} other {b}}", /is no ICU message/u]
  ])("%s is refused", ([text, problem]) => {
    expect(templateProblems(text, "ru").join("; ")).toMatch(problem)
  })

  test("a text taken back is the standard one again", () => {
    const texts = new NoticeTexts([{ notice: "closed", language: "ru", text: null }])
    expect(texts.template("closed" satisfies Notice, "ru")).toMatchObject({ standard: true })
  })
})
