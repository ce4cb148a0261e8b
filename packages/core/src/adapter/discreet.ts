import { Redacted } from "effect"
import type { InboundHub } from "./inward.ts"

/** Longer than any sentence for a person; an answer of the partner that was put into an error is cut here. Characters. */
const LONGEST = 2_000
/** Shorter ones are found in any text. */
const SHORTEST = 4

const textsIn = (value: unknown, seen: Set<unknown>): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null || seen.has(value)) return []
  seen.add(value)
  if (Redacted.isRedacted(value)) {
    const secret: unknown = Redacted.value(value)
    return typeof secret === "string" ? [secret] : textsIn(secret, seen)
  }
  return Object.values(value).flatMap((inner) => textsIn(inner, seen))
}

const inAddresses = (secret: string): ReadonlyArray<string> => {
  // A lone surrogate cannot be written in an address.
  const written = secret.isWellFormed() ? encodeURIComponent(secret) : secret
  return [secret, written, written.replaceAll("%20", "+")]
}

/**
 * Takes the secrets of a decoded configuration out of what its adapter says, as they are and as addresses write them,
 * and cuts it: an author who puts the partner's address or answer into an error shows no key in a log.
 */
export const discreet = (config: unknown): (text: string) => string => {
  const secrets = textsIn(config, new Set()).filter((secret) => secret.length >= SHORTEST).flatMap(inAddresses)
  // The longest first: one may hold another.
  const sorted = [...new Set(secrets)].sort((a, b) => b.length - a.length)
  return (text) => {
    const shown = sorted.reduce((all, secret) => all.replaceAll(secret, "***"), text)
    return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown
  }
}

/** The hub's log for an adapter: the message and the texts of its detail are discreet. */
export const discreetLog = (hub: InboundHub, shown: (text: string) => string): InboundHub["log"] => (message, detail) => {
  if (detail === undefined) return hub.log(shown(message))
  const texts = Object.entries(detail).map(([key, value]) => [key, typeof value === "string" ? shown(value) : value])
  hub.log(shown(message), Object.fromEntries(texts))
}

/** The hub's record of calls for an adapter: no secret of its configuration is in their texts, which it cuts. */
export const discreetRecord = (hub: InboundHub, shown: (text: string) => string): InboundHub["record"] => (call) => {
  const said = (text: unknown): string | null => (typeof text === "string" ? shown(text) : null)
  hub.record({ ...call, request: said(call.request), response: said(call.response), error: said(call.error) })
}
