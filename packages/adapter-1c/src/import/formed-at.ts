import { DateTime } from "effect"

const WRITTEN = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/u

const wallClock = (parts: ReadonlyArray<string | undefined>, zone: string): number => {
  const [year, month, day, hour, minute, second] = parts.map((part) => Number(part ?? 0)) as [
    number, number, number, number, number, number
  ]
  return DateTime.toEpochMillis(
    DateTime.makeZonedUnsafe(
      { year, month, day, hour, minute, second },
      { timeZone: DateTime.zoneMakeNamedUnsafe(zone), adjustForTimeZone: true }
    )
  )
}

/**
 * The instant up to which a file speaks (D2): `ДатаФормирования`, the wall clock of the base, in its zone. Absent,
 * unreadable or later than the session's start, it is the session's start: too early only undersells.
 */
export const asOf = (formedAt: string | null, zone: string, startedAt: number): number => {
  const match = formedAt === null ? null : WRITTEN.exec(formedAt.trim())
  if (match === null) return startedAt
  const written = match[7]
  const text = `${match[1]}-${match[2]}-${match[3]}`
  if (Number.isNaN(Date.parse(text)) || new Date(text).toISOString().slice(0, 10) !== text) return startedAt
  const instant = written === undefined
    ? wallClock(match.slice(1, 7), zone)
    : Date.parse(`${text}T${match[4] ?? "00"}:${match[5] ?? "00"}:${match[6] ?? "00"}${written}`)
  return Number.isNaN(instant) || instant < 0 || instant > startedAt ? startedAt : instant
}
