import { Schema } from "@aptekit/core"

/** How long answers may be kept, and how many. */
export const Kept = Schema.Struct({
  days: Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 3_650 })),
  /** Beyond so many the least recently used answer is dropped; 10,000 if left out. */
  entries: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })))
})

/** How long answers may be kept: what the service's licence allows, or `false`. */
export const Cache = Schema.Union([Schema.Literal(false), Kept])
export type Cache = typeof Cache.Type

const DAY = 86_400_000
const ENTRIES = 10_000

export interface Memory<A> {
  readonly get: (key: string) => A | undefined
  readonly set: (key: string, value: A) => void
}

/**
 * Answers of a service, in memory only: addresses are personal data, and a file of them would outlive the orders.
 * A Map keeps the order in which its keys came, so its first key is the one least recently used.
 */
export const createCache = <A>(cache: Cache, now: () => number): Memory<A> => {
  if (cache === false) return { get: () => undefined, set: () => undefined }
  const { days, entries = ENTRIES } = cache
  const kept = new Map<string, { readonly value: A; readonly until: number }>()
  return {
    get: (key) => {
      const found = kept.get(key)
      if (found === undefined) return undefined
      kept.delete(key)
      if (found.until <= now()) return undefined
      kept.set(key, found)
      return found.value
    },
    set: (key, value) => {
      kept.delete(key)
      kept.set(key, { value, until: now() + days * DAY })
      if (kept.size > entries) kept.delete(kept.keys().next().value!)
    }
  }
}
