/** A generator of chance that a seed repeats (mulberry32). */
export interface Chance {
  /** From 0 up to, not including, `limit`. */
  readonly below: (limit: number) => number
  readonly between: (least: number, most: number) => number
  readonly yes: (probability: number) => boolean
  readonly pick: <A>(from: ReadonlyArray<A>) => A
  /** A generator of its own for each branch of the work, whatever the others do meanwhile. */
  readonly fork: (branch: number) => Chance
}

export const chance = (seed: number): Chance => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    yes: (probability) => next() < probability,
    pick: (from) => from[below(from.length)]!,
    fork: (branch) => chance(Math.imul(seed ^ 0x9e3779b9, branch + 1))
  }
}

/** Another one each time; `SEED=…` repeats a run. */
export const newSeed = (): number => Number(process.env["SEED"] ?? Math.floor(Math.random() * 0x7fff_ffff))

/** Whatever goes wrong says by which seed it can be seen again. */
export const withSeed = async (seed: number, work: (chance: Chance) => Promise<void>): Promise<void> => {
  try {
    await work(chance(seed))
  } catch (error) {
    if (error instanceof Error) error.message = `SEED=${seed} repeats this. ${error.message}`
    throw error
  }
}
