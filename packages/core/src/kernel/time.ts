import { Schema } from "effect"

/** An instant: milliseconds since 1970-01-01T00:00Z. Zones belong to branches (D13, D24). */
export const Instant = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8_640_000_000_000_000 }))
export type Instant = typeof Instant.Type

/** In milliseconds, as `HOUR` and `DAY`. */
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The text form of an instant in APIs and events. */
export const toIso = (at: Instant): string => new Date(at).toISOString()

/** `Date.parse` takes the 30th of February for the 2nd of March. */
const dateExists = (text: string): boolean =>
  !Number.isNaN(Date.parse(text)) && new Date(`${text.slice(0, 10)}T00:00Z`).toISOString().startsWith(text.slice(0, 10))

/** An instant as APIs write it: ISO 8601 with a zone; decoded to milliseconds. */
export const IsoInstant = Schema.String.check(
  Schema.isPattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/u, {
    expected: "an ISO 8601 instant with its zone, such as 2026-11-21T10:00:00Z"
  }),
  Schema.makeFilter((text: string) => dateExists(text) || "a date that exists")
)
