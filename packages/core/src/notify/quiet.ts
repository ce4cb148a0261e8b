import { DateTime } from "effect"
import type { Instant } from "../kernel/time.ts"
import type { Interval } from "../network/interval.ts"

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

/**
 * The end of the quiet hours that an instant falls into; null where it falls into none. Wall-clock times are the zone's, so a
 * night of 9 or 11 hours comes out right.
 */
export const quietUntil = (at: Instant, zone: string, quiet: Interval): Instant | null => {
  const timeZone = DateTime.zoneMakeNamedUnsafe(zone)
  const { year, month, day, hour, minute } = DateTime.toParts(DateTime.setZone(DateTime.makeUnsafe(at), timeZone))
  const [from, to, now] = [minutesOf(quiet.from), minutesOf(quiet.to), hour * 60 + minute]
  const overnight = to <= from
  const inside = overnight ? now >= from || now < to : now >= from && now < to
  if (!inside) return null
  // The day after, where it began this evening; 24:00 is the start of the next day.
  const days = (overnight && now >= from ? 1 : 0) + (to === 24 * 60 ? 1 : 0)
  const date = DateTime.toPartsUtc(DateTime.add(DateTime.makeUnsafe({ year, month, day }), { days }))
  return DateTime.toEpochMillis(
    DateTime.makeZonedUnsafe(
      { year: date.year, month: date.month, day: date.day, hour: Math.floor(to / 60) % 24, minute: to % 60 },
      // An end that comes twice, as clocks go back, is the second one.
      { timeZone, adjustForTimeZone: true, disambiguation: "later" }
    )
  )
}
