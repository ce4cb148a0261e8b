const FIRST_MS = 1000
const LONGEST_MS = 300_000

interface Waiting {
  readonly version: number
  readonly tries: number
  readonly until: number
}

/** Orders that could not be told, each with a pause of its own that doubles: none of them keeps the others waiting. */
export class WaitingOrders {
  readonly #orders = new Map<string, Waiting>()

  /** Is it too early for another try? Newer news are tried at once. */
  isEarly(id: string, version: number, now: number): boolean {
    const waiting = this.#orders.get(id)
    return waiting !== undefined && waiting.version === version && waiting.until > now
  }

  add(id: string, version: number, now: number): void {
    const tries = (this.#orders.get(id)?.tries ?? 0) + 1
    this.#orders.set(id, { version, tries, until: now + Math.min(FIRST_MS * 2 ** Math.min(tries, 10), LONGEST_MS) })
  }

  delete(id: string): void {
    this.#orders.delete(id)
  }

  /** The others have no news any more, or are another hub's. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#orders.keys()) if (!ids.has(id)) this.#orders.delete(id)
  }

  /** When the first of them is due; Infinity where none waits. */
  next(): number {
    return Math.min(...[...this.#orders.values()].map(({ until }) => until))
  }
}
