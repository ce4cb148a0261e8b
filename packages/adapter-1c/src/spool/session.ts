import { hash, randomBytes } from "node:crypto"
import { existsSync, readdirSync, statSync, truncateSync } from "node:fs"
import { mkdir, open, readdir, rm, truncate } from "node:fs/promises"
import { join } from "node:path"
import { ExchangeFailure } from "../failure.ts"
import { findName, safeName } from "./file-name.ts"
import { appendJournal, type JournalLine, readJournal, type Source, syncFolder } from "./journal.ts"
import { receive } from "./receive.ts"
import { type ImportRecord, SessionState, type Upload } from "./state.ts"

/** Pieces shorter than this are never taken for a repetition: equal ones may stand side by side in a file. */
const REPEATED_FROM = 64

/** A file that is read before it is asked for is no larger. */
const AHEAD_BYTES = 256 * 1024 * 1024

/** Within an exchange 1C asks one question after another; from one exchange to the next it waits for minutes (fact 29). */
const BETWEEN_EXCHANGES_MS = 60_000

const JOURNAL = "journal.jsonl"

/** The name under which a cookie's value is known: the value itself is kept nowhere. */
export const tokenHash = (token: string): string => hash("sha256", token)

/** How a session begins. */
export interface Opening {
  /** Its cookie's value. */
  readonly token: string
  readonly startedAt: number
  /** For a request before which neither checkauth nor init came. */
  readonly unannounced?: true
}

/**
 * One run of 1C through checkauth, init, file and import. Everything that was answered `success` is in its folder: a
 * journal, and the uploaded files under numbers.
 */
export class Session {
  readonly id: string
  readonly folder: string
  lastUsed = Date.now()
  /** Requests that are being answered. */
  active = 0
  readonly #state = new SessionState()
  #files = 0
  /** Uploads of a session come one after another, whatever the network does. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(id: string, folder: string) {
    this.id = id
    this.folder = folder
  }

  /** `order`: sessions of a higher one were opened later. */
  static async create(root: string, opening: Opening, order = opening.startedAt): Promise<Session> {
    const { token, ...more } = opening
    const id = `${order.toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}`
    const session = new Session(id, join(root, id))
    await mkdir(session.folder, { recursive: true })
    await session.#write({ t: "open", token: tokenHash(token), ...more })
    await Promise.all([syncFolder(session.folder), syncFolder(root)])
    return session
  }

  /** What a former process left; undefined if it did not get as far as to open it. */
  static read(root: string, id: string): Session | undefined {
    const session = new Session(id, join(root, id))
    for (const line of readJournal(join(session.folder, JOURNAL))) session.#state.take(line)
    if (session.token === "") return undefined
    session.#cutBack()
    // Who waits for an import asks again and again, and that leaves no trace here.
    if (session.pending().length === 0) session.lastUsed = statSync(join(session.folder, JOURNAL)).mtimeMs
    session.#files = Math.max(0, ...readdirSync(session.folder).map((name) => Number(/^u(\d+)$/u.exec(name)?.[1] ?? 0)))
    return session
  }

  get token(): string {
    return this.#state.token
  }

  /** How often it began. */
  get begun(): number {
    return this.#state.begun
  }

  /** The `version=` with which it began last. */
  get version(): string {
    return this.#state.version
  }

  /** Parsed back from its id. */
  get order(): number {
    return Number.parseInt(this.id, 36)
  }

