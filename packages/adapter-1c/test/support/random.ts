/** Seeded pseudo-random numbers (mulberry32): the same seed gives the same document on every machine. */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const below = (random: () => number, limit: number): number => Math.floor(random() * limit)

export const pick = <T>(random: () => number, items: ReadonlyArray<T>): T => items[below(random, items.length)]!
