import { DateTime } from "effect"

/** A row as it comes: flat JSON, tables of documents as arrays. */
export type Row = Readonly<Record<string, unknown>>

export const EMPTY_GUID = "00000000-0000-0000-0000-000000000000"
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu
const WALL = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})/u
const EMPTY_YEAR = "0001"

export const isGuid = (text: string): boolean => GUID.test(text)

/** A reference; null where it is empty or of no form that we know. */
export const refOf = (row: Row, field: string): string | null => {
  const value = row[field]
  return typeof value === "string" && isGuid(value) && value !== EMPTY_GUID ? value.toLowerCase() : null
}

/** Text without blanks around it; null where there is none. */
export const textOf = (row: Row, field: string): string | null => {
  const value = row[field]
  const text = typeof value === "string" ? value.trim() : ""
  return text === "" ? null : text
}

/** A number; Int64 comes as text (fact 74). Null where it is none. */
export const numberOf = (row: Row, field: string): number | null => {
  const value = row[field]
  const text = typeof value === "string" && value.trim() !== ""
  const number = typeof value === "number" || text ? Number(value) : NaN
  return Number.isFinite(number) ? number : null
}

export const flagOf = (row: Row, field: string): boolean => row[field] === true || row[field] === "true"

/** The day of a date; null for the empty date 0001-01-01 (fact 71). */
export const dayOf = (row: Row, field: string): string | null => {
  const match = WALL.exec(textOf(row, field) ?? "")
  return match === null || match[1] === EMPTY_YEAR ? null : `${match[1]}-${match[2]}-${match[3]}`
}

/** The instant of a wall clock without zone, in the base's zone (fact 71). Null: empty or unreadable. */
export const instantOf = (text: string | null, zone: string): number | null => {
  const match = WALL.exec(text ?? "")
  if (match === null || match[1] === EMPTY_YEAR) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number, number, number, number, number, number
  ]
  const instant = DateTime.toEpochMillis(
    DateTime.makeZonedUnsafe(
      { year, month, day, hour, minute, second },
      { timeZone: DateTime.zoneMakeNamedUnsafe(zone), adjustForTimeZone: true }
    )
  )
  return Number.isNaN(instant) ? null : instant
}

/** Literals of `$filter` and of keys. */
export const guid = (id: string): string => `guid'${id}'`
export const datetime = (wall: string): string => `datetime'${wall}'`
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
