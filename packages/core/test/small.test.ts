import {
  backOff,
  fingerprint,
  differingFields,
  fold,
  gtinOf,
  isAnalogue,
  NoticeTexts,
  DEFAULT_LANE,
  normaliseEmail,
  normalisePhone,
  resolvePolicy
} from "@aptekit/core"
import { makeBranch, makeOrder, makeProduct, makeRequest } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"

describe("scanned codes", () => {
  it.each([
    ["EAN-13", "4600000000015", "04600000000015"],
    ["EAN-8", "96385074", "00000096385074"],
    ["UPC-A", "036000291452", "00036000291452"],
    ["GTIN-14", "04600000000015", "04600000000015"],
    ["with blanks around it", " 4600000000015\r\n", "04600000000015"],
    ["DataMatrix", "010460000000001521ABC", "04600000000015"],
    ["DataMatrix with its symbology mark", "]d2010460000000001517261231", "04600000000015"],
    ["DataMatrix that begins with FNC1", "\u001d010460000000001510B1", "04600000000015"],
    ["DataMatrix for people", "(01)04600000000015(17)261231", "04600000000015"],
    ["GS1-128", "]C1010460000000001510B1", "04600000000015"],
    ["a network's own code", "AB-77", "AB-77"],
    ["too short for a GTIN", "1234567", "1234567"]
  ])("ORD-11: %s", (_, scanned, gtin) => expect(gtinOf(scanned)).toBe(gtin))
})

describe("fingerprint", () => {
  const request = makeRequest({ comment: "ё" })

  it("D15: the phone's spelling and the order of keys are no difference", () => {
    const { channel, externalId, customer, ...rest } = request
    const respelt = { ...rest, customer: { phone: "8 701 000 00 01", name: customer.name }, externalId, channel }
    expect(fingerprint(respelt, "KZ")).toBe(fingerprint(request, "KZ"))
  })

  it("D15: a phone that nobody can read is compared as it was sent", () => {
    const unread = (phone: string) => fingerprint({ ...request, customer: { ...request.customer, phone } }, "KZ")
    expect(unread(" звонить ")).toBe(unread("звонить"))
    expect(unread("звонить")).not.toBe(unread("писать"))
  })

  it("D15: the case of an e-mail address is no difference, another address is", () => {
    const mailed = (email: string) => fingerprint({ ...request, customer: { ...request.customer, email } }, "KZ")
    expect(mailed(" Aigerim@Mail.KZ")).toBe(mailed("aigerim@mail.kz"))
    expect(mailed("b@mail.kz")).not.toBe(mailed("a@mail.kz"))
    expect(mailed("a@mail.kz")).not.toBe(fingerprint(request, "KZ"))
  })

  it("D15: the order of lines counts, and differing fields are named in one order", () => {
    const two = [{ sku: "a", quantity: 1 }, { sku: "b", quantity: 1 }] as const
    const one = fingerprint({ ...request, lines: two }, "KZ")
    const other = fingerprint({ ...request, lines: [two[1], two[0]], comment: "е", payment: { method: "card" } }, "KZ")
    expect(differingFields(one, other)).toEqual(["lines", "payment", "comment"])
    expect(differingFields(one, one)).toEqual([])
  })
})

describe("e-mail addresses", () => {
  it.each([
    ["Aigerim@Mail.KZ ", "aigerim@mail.kz"],
    ["ұлжан+1@пошта.қаз", "ұлжан+1@пошта.қаз"],
    ["a.b-c_d@sub.example.com", "a.b-c_d@sub.example.com"],
    ["", null], ["a@b", null], ["a@b.c,d@e.kz", null], ["a@b.kz\r\nBcc: c@d.kz", null], ["<a@b.kz>", null], ["a b@c.kz", null],
    ["a..b@c.kz", null], ["a@-c.kz", null], [`${"a".repeat(65)}@b.kz`, null], [`a@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.kz`, null]
  ])("SMS-2: %j is kept as %j", (raw, kept) => expect(normaliseEmail(raw)).toBe(kept))
})

describe("phones and texts", () => {
  it.each([
    ["+7 (701) 000-00-01", "KZ", "+77010000001"],
    ["8 701 000 00 01", "KZ", "+77010000001"],
    ["87010000001", "KZ", "+77010000001"],
    ["+49 30 901820", "KZ", "+4930901820"],
    ["12", "KZ", null],
    ["", "KZ", null],
    ["позвоните", "KZ", null]
  ])("ORD-2: %s read in %s", (raw, country, phone) => expect(normalisePhone(raw, country)).toBe(phone))

  it("D23: folded texts compare without case, ё, width and blanks", () => {
    expect(fold("  Ёлка\u00a0 ＡＢＣ  ÄÖ\n")).toBe("елка abc äö")
    expect(fold("ҚАСЫМ")).toBe("қасым")
  })
})

