/** A timer holds 2³¹ milliseconds, and takes more for "at once". */
export const MOST_MINUTES = 35_000

/** Work at intervals that never overlaps itself, until it is stopped. */
export class Timers {
  readonly #timers: Array<NodeJS.Timeout> = []
  #stopped = false

  /** Soon, and then every so many milliseconds; never where that is 0. */
  every(milliseconds: number, work: () => Promise<unknown>): void {
    if (milliseconds === 0) return
    let running = false
    const tick = (): void => {
      if (running || this.#stopped) return
      running = true
      // `work` tells its own failures.
      void work().catch(() => undefined).finally(() => {
        running = false
      })
    }
    this.#timers.push(setInterval(tick, milliseconds).unref())
    setTimeout(tick, 0).unref()
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearInterval(timer)
  }
}
