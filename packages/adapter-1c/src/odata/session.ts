/** How a call stands to the session: its headers, and what it says when it has been answered. */
export interface Entry {
  readonly headers: Readonly<Record<string, string>>
  /** It asks for a session. */
  readonly isStart: boolean
  /** Null: outside of any. */
  readonly session: OpenSession | null
  readonly done: () => void
}

const OUTSIDE: Entry = { headers: {}, isStart: false, session: null, done: () => undefined }

/** A date that has passed, or no time at all: the cookie is taken back. */
const isTakenBack = (attributes: ReadonlyArray<string>): boolean =>
  attributes.some((attribute) => {
    const [, name = "", value = ""] = /^\s*([^=\s]+)\s*=\s*(.*)$/u.exec(attribute) ?? []
    return /^max-age$/iu.test(name) ? Number(value) <= 0 : /^expires$/iu.test(name) && Date.parse(value) <= Date.now()
  })

/** One session: its cookies, those of proxies on the way among them, and who is speaking in it. */
class OpenSession {
  readonly #cookies = new Map<string, string>()
  #speaking = 0
  #quiet: (() => void) | undefined

  /** Has anybody given a cookie? */
  get isOpen(): boolean {
    return this.#cookies.size > 0
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ")
  }

  enter(headers: Readonly<Record<string, string>>, done: () => void = () => undefined): Entry {
    this.#speaking++
    return {
      headers,
      isStart: headers["ibsession"] !== undefined,
      session: this,
      done: () => {
        if (--this.#speaking === 0) this.#quiet?.()
        done()
      }
    }
  }

  learn(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";")
      const at = pair.indexOf("=")
      const [name, value] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
      if (at <= 0 || isTakenBack(attributes)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
  }

  /** When every call in it has been answered. */
  async quiet(): Promise<void> {
    if (this.#speaking > 0) await new Promise<void>((resolve) => (this.#quiet = resolve))
  }
}

/**
 * The 1C session behind the calls (fact 84): `IBSession: start` once, then its cookie. Without it each call opens a
 * session and takes a licence.
 */
export class BaseSession {
  #current: OpenSession | null = null
  #usable: boolean
  #starting: Promise<void> | null = null

  constructor(enabled: boolean) {
    this.#usable = enabled
  }

  /** For the next call. The first one starts the session; others wait until it has. */
  async enter(): Promise<Entry> {
    while (this.#usable && this.#current === null && this.#starting !== null) await this.#starting
    if (!this.#usable) return OUTSIDE
    if (this.#current !== null) return this.#current.enter({ cookie: this.#current.cookie })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#starting = promise
    return new OpenSession().enter({ ibsession: "start" }, () => {
      this.#starting = null
      resolve()
    })
  }

  /** A start that succeeds without a cookie would leave a session behind each time. */
  learn({ session, isStart }: Entry, response: Response): void {
    session?.learn(response)
    if (session?.isOpen === false && session === this.#current) this.#current = null
    if (!this.#usable || !isStart) return
    if (session!.isOpen) this.#current = session
    else if (response.ok) this.disable()
  }

  /** The base no longer knows it: the next call starts another. */
  drop({ session }: Entry): void {
    if (session === this.#current) this.#current = null
  }

  /** This publication takes no session header. */
  disable(): void {
    this.#usable = false
    this.#current = null
  }

  /**
   * Headers of the last call, when all that were made in the session have been answered: a document may be being written in
   * it. Calls from now on start another. Null: there is none.
   */
  async finish(): Promise<Readonly<Record<string, string>> | null> {
    const session = this.#current
    this.#current = null
    await session?.quiet()
    return session === null ? null : { cookie: session.cookie, ibsession: "finish" }
  }
}
