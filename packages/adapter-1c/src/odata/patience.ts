/** Waits so long for each step of an answer, not for all of it, and not while the hub works on what came. */
export class Patience {
  #controller = new AbortController()
  readonly #milliseconds: number
  #timer: NodeJS.Timeout | undefined

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  /** Of this try: ask for it after `begin`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The next step is waited for; the first one of another try, where the last was given up. */
  begin(): void {
    this.end()
    if (this.signal.aborted) this.#controller = new AbortController()
    const tired = (): void => this.#controller.abort(new DOMException("no answer in time", "TimeoutError"))
    this.#timer = setTimeout(tired, this.#milliseconds)
  }

  /** Nothing is waited for. */
  end(): void {
    clearTimeout(this.#timer)
  }
}
