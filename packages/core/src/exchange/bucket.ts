import type { Instant } from "../kernel/time.ts"

/** Tokens of a lane with a rate; pure, so that its clock is the caller's. */
export interface Bucket {
  readonly tokens: number
  readonly at: Instant
}

/** Full at the start: one second's calls, and at least one. */
export const fullBucket = (perSecond: number, now: Instant): Bucket => ({ tokens: Math.max(1, perSecond), at: now })

/** What has come in since; a clock set back gives nothing. */
export const refilled = ({ tokens, at }: Bucket, perSecond: number, now: Instant): Bucket => {
  const passed = Math.max(0, now - at)
  return { tokens: Math.min(Math.max(1, perSecond), tokens + (passed * perSecond) / 1_000), at: now }
}

/** Rounding must not turn a whole token into none. */
const SLACK = 1e-9

/** Whole tokens that are there now. */
export const tokensIn = (bucket: Bucket): number => Math.floor(bucket.tokens + SLACK)

export const taken = (bucket: Bucket, count: number): Bucket => ({ ...bucket, tokens: bucket.tokens - count })

/** Milliseconds until there is a whole token. */
export const untilToken = ({ tokens }: Bucket, perSecond: number): number =>
  tokens + SLACK >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1_000)
