import { setTimeout as sleep } from "node:timers/promises"

/** So many calls at once and so many a second, the others in line: a base answers few, and each takes a licence. */
export class Gate {
  #free: number
  readonly #spacing: number
  #next = 0
  readonly #waiting: Array<() => void> = []

  /** `perSecond`: undefined where only the width counts. */
  constructor(width: number, perSecond?: number) {
    this.#free = width
    this.#spacing = perSecond === undefined ? 0 : 1000 / perSecond
  }

  async run<A>(work: () => Promise<A>): Promise<A> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      await this.#turn()
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }

  async #turn(): Promise<void> {
    if (this.#spacing === 0) return
    const now = performance.now()
    const at = Math.max(now, this.#next)
    this.#next = at + this.#spacing
    if (at > now) await sleep(at - now)
  }
}
