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
  readonly #byToken = new Map<string, Session>()

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
      else sessions.#byToken.set(session.token, session)
    }
    return sessions
  }

  /** Oldest first. */
  all(): ReadonlyArray<Session> {
    return [...this.#byToken.values()].sort((a, b) => a.startedAt - b.startedAt)
  }

  /** By a cookie's value, or a `sessid`; one that was idle for too long is worth nothing any more. */
  find(token: string | undefined): Session | undefined {
    const session = token === undefined || token === "" ? undefined : this.#byToken.get(tokenHash(token))
    return session === undefined || isIdle(session) ? undefined : session
  }

  /** For a client that came with its password and without cookie: the session it opened last. */
  latest(): Session | undefined {
    return this.all().at(-1)
  }

  /** A new session and the value of its cookie. */
  async create(): Promise<{ readonly session: Session; readonly token: string }> {
    await this.#sweep()
    const token = randomBytes(16).toString("hex")
    // Two in one millisecond still have an order.
    const startedAt = Math.max(Date.now(), (this.latest()?.startedAt ?? 0) + 1)
    const session = await Session.create(this.#root, token, startedAt)
    this.#byToken.set(session.token, session)
    return { session, token }
  }

  async #sweep(): Promise<void> {
    const ended = this.all().filter((session) => session.active === 0 && session.pending().length === 0)
    const spare = ended.filter(({ unfinished, lastUsed }) => !unfinished || Date.now() - lastUsed > PAUSE_MS)
    const tooMany = spare.slice(0, Math.max(0, ended.length - KEPT))
    const tooOld = ended.filter(isIdle)
    const gone = new Set([...tooMany, ...tooOld])
    // All at once: while the first is being removed, nobody may go on with the next.
    for (const { token } of gone) this.#byToken.delete(token)
    for (const { folder } of gone) await rm(folder, { recursive: true, force: true })
  }
}
