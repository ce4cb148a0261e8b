import { type AddressCandidate, fold, MAX_CANDIDATES, type SetupContext } from "@aptekit/core"
import { type Budget, openBudget } from "./budget.ts"
import { type Cache, createCache } from "./cache.ts"
import type { Outside } from "./outside.ts"
import { createPace } from "./pace.ts"

/** No address is longer, and no service takes much more in a URL. Characters. */
const LONGEST = 300

/** The port's limit. */
const LONGEST_NAME = 500

export interface GeocodeOptions {
  readonly service: string
  readonly cache: Cache
  readonly budget: Budget | undefined
  /** The least time between two requests, in milliseconds. */
  readonly every: number
  readonly ask: (address: string, signal: AbortSignal) => Promise<ReadonlyArray<AddressCandidate>>
}

/** What all geocoders have in common: what is remembered is not asked, and what is asked is counted. */
export const geocodeWith = (options: GeocodeOptions, { hub, onClose }: SetupContext, outside: Outside) => {
  const { service } = options
  const cache = createCache<ReadonlyArray<AddressCandidate>>(options.cache, outside.now)
  const pace = createPace(options.every, service, outside)
  const budget = openBudget(options.budget, { service, directory: hub.files.directory, now: outside.now, log: hub.log })
  onClose(budget.close)
  return async (
    { address }: { readonly address: string },
    { signal }: { readonly signal: AbortSignal }
  ): Promise<{ readonly candidates: ReadonlyArray<AddressCandidate> }> => {
    const text = address.slice(0, LONGEST).trim()
    if (!/[\p{L}\p{N}]/u.test(text)) return { candidates: [] }
    const key = fold(text).replace(/\s+/gu, " ")
    const known = cache.get(key)
    if (known !== undefined) return { candidates: known }
    await pace(signal)
    await budget.spend(1)
    const candidates = (await options.ask(text, signal)).filter((candidate) => candidate.address !== "")
      .slice(0, MAX_CANDIDATES).map((candidate) => ({ ...candidate, address: candidate.address.slice(0, LONGEST_NAME) }))
    // What nobody knows today may be built tomorrow.
    if (candidates.length > 0) cache.set(key, candidates)
    return { candidates }
  }
}
