/**
 * The 1C session behind the calls (fact 84): `IBSession: start` once, then its cookie. Without it each call opens a
 * session and takes a licence.
 */
export class BaseSession {
  #cookie: string | null = null
  #usable: boolean
  #starting: Promise<void> | null = null

  constructor(enabled: boolean) {
    this.#usable = enabled
  }

  get open(): boolean {
    return this.#cookie !== null
  }

  /** Headers of the next call. The first one starts the session; others wait until it has. */
  async enter(): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly done: () => void }> {
    while (this.#usable && this.#cookie === null && this.#starting !== null) await this.#starting
    if (!this.#usable) return { headers: {}, done: () => undefined }
    if (this.#cookie !== null) return { headers: { cookie: this.#cookie }, done: () => undefined }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#starting = promise
    return {
      headers: { ibsession: "start" },
      done: () => {
        this.#starting = null
        resolve()
      }
    }
  }

  /**
   * `starting`: the call asked for a session. One that succeeds without a cookie would leave a session behind each
   * time.
   */
  learn(response: Response, starting: boolean): void {
    const pairs = response.headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]!.trim())
    if (this.#usable && pairs.length > 0) this.#cookie = pairs.join("; ")
    else if (starting && response.ok && this.#cookie === null) this.disable()
  }

  /** The base no longer knows it: the next call starts another. */
  drop(cookie: string | undefined): void {
    if (cookie === undefined || cookie === this.#cookie) this.#cookie = null
  }

  /** This publication takes no session header. */
  disable(): void {
    this.#usable = false
    this.#cookie = null
  }

  /** Headers of the last call. */
  finish(): Readonly<Record<string, string>> {
    const cookie = this.#cookie
    this.#cookie = null
    return cookie === null ? {} : { cookie, ibsession: "finish" }
  }
}
