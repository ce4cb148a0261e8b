import { randomBytes } from "node:crypto"
import { mkdirSync, readdirSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { Session, tokenHash } from "./session.ts"

/** A session that nobody used for so long will not go on. */
const IDLE_MS = 60 * 60_000
/** Sessions whose imports have ended are kept for a repeated question, but only so many: each has its files. */
const KEPT = 20
/** Whoever is in the middle of sending may be silent for so long, however many others sign in meanwhile. */
const PAUSE_MS = 10 * 60_000

const isIdle = ({ active, lastUsed }: Session): boolean => active === 0 && Date.now() - lastUsed > IDLE_MS

/** The sessions of a connection, in memory and in its folder: a restart loses none that was answered for. */
export class Sessions {
  readonly #root: string
  /** Oldest first. */
  readonly #byToken = new Map<string, Session>()
  #order = 0

  private constructor(root: string) {
    this.#root = root
  }

  static async open(directory: string): Promise<Sessions> {
    const root = join(directory, "sessions")
    mkdirSync(root, { recursive: true })
    const sessions = new Sessions(root)
    for (const id of readdirSync(root).sort()) {
      const session = Session.read(root, id)
      if (session === undefined) await rm(join(root, id), { recursive: true, force: true })
      else sessions.#add(session)
    }
    return sessions
  }

  /** Oldest first. */
  all(): ReadonlyArray<Session> {
    return [...this.#byToken.values()]
  }

  /** By a cookie's value, or a `sessid`; one that was idle for too long is worth nothing any more. */
  find(token: string | undefined): Session | undefined {
    const session = token === undefined || token === "" ? undefined : this.#byToken.get(tokenHash(token))
    return session === undefined || isIdle(session) ? undefined : session
  }

  /** For a client that came with its password and without cookie: the session opened last, unless nobody used it for too long. */
  latest(): Session | undefined {
    return this.all().findLast((session) => !isIdle(session))
  }

  /** A new session and the value of its cookie. `unannounced`: neither checkauth nor init came before. */
  async create(unannounced = false): Promise<{ readonly session: Session; readonly token: string }> {
    await this.#sweep()
    const token = randomBytes(16).toString("hex")
    const startedAt = Date.now()
    // Two in one millisecond still have an order, and a clock that is set back turns none around.
    this.#order = Math.max(startedAt, this.#order + 1)
    const opening = { token, startedAt, ...(unannounced ? { unannounced } : {}) }
    const session = await Session.create(this.#root, opening, this.#order)
    this.#add(session)
    return { session, token }
  }

  #add(session: Session): void {
    this.#order = Math.max(session.order, this.#order)
    this.#byToken.set(session.token, session)
  }

  async #sweep(): Promise<void> {
    const ended = this.all().filter((session) => session.active === 0 && session.pending().length === 0)
    const spare = ended.filter(({ unfinished, lastUsed }) => !unfinished || Date.now() - lastUsed > PAUSE_MS)
    // A session that was opened long ago may be the one that is in use.
    const longest = spare.toSorted((a, b) => a.lastUsed - b.lastUsed)
    const tooMany = longest.slice(0, Math.max(0, ended.length - KEPT))
    const tooOld = ended.filter(isIdle)
    const gone = new Set([...tooMany, ...tooOld])
    // All at once: while the first is being removed, nobody may go on with the next.
    for (const { token } of gone) this.#byToken.delete(token)
    for (const { folder } of gone) await rm(folder, { recursive: true, force: true })
  }
}