describe("back-off", () => {
  it("OPS-1: doubles from one second to ten minutes, with jitter above one half", () => {
    expect([1, 2, 3, 4].map((attempt) => backOff(attempt, 0))).toEqual([500, 1000, 2000, 4000])
    expect([1, 2, 3, 4].map((attempt) => backOff(attempt, 0.5))).toEqual([750, 1500, 3000, 6000])
    expect([backOff(DEFAULT_LANE.maxAttempts, 0), backOff(DEFAULT_LANE.maxAttempts, 0.999_999_9)]).toEqual([300_000, 600_000])
    expect(backOff(0, 0), "a message that was never claimed").toBe(500)
  })

  const attempts = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2000 }))
  const chance = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.999 }))
  it.prop("OPS-1: is always a whole number between half a second and ten minutes", { attempts, chance }, (input) => {
    const wait = backOff(input.attempts, input.chance)
    expect(Number.isInteger(wait) && wait >= 500 && wait <= 600_000).toBe(true)
  }, { arbitrary: { runs: 200, seed: 5 } })
})

describe("messages to buyers", () => {
  const branch = makeBranch("north", { name: "Аптека 7", address: "Абая, 1" })
  const until = Date.parse("2026-11-23T13:05:00Z")
  const texts = new NoticeTexts([])
  const order = (language: "ru" | "kk" | "en", over = {}) =>
    makeOrder({ n: 1, over: { customer: { name: "Имя", phone: "+77010000001", email: null, language }, ...over } })
  const courier = { delivery: { type: "courier", address: { text: "Абая, 9", point: null } } } as const

  it("SMS-1: say number, place and end in the buyer's language and the branch's time", () => {
    const text = (language: "ru" | "kk" | "en") => texts.render({ notice: "reserved", order: order(language), branch, expiresAt: until })
    expect(text("ru")).toBe("Заказ 1001 забронирован: Аптека 7, Абая, 1. Ждём до 23.11 18:05")
    expect(text("kk")).toBe("1001 тапсырыс брондалды: Аптека 7, Абая, 1. 23.11 18:05 дейін күтеміз")
    expect(text("en")).toBe("Order 1001 is reserved: Аптека 7, Абая, 1, until 23 Nov 18:05")
  })

  it("SMS-1: of a delivery do not name the branch", () => {
    for (const language of ["ru", "kk", "en"] as const) {
      expect(texts.render({ notice: "reserved", order: order(language, courier), branch, expiresAt: until })).not.toContain("Абая")
      expect(texts.render({ notice: "assembled", order: order(language, courier), branch, expiresAt: until })).not.toContain("Абая")
    }
  })

  it("SMS-1: exist in every language, name the order and no person, and fit into two parts", () => {
    for (const language of ["ru", "kk", "en"] as const) {
      for (const notice of ["reserved", "operator", "assembled", "expired", "cancelled", "closed"] as const) {
        const text = texts.render({ notice: notice, order: order(language), branch, expiresAt: until })
        expect(text).toContain("1001")
        expect(text).not.toMatch(/Имя|7010000001|undefined|null/u)
        expect(text.length).toBeLessThanOrEqual(2 * 67)
      }
    }
  })
})

describe("policies and analogues", () => {
  it("D31: channel over branch over network over default", () => {
    const network = { bookingMinutes: 3, depthMargin: 4 }
    const policy = resolvePolicy({ split: false }, { split: true, bookingMinutes: 2 }, network)
    expect(policy).toMatchObject({ split: false, bookingMinutes: 2, depthMargin: 4, reserveAt: "intake" })
  })

  it("ORD-4: analogues share substance, form and strength, all of them known", () => {
    const one = makeProduct("a", { inn: "Ибупрофен", form: "таблетки", strength: "200 мг" })
    const other = { ...one, id: makeProduct("b").id }
    expect([isAnalogue(one, other), isAnalogue(one, one)]).toEqual([true, false])
    expect(isAnalogue(one, { ...other, strength: "400 мг" })).toBe(false)
    expect(isAnalogue({ ...one, inn: null }, { ...other, inn: null })).toBe(false)
  })
})
