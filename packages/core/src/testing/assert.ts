import { Effect } from "effect"

/** A conformance case found something else than it must be. */
export class CaseFailed extends Error {
  override readonly name = "CaseFailed"
}

/** @throws CaseFailed with `what` where the condition is false */
export const check = (condition: boolean, what: string): void => {
  if (!condition) throw new CaseFailed(what)
}

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

/** The first place where two values differ, as `path: expected …, got …`; null where they are equal. */
const difference = (actual: unknown, expected: unknown, path: string): string | null => {
  if (Object.is(actual, expected)) return null
  const both = typeof actual === "object" && typeof expected === "object" && actual !== null && expected !== null
  if (!both || Array.isArray(actual) !== Array.isArray(expected)) {
    return `${path}: expected ${show(expected)}, got ${show(actual)}`
  }
  const a = actual as Record<string, unknown>
  const e = expected as Record<string, unknown>
  const missing = Object.keys(e).find((key) => !(key in a))
  if (missing !== undefined) return `${path}.${missing}: expected ${show(e[missing])}, got nothing`
  const extra = Object.keys(a).find((key) => !(key in e))
  if (extra !== undefined) return `${path}.${extra}: expected nothing, got ${show(a[extra])}`
  for (const key of Object.keys(e)) {
    const found = difference(a[key], e[key], `${path}.${key}`)
    if (found !== null) return found
  }
  return null
}

/** Deep and strict equality of plain data; the order of keys does not matter. */
export const same = (actual: unknown, expected: unknown, what: string): void => {
  const found = difference(actual, expected, what)
  if (found !== null) throw new CaseFailed(found)
}

/** The error that an effect must fail with. */
export const failure = <A, E extends { readonly _tag: string }, R, T extends E["_tag"]>(
  effect: Effect.Effect<A, E, R>,
  tag: T
): Effect.Effect<Extract<E, { readonly _tag: T }>, never, R> =>
  Effect.flatMap(Effect.result(effect), (result) => {
    const failed = (what: string) => Effect.die(new CaseFailed(`expected ${tag}, but it ${what}`))
    if (result._tag === "Success") return failed(`succeeded: ${show(result.success)}`)
    if (result.failure._tag !== tag) return failed(`failed with ${show(result.failure)}`)
    return Effect.succeed(result.failure as Extract<E, { readonly _tag: T }>)
  })
