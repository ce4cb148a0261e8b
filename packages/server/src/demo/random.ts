/** A repeatable stream of numbers: the same seed gives the same network on every machine. */
export interface RandomStream {
  /** In [0, 1). */
  readonly next: () => number
  /** A whole number in [min, max]. */
  readonly int: (min: number, max: number) => number
}

/** Mulberry32: 32 bits of state are plenty for demo data, and integer arithmetic gives the same bits everywhere. */
export const randomStream = (seed: number): RandomStream => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, int: (min, max) => min + Math.floor(next() * (max - min + 1)) }
}

/** FNV-1a of a text: a stream of its own per name, so that a new row in a table leaves the other rows as they were. */
export const seedOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** `count` different items of `from`, in random order. */
export const sample = <A>(random: RandomStream, from: ReadonlyArray<A>, count: number): ReadonlyArray<A> => {
  const rest = [...from]
  const chosen: Array<A> = []
  while (chosen.length < count && rest.length > 0) chosen.push(...rest.splice(random.int(0, rest.length - 1), 1))
  return chosen
}