  /** A killed process may have left bytes of a piece that nobody was answered for. */
  #cutBack(): void {
    for (const { disk, length } of this.#state.uploads.values()) {
      const path = join(this.folder, disk)
      if (existsSync(path) && statSync(path).size > length) truncateSync(path, length)
    }
  }

  /** Imports that were asked for and have not ended, in the order in which they were asked for. */
  pending(): ReadonlyArray<ImportRecord> {
    return this.#state.pending
  }

  /** Names of its files, or beginnings of one, that no import was asked for yet. */
  unasked(): ReadonlyArray<string> {
    return [...this.#state.uploads].filter(([, { sealed }]) => !sealed).map(([name]) => name)
  }

  /**
   * The first XML file of those, if it is not too large to be held in memory beside another one. 1C sends all files of a
   * portion before it asks for the first (facts 20, 24), so it is probably asked for next.
   */
  async nextPath(): Promise<string | undefined> {
    for (const { disk, length, sealed } of this.#state.uploads.values()) {
      const path = join(this.folder, disk)
      if (!sealed && !(await isArchive(path))) return length <= AHEAD_BYTES ? path : undefined
    }
    return undefined
  }

  get unfinished(): boolean {
    return this.unasked().length > 0
  }

  /** Of a client that says neither checkauth nor init: a next file is that of a next exchange. */
  get isOver(): boolean {
    return this.#state.isOver && Date.now() - this.lastUsed > BETWEEN_EXCHANGES_MS
  }

  /** The newest import of this name in the present exchange. */
  record(name: string): ImportRecord | undefined {
    return this.#state.record(name)
  }

  /** Whether just this was imported last under that name in the present exchange. */
  isImported({ name, digest }: ImportRecord): boolean {
    return digest !== null && this.#state.imported(name) === digest
  }

  /**
   * 1C begins an exchange. Straight after checkauth it is the one that began there; else files speak up to now. Imports
   * that wait go on as of the exchange in which they were asked for.
   */
  init(version = ""): Promise<void> {
    return this.#queue(async () => {
      const { isNew, startedAt } = this.#state
      await this.#write({ t: "init", startedAt: isNew ? startedAt : Date.now(), version })
      await this.#tidy()
    })
  }

  /**
   * Takes the next piece of a file; it is on disk when the promise resolves. The last piece once more is a repetition
   * after a lost answer and changes nothing.
   */
  append(
    given: string,
    body: ReadableStream<Uint8Array> | null,
    expected: number | null,
    limit: number
  ): Promise<void> {
    const name = safeName(given)
    return this.#queue(async () => {
      const known = this.#state.uploads.get(name)
      const upload = known === undefined || known.sealed ? undefined : known
      const disk = upload?.disk ?? `u${++this.#files}`
      const offset = upload?.length ?? 0
      const path = join(this.folder, disk)
      const piece = await receive(path, offset, body, expected, limit - offset, name)
      if (piece.length === 0) {
        throw new ExchangeFailure("body-empty", `Файл «${name}»: пришла пустая часть. Повторите выгрузку.`)
      }
      if (upload !== undefined && isRepetition(upload, piece)) return await truncate(path, offset)
      if (offset === 0) await syncFolder(this.folder)
      await this.#write({ t: "piece", name, disk, offset, ...piece })
      if (offset === 0) await this.#tidy()
    })
  }

  /** The file's content from where an archive or XML is to be read. */
  path(source: Source): string {
    return join(this.folder, source.disk)
  }

  /**
   * Where the XML that is asked for may lie: in the file of that name, else in the archives, newest first (fact 20).
   * @throws ExchangeFailure file-missing
   */
  async sourcesOf(asked: string): Promise<ReadonlyArray<Source>> {
    const { uploads } = this.#state
    const name = findName(asked, [...uploads.keys()])
    const own = name === undefined ? undefined : uploads.get(name)
    if (name !== undefined && own !== undefined) return [{ name, disk: own.disk }]
    const archives: Array<Source> = []
    for (const [archive, { disk }] of [...uploads].toReversed()) {
      if (await isArchive(join(this.folder, disk))) archives.push({ name: archive, disk })
    }
    if (archives.length > 0) return archives
    throw new ExchangeFailure(
      "file-missing",
      `Файл «${asked}» не был передан в этом сеансе обмена. Запустите обмен ещё раз с начала.`
    )
  }

  /**
   * Notes that an import was asked for; from here on it will be done, restart or not. What it is to import is settled here:
   * the file may be sent anew before its turn comes.
   */
  asked(name: string): Promise<ImportRecord> {
    return this.#queue(async () => {
      const sources = await this.sourcesOf(name)
      const { nextAt: at, startedAt } = this.#state
      const digest = this.#state.digestOf(sources)
      await this.#write({ t: "asked", name, at, sources, startedAt, digest })
      return { name, at, sources, startedAt, digest, state: "asked" }
    })
  }

  /** Not in the queue: an upload that hangs would hold up the imports of all sessions. */
  done({ name, at, digest }: ImportRecord): Promise<void> {
    return this.#write({ t: "done", name, at, sha256: digest ?? "" })
  }
  failed({ name, at }: ImportRecord): Promise<void> {
    return this.#write({ t: "failed", name, at })
  }

  /** Removes replaced uploads, or a session that never ends would fill the disk; not while an import may read them. */
  async #tidy(): Promise<void> {
    if (this.pending().length > 0) return
    const used = new Set([...this.#state.uploads.values()].map(({ disk }) => disk))
    const replaced = (await readdir(this.folder)).filter((name) => /^u\d+$/u.test(name) && !used.has(name))
    for (const name of replaced) await rm(join(this.folder, name), { force: true })
  }

  #queue<A>(work: () => Promise<A>): Promise<A> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #write(line: JournalLine): Promise<void> {
    await appendJournal(join(this.folder, JOURNAL), line)
    this.#state.take(line)
  }
}

const isRepetition = (upload: Upload, piece: { readonly length: number; readonly sha256: string }): boolean =>
  piece.length >= REPEATED_FROM && piece.length === upload.last.length && piece.sha256 === upload.last.sha256

/** By its first bytes, not by its name. */
export const isArchive = async (path: string): Promise<boolean> => {
  if (!existsSync(path)) return false
  const handle = await open(path, "r")
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(4), 0, 4, 0)
    return bytesRead === 4 && buffer[0] === 0x50 && buffer[1] === 0x4b && (buffer[2] === 3 || buffer[2] === 5)
  } finally {
    await handle.close()
  }
}
