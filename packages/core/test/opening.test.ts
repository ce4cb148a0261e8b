import { type Branch, OpeningHours, openStretches } from "@aptekit/core"
import { makeBranch } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"

const at = (iso: string): number => Date.parse(iso)
const iso = (instant: number | null): string | null => (instant === null ? null : new Date(instant).toISOString())
const daily = (from: string, to: string): Branch["hours"] => [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from, to }))

const berlin = (over: Partial<Branch>): Branch => makeBranch("b", { zone: "Europe/Berlin", ...over })
const next = (branch: Branch, from: string): string | null => iso(new OpeningHours().nextOpening(branch, at(from)))
const isOpen = (branch: Branch, from: string): boolean => new OpeningHours().isOpen(branch, at(from))

/** The stretches that touch one UTC day, with their length in hours. */
const stretches = (branch: Branch, day: string): ReadonlyArray<readonly [string, string, number]> =>
  openStretches(branch, at(`${day}T00:00:00Z`), 1)
    .filter(({ start, end }) => end > at(`${day}T00:00:00Z`) && start < at(`${day}T24:00:00Z`))
    .map(({ start, end }) => [iso(start)!.slice(5, 16), iso(end)!.slice(5, 16), (end - start) / 3_600_000])

describe("opening hours", () => {
  it("D13: are wall-clock times of the branch's zone", () => {
    const almaty = makeBranch("a", { hours: daily("09:00", "21:00") })
    expect(next(almaty, "2026-11-23T02:00:00Z")).toBe("2026-11-23T04:00:00.000Z")
    expect(next(almaty, "2026-11-23T10:00:00Z"), "open now").toBe("2026-11-23T10:00:00.000Z")
    expect(isOpen(almaty, "2026-11-23T15:59:59Z")).toBe(true)
    expect(isOpen(almaty, "2026-11-23T16:00:00Z"), "the end is not open").toBe(false)
    expect(next(almaty, "2026-11-23T16:00:00Z")).toBe("2026-11-24T04:00:00.000Z")
  })

  it("D13: hours that nobody entered mean always open, but for the exceptions", () => {
    expect(next(makeBranch("x"), "2026-11-23T02:00:00Z")).toBe("2026-11-23T02:00:00.000Z")
    const shut = makeBranch("x", { exceptions: [{ date: "2026-11-23", intervals: [] }] })
    expect(next(shut, "2026-11-23T02:00:00Z"), "its midnight in Almaty").toBe("2026-11-23T19:00:00.000Z")
    expect(next(shut, "2026-11-24T02:00:00Z")).toBe("2026-11-24T02:00:00.000Z")
  })

  it("D13: the night of spring has an hour less, and a wall time that does not exist is the one after it", () => {
    const night = berlin({ hours: daily("22:00", "06:00") })
    const nights = [["03-28T21:00", "03-29T04:00", 7], ["03-29T20:00", "03-30T04:00", 8]]
    expect(stretches(night, "2026-03-29")).toEqual(nights)
    const early = berlin({ hours: daily("02:30", "10:00") })
    expect(next(early, "2026-03-28T22:00:00Z")).toBe("2026-03-29T01:30:00.000Z")
    expect(next(early, "2026-03-29T22:00:00Z")).toBe("2026-03-30T00:30:00.000Z")
  })

  it("D13: the night of autumn has an hour more", () => {
    const night = berlin({ hours: daily("22:00", "06:00") })
    const nights = [["10-24T20:00", "10-25T05:00", 9], ["10-25T21:00", "10-26T05:00", 8]]
    expect(stretches(night, "2026-10-25")).toEqual(nights)
    const day = berlin({ hours: daily("09:00", "18:00") })
    expect(next(day, "2026-10-24T20:00:00Z")).toBe("2026-10-25T08:00:00.000Z")
    expect(next(day, "2026-10-23T20:00:00Z")).toBe("2026-10-24T07:00:00.000Z")
  })

  it("D13: an interval past midnight belongs to the day on which it began", () => {
    const saturday = berlin({ hours: [{ day: 6, from: "20:00", to: "04:00" }] })
    expect(isOpen(saturday, "2026-11-29T02:59:00Z"), "Sunday 03:59").toBe(true)
    expect(isOpen(saturday, "2026-11-29T03:00:00Z"), "Sunday 04:00").toBe(false)
    expect(isOpen(saturday, "2026-11-28T02:00:00Z"), "Saturday 03:00").toBe(false)
    expect(next(saturday, "2026-11-29T03:00:00Z")).toBe("2026-12-05T19:00:00.000Z")
  })

  it("D13: 24:00 is midnight, and days that touch are one stretch", () => {
    const always = berlin({ hours: daily("00:00", "24:00") })
    const [only, ...others] = openStretches(always, at("2026-11-23T12:00:00Z"), 3)
    expect([others, (only!.end - only!.start) / 86_400_000]).toEqual([[], 5])
    expect(isOpen(always, "2026-11-23T22:59:59.999Z")).toBe(true)
    expect(isOpen(always, "2026-11-23T23:00:00Z")).toBe(true)
  })

  it("D13: an interval that ends at its start lasts until that time of the next day", () => {
    const guard = berlin({ hours: [{ day: 1, from: "09:00", to: "09:00" }] })
    expect(isOpen(guard, "2026-11-24T07:59:00Z"), "Tuesday 08:59").toBe(true)
    expect(isOpen(guard, "2026-11-24T08:00:00Z"), "Tuesday 09:00").toBe(false)
  })

  it("D13: a dated exception replaces the hours of its date, and only of that", () => {
    const holiday = berlin({
      hours: daily("20:00", "02:00"),
      exceptions: [
        { date: "2026-12-25", intervals: [] },
        { date: "2026-12-26", intervals: [{ from: "10:00", to: "12:00" }, { from: "14:00", to: "15:00" }] }
      ]
    })
    expect(isOpen(holiday, "2026-12-25T00:30:00Z"), "the night before still runs on").toBe(true)
    expect(isOpen(holiday, "2026-12-25T20:00:00Z")).toBe(false)
    expect(next(holiday, "2026-12-25T02:00:00Z")).toBe("2026-12-26T09:00:00.000Z")
    expect(next(holiday, "2026-12-26T11:00:00Z"), "between the two").toBe("2026-12-26T13:00:00.000Z")
    expect(next(holiday, "2026-12-26T14:00:00Z")).toBe("2026-12-27T19:00:00.000Z")
  })

  it("D13: a lunch break is not open", () => {
    const lunch = berlin({ hours: [{ day: 1, from: "08:00", to: "12:00" }, { day: 1, from: "13:00", to: "18:00" }] })
    expect(next(lunch, "2026-11-23T11:30:00Z")).toBe("2026-11-23T12:00:00.000Z")
  })

  it("D13: what is worked out once stays right as time goes on and back", () => {
    const hours = new OpeningHours()
    const branch = berlin({ hours: daily("09:00", "18:00") })
    for (const day of ["2026-11-23", "2026-12-30", "2026-11-20", "2027-06-01"]) {
      const from = `${day}T03:00:00Z`
      expect(iso(hours.nextOpening(branch, at(from)))).toBe(next(branch, from))
    }
  })
})
