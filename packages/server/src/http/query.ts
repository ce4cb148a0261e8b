import type { Context } from "hono"
import { HttpProblem } from "../problems.ts"

const wrong = (path: string, message: string): HttpProblem =>
  new HttpProblem("invalidInput", `Bad input: ${path}: ${message}`, { errors: [{ path, message }] })

/** `limit`: how many a page holds. */
export const limitOf = (c: Context, fallback: number, most: number): number => {
  const text = c.req.query("limit")
  if (text === undefined) return fallback
  const limit = /^\d{1,6}$/u.test(text) ? Number(text) : 0
  if (limit < 1 || limit > most) throw wrong("limit", `an integer from 1 to ${most}`)
  return limit
}

/** A short text of the query. */
export const textOf = (c: Context, name: string, longest = 200): string | undefined => {
  const text = c.req.query(name)
  if (text !== undefined && text.length > longest) throw wrong(name, `at most ${longest} characters`)
  return text === "" ? undefined : text
}

/** A place in a list as its clients hold it: it names the list, so that nonsense is told from a place. */
export const cursorText = (list: string, next: string | null): string | null =>
  next === null ? null : Buffer.from(`${list}:${next}`).toString("base64url")

/**
 * `cursor`: `next` of the page before. Nonsense would begin the list somewhere, and nobody would notice.
 * `form`: what a place in this list looks like, where it is not just an id.
 */
export const cursorOf = (c: Context, list: string, form = /./u): string | undefined => {
  const text = textOf(c, "cursor", 500)
  if (text === undefined) return undefined
  const place = Buffer.from(text, "base64url").toString()
  const after = place.slice(list.length + 1)
  if (!place.startsWith(`${list}:`) || !form.test(after)) throw wrong("cursor", "`next` of the page before")
  return after
}

/** Values of a parameter that may be repeated or written with commas. */
export const listOf = (c: Context, name: string, most: number): ReadonlyArray<string> => {
  const values = (c.req.queries(name) ?? []).flatMap((part) => part.split(",")).filter((part) => part !== "")
  if (values.length > most) throw wrong(name, `at most ${most} values`)
  if (values.some((value) => value.length > 100)) throw wrong(name, "a value is longer than 100 characters")
  return [...new Set(values)]
}

/** The same, where only some values exist. */
export const choicesOf = <A extends string>(
  c: Context,
  name: string,
  allowed: ReadonlyArray<A>
): ReadonlyArray<A> | undefined => {
  const values = listOf(c, name, allowed.length)
  const unknown = values.some((value) => !(allowed as ReadonlyArray<string>).includes(value))
  if (unknown) throw wrong(name, `only ${allowed.join(", ")}`)
  return values.length === 0 ? undefined : (values as ReadonlyArray<A>)
}

export const flagOf = (c: Context, name: string): boolean => {
  const text = c.req.query(name)
  if (text !== undefined && text !== "true" && text !== "false") throw wrong(name, "true or false")
  return text === "true"
}

/** A number of the feed. */
export const positionOf = (text: string | undefined, name: string): number | undefined => {
  if (text === undefined || text === "") return undefined
  const position = /^\d{1,16}$/u.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(position)) throw wrong(name, "a number that the feed gave")
  return position
}

/** An id of the path; one that cannot be an id is not found. */
export const idOf = (c: Context, what: string): string => {
  const id = c.req.param("id") ?? ""
  if (id.length === 0 || id.length > 100) throw new HttpProblem("notFound", `No such ${what}. Check the id.`)
  return id
}

/** `If-Match`: the version that the caller has seen. */
export const ifMatchOf = (c: Context): number | undefined => {
  const text = c.req.header("if-match")
  if (text === undefined || text.trim() === "*") return undefined
  const [, version] = /^(?:W\/)?"?(\d{1,15})"?$/u.exec(text.trim()) ?? []
  if (version === undefined) throw new HttpProblem("badRequest", 'If-Match takes the ETag of the order, such as "3".')
  return Number(version)
}

export const idempotencyKeyOf = (c: Context): string | undefined => {
  const key = c.req.header("idempotency-key")
  if (key === undefined) return undefined
  if (!/^[\x21-\x7e]{1,128}$/u.test(key)) {
    throw new HttpProblem("badRequest", "Idempotency-Key takes 1 to 128 visible ASCII characters.")
  }
  return key
}

export const unknownValue = wrong
