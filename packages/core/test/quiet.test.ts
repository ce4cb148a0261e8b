import { keptUntil, lateReason, type NoticeRules, noticesBetween, Policy, quietUntil, resolvePolicy, Schema } from "@aptekit/core"
import { makeOrder } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"

const NIGHT = { from: "22:00", to: "08:00" }
const at = (iso: string): number => Date.parse(iso)
const end = (iso: string, zone: string, quiet: { from: string; to: string }): string | null => {
  const until = quietUntil(at(iso), zone, quiet)
  return until === null ? null : new Date(until).toISOString()
}

describe("SMS-1: quiet hours", () => {
  test.for<[string, string, typeof NIGHT, string | null]>([
    ["2026-11-23T16:59:00Z", "Asia/Almaty", NIGHT, null],
    ["2026-11-23T17:00:00Z", "Asia/Almaty", NIGHT, "2026-11-24T03:00:00.000Z"],
    ["2026-11-24T02:59:59Z", "Asia/Almaty", NIGHT, "2026-11-24T03:00:00.000Z"],
    ["2026-11-24T03:00:00Z", "Asia/Almaty", NIGHT, null],
    ["2026-12-31T20:00:00Z", "Europe/Moscow", NIGHT, "2027-01-01T05:00:00.000Z"],
    ["2026-11-23T12:30:00Z", "UTC", { from: "12:00", to: "13:00" }, "2026-11-23T13:00:00.000Z"],
    ["2026-11-23T22:30:00Z", "UTC", { from: "22:00", to: "24:00" }, "2026-11-24T00:00:00.000Z"],
    // Berlin's clocks go back in this night, and forward in that one.
    ["2026-10-24T21:00:00Z", "Europe/Berlin", NIGHT, "2026-10-25T07:00:00.000Z"],
    ["2027-03-27T22:00:00Z", "Europe/Berlin", NIGHT, "2027-03-28T06:00:00.000Z"],
    // Half past two comes twice there, and not at all.
    ["2026-10-25T00:10:00Z", "Europe/Berlin", { from: "22:00", to: "02:30" }, "2026-10-25T01:30:00.000Z"],
    ["2026-10-25T01:10:00Z", "Europe/Berlin", { from: "22:00", to: "02:30" }, "2026-10-25T01:30:00.000Z"],
    ["2027-03-28T00:10:00Z", "Europe/Berlin", { from: "22:00", to: "02:30" }, "2027-03-28T01:30:00.000Z"]
  ])("at %s in %s", ([iso, zone, quiet, expected]) => {
    expect(end(iso, zone, quiet)).toBe(expected)
  })

  const rules = (over: Partial<NoticeRules> = {}, quietIgnoredBy: ReadonlyArray<"reserved"> = []): NoticeRules => ({
    policy: () => resolvePolicy(undefined, undefined, { quietHours: NIGHT, quietIgnoredBy }),
    gateways: [{ connection: "sms", kinds: ["sms"] }],
    now: at("2026-11-23T18:00:00Z"),
    zone: () => "Asia/Almaty",
    ...over
  })
  const available = (own: NoticeRules) => noticesBetween(null, makeOrder({ n: 1 }), own).map(({ availableAt }) => availableAt)

  test("a message that falls into them waits for their end in the branch's zone", () => {
    expect(available(rules())).toEqual([at("2026-11-24T03:00:00Z")])
    expect(available(rules({ zone: () => "Europe/Berlin" }))).toEqual([at("2026-11-23T18:00:00Z")])
  })

  test("a notice that policy names does not wait", () => {
    expect(available(rules({}, ["reserved"]))).toEqual([at("2026-11-23T18:00:00Z")])
  })

  test("R-SMS-1: a whole day of them is refused, however it is spelt: no message would ever go", () => {
    const isPolicy = Schema.is(Policy.fields.quietHours)
    expect([NIGHT, { from: "00:00", to: "23:59" }, { from: "00:01", to: "24:00" }, { from: "08:24", to: "08:00" }].map(isPolicy)).toEqual([true, true, true, true])
    for (const day of [{ from: "00:00", to: "24:00" }, { from: "24:00", to: "00:00" }, { from: "08:00", to: "08:00" }, { from: "24:00", to: "24:00" }]) {
      expect([day, isPolicy(day)]).toEqual([day, false])
    }
  })

  test("the default leaves nobody waiting", () => {
    const policy = () => resolvePolicy(undefined, undefined, undefined)
    expect(available(rules({ policy }))).toEqual([at("2026-11-23T18:00:00Z")])
  })

  test("what says that goods are kept is late when the time has passed; what says that they are not, never", () => {
    const order = makeOrder({ n: 1 })
    expect(lateReason("reserved", order, 1_000, 1_000)).toContain("the time that it names has passed")
    expect(lateReason("reserved", order, 1_001, 1_000)).toBeNull()
    expect(lateReason("reserved", order, null, 1_000)).toBeNull()
    const [part] = order.fulfilments
    const extended = { ...order, fulfilments: [{ ...part!, reservation: { state: "live" as const, expiresAt: 9_000 } }] }
    expect(keptUntil(extended, part!.branchId, 1_000)).toBe(9_000)
    expect(keptUntil(extended, "elsewhere", 1_000)).toBe(1_000)
    expect(keptUntil(extended, part!.branchId, null)).toBeNull()
    expect(lateReason("expired", order, 1_000, 1_000)).toBeNull()
  })
})
