import { DateTime } from "effect"
import { DAY, type Instant } from "../kernel/time.ts"
import type { Interval } from "./interval.ts"
import type { Branch } from "./model.ts"

/** An open stretch of time: from `start` up to, not including, `end`. */
export interface OpenStretch {
  readonly start: Instant
  readonly end: Instant
}

interface LocalDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

const SEARCH_DAYS = 30

/** Monday = 1 … Sunday = 7, of a calendar date; no zone is involved. */
const weekday = ({ year, month, day }: LocalDate): number => {
  const sundayFirst = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
  return sundayFirst === 0 ? 7 : sundayFirst
}

const addDays = ({ year, month, day }: LocalDate, days: number): LocalDate => {
  const moved = new Date(Date.UTC(year, month - 1, day + days))
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() }
}

const isoDate = ({ year, month, day }: LocalDate): string =>
  `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`

const ALL_DAY: ReadonlyArray<Interval> = [{ from: "00:00", to: "24:00" }]

/** The intervals of one date: its exception where there is one, else its weekday's. */
const intervalsOf = (branch: Branch, date: LocalDate): ReadonlyArray<Interval> => {
  const exception = branch.exceptions.find((e) => e.date === isoDate(date))
  if (exception !== undefined) return exception.intervals
  // Hours that nobody entered must not stop orders: such a branch is open but for its exceptions.
  if (branch.hours.length === 0) return ALL_DAY
  const day = weekday(date)
  return branch.hours.filter((h) => h.day === day)
}

const toInstant = (date: LocalDate, time: string, zone: DateTime.TimeZone): Instant => {
  const hour = Number(time.slice(0, 2))
  const shifted = hour === 24 ? addDays(date, 1) : date
  return DateTime.toEpochMillis(
    DateTime.makeZonedUnsafe(
      { ...shifted, hour: hour % 24, minute: Number(time.slice(3, 5)) },
      { timeZone: zone, adjustForTimeZone: true }
    )
  )
}

/**
 * When the branch is open between `from` and `from + days`, in order, touching stretches merged.
 * Wall-clock times are read in the branch's zone, so a day of 23 or 25 hours comes out right (D13).
 */
export const openStretches = (branch: Branch, from: Instant, days: number): ReadonlyArray<OpenStretch> => {
  const zone = DateTime.zoneMakeNamedUnsafe(branch.zone)
  const { year, month, day } = DateTime.toParts(DateTime.setZone(DateTime.makeUnsafe(from), zone))
  const first = addDays({ year, month, day }, -1)
  const found: Array<OpenStretch> = []
  for (let i = 0; i <= days + 1; i++) {
    const date = addDays(first, i)
    for (const interval of intervalsOf(branch, date)) {
      const endDate = interval.to <= interval.from ? addDays(date, 1) : date
      found.push({ start: toInstant(date, interval.from, zone), end: toInstant(endDate, interval.to, zone) })
    }
  }
  found.sort((a, b) => a.start - b.start)
  const merged: Array<OpenStretch> = []
  for (const stretch of found) {
    const last = merged.at(-1)
    if (last !== undefined && stretch.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, stretch.end) }
    } else merged.push(stretch)
  }
  return merged
}

/**
 * The opening hours of many branches, asked thousands of times a second: each branch's stretches are worked
 * out once for a month and looked up from then on. Keyed by the branch's value, so a changed branch starts anew.
 */
export class OpeningHours {
  readonly #known = new WeakMap<Branch, { from: Instant; until: Instant; stretches: ReadonlyArray<OpenStretch> }>()

  /** The next moment, `at` included, when the branch is open; null when it stays shut for a month. */
  nextOpening(branch: Branch, at: Instant): Instant | null {
    for (const stretch of this.#stretches(branch, at)) {
      if (stretch.end > at) return Math.max(stretch.start, at)
    }
    return null
  }

  isOpen(branch: Branch, at: Instant): boolean {
    return this.nextOpening(branch, at) === at
  }

  #stretches(branch: Branch, at: Instant): ReadonlyArray<OpenStretch> {
    let known = this.#known.get(branch)
    if (known === undefined || at < known.from || at >= known.until) {
      known = { from: at, until: at + DAY, stretches: openStretches(branch, at, SEARCH_DAYS) }
      this.#known.set(branch, known)
    }
    return known.stretches
  }
}
