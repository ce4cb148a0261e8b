import { Redacted } from "effect"

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
    // Whoever has no types may hand in anything.
    const shown = sorted.reduce((all, secret) => all.replaceAll(secret, "***"), String(text))
    return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}…` : shown
  }
}
