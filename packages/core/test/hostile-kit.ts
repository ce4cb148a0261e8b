import { AdapterFault } from "@aptekit/core"
import { Effect } from "effect"

/** A secret of the configuration, as awkward as one may be. */
export const KEY = "k&y of 42/sécret"

const cyclic: Record<string, unknown> = {}
cyclic["heard"] = cyclic

const trap = new Proxy({}, {
  get: () => {
    throw new Error(KEY)
  }
})

/** What a method may do instead of answering; none may be believed, and none may show its key. */
export const ANSWERS: ReadonlyArray<readonly [string, (key: string) => unknown]> = [
  ["throws", (key) => {
    throw new Error(key)
  }],
  ["rejects", (key) => Promise.reject(new Error(key))],
  ["throws what is no error", (key) => {
    // oxlint-disable-next-line typescript/only-throw-error
    throw { key }
  }],
  ["never answers", () => new Promise(() => undefined)],
  ["dies as an Effect", (key) => Effect.die(new Error(key))],
  ["answers nothing", () => undefined],
  ["answers its key in the place of an object", (key) => key],
  ["answers its key where a number of letters is due", (key) => ({ heard: key.repeat(100) })],
  ["answers ten million letters", () => ({ heard: "a".repeat(10_000_000) })],
  ["answers an id that no table can hold", () => ({ providerId: "a".repeat(1_000_000) })],
  ["answers a ring", () => cyclic],
  ["answers a trap", () => trap],
  ["answers a function", (key) => () => key],
  ["puts the key into its fault", (key) => {
    throw new AdapterFault(`GET https://x.test/?key=${encodeURIComponent(key)} with ${key}`, { outcome: "unknown" })
  }],
  ["puts the partner's whole page into its fault", (key) => {
    throw new AdapterFault(`${"<p>".repeat(1_000_000)}${key}`, { outcome: "unknown" })
  }]
]
