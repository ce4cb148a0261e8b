/** Waits so long for each step of an answer, not for all of it. */
export class Patience {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(milliseconds: number) {
    const tired = (): void => this.#controller.abort(new DOMException("no answer in time", "TimeoutError"))
    this.#timer = setTimeout(tired, milliseconds)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** A step is done; the next one begins. */
  begin(): void {
    this.#timer.refresh()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
