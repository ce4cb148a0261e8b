import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible"
import { HttpProblem } from "../problems.ts"

/** How much a key may ask, in the long run and at once. Per process. */
export interface RateLimit {
  readonly perSecond: number
  /** Requests that may come at once, where the last ten seconds were quiet. */
  readonly burst: number
}

export interface Limits {
  /** @throws HttpProblem tooManyRequests */
  readonly request: (keyHash: string) => Promise<void>
  /** An unknown key came from this address. @throws HttpProblem tooManyRequests */
  readonly failure: (address: string) => Promise<void>
}

/** Wrong keys from one address in a minute; guessing a key of 256 bits is hopeless, this only keeps the log short. */
const FAILURES_PER_MINUTE = 60

const refuse = (error: unknown): never => {
  if (!(error instanceof RateLimiterRes)) throw error
  const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000))
  throw new HttpProblem(
    "tooManyRequests",
    `Wait ${seconds} s before the next request.`,
    {},
    {
      "retry-after": String(seconds)
    }
  )
}

const nothing = (): Promise<void> => Promise.resolve()

export const makeLimits = (rate: RateLimit | false): Limits => {
  const failures = new RateLimiterMemory({ points: FAILURES_PER_MINUTE, duration: 60 })
  const requests =
    rate === false ? undefined : new RateLimiterMemory({ points: rate.burst, duration: rate.burst / rate.perSecond })
  return {
    request: requests === undefined ? nothing : (hash) => requests.consume(hash).then(() => undefined, refuse),
    failure: (address) => failures.consume(address).then(() => undefined, refuse)
  }
}
