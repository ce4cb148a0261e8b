/** So many calls at once, the others in line: a 1C base answers few, and each takes a licence. */
export class Gate {
  #free: number
  readonly #waiting: Array<() => void> = []

  constructor(width: number) {
    this.#free = width
  }

  async run<A>(work: () => Promise<A>): Promise<A> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
