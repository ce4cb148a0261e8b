import { hash, randomBytes } from "node:crypto"
import { existsSync, readdirSync, statSync, truncateSync } from "node:fs"
import { mkdir, open, readdir, rm, truncate } from "node:fs/promises"
import { join } from "node:path"
import { ExchangeFailure } from "../failure.ts"
import { findName, safeName } from "./file-name.ts"
import { appendJournal, type JournalLine, type PieceLine, readJournal, type Source, syncFolder } from "./journal.ts"
import { receive } from "./receive.ts"

/** Pieces shorter than this are never taken for a repetition: equal ones may stand side by side in a file. */
const REPEATED_FROM = 64

interface Upload {
  readonly disk: string
  readonly length: number
  readonly last: PieceLine
  /** Of its pieces' digests: equal uploads in equal pieces have equal ones. */
  readonly digest: string
  /** An import was asked for: the next piece begins the file anew. */
  readonly sealed: boolean
}

/** What became of an import that was asked for. */
export interface ImportRecord {
  readonly name: string
  readonly at: number
  readonly sources: ReadonlyArray<Source>
  readonly state: "asked" | "done" | "failed"
  /** Of the XML that was imported. */
  readonly sha256: string | null
}

const JOURNAL = "journal.jsonl"

/** The name under which a cookie's value is known: the value itself is kept nowhere. */
export const tokenHash = (token: string): string => hash("sha256", token)

/**
 * One run of 1C through checkauth, init, file and import. Everything that was answered `success` is in its folder: a
 * journal, and the uploaded files under numbers.
 */
export class Session {
  readonly id: string
  readonly folder: string
  token = ""
  startedAt = 0
  lastUsed = Date.now()
  /** How often it began, and the `version=` with which it did so last. */
  begun = 0
  version = ""
  /** Requests that are being answered. */
  active = 0
  #uploads = new Map<string, Upload>()
  #imports = new Map<string, ImportRecord>()
  #files = 0
  /** Uploads of a session come one after another, whatever the network does. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(id: string, folder: string) {
    this.id = id
    this.folder = folder
  }

  static async create(root: string, token: string, startedAt: number): Promise<Session> {
    const id = `${startedAt.toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}`
    const session = new Session(id, join(root, id))
    await mkdir(session.folder, { recursive: true })
    await session.#write({ t: "open", token: tokenHash(token), startedAt })
    await Promise.all([syncFolder(session.folder), syncFolder(root)])
    return session
  }

  /** What a former process left; undefined if it did not get as far as to open it. */
  static read(root: string, id: string): Session | undefined {
    const session = new Session(id, join(root, id))
    for (const line of readJournal(join(session.folder, JOURNAL))) session.#take(line)
    if (session.token === "") return undefined
    session.#cutBack()
    // Who waits for an import asks again and again, and that leaves no trace here.
    if (session.pending().length === 0) session.lastUsed = statSync(join(session.folder, JOURNAL)).mtimeMs
    session.#files = Math.max(0, ...readdirSync(session.folder).map((name) => Number(/^u(\d+)$/u.exec(name)?.[1] ?? 0)))
    return session
  }

  /** A killed process may have left bytes of a piece that nobody was answered for. */
  #cutBack(): void {
    for (const { disk, length } of this.#uploads.values()) {
      const path = join(this.folder, disk)
      if (existsSync(path) && statSync(path).size > length) truncateSync(path, length)
    }
  }

  /** Imports that were asked for and have not ended, in the order in which they were asked for. */
  pending(): ReadonlyArray<ImportRecord> {
    return [...this.#imports.values()].filter(({ state }) => state === "asked").sort((a, b) => a.at - b.at)
  }

  /** Names of its files, or beginnings of one, that no import was asked for yet. */
  unasked(): ReadonlyArray<string> {
    return [...this.#uploads].filter(([, { sealed }]) => !sealed).map(([name]) => name)
  }

  get unfinished(): boolean {
    return this.unasked().length > 0
  }

  record(name: string): ImportRecord | undefined {
    return this.#imports.get(name)
  }

  /** Uploads after an init replace what was there (fact 18). */
  init(version = ""): Promise<void> {
    return this.#queue(async () => {
      await this.#write({ t: "init", version })
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
      const known = this.#uploads.get(name)
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
    const name = findName(asked, [...this.#uploads.keys()])
    const own = name === undefined ? undefined : this.#uploads.get(name)
    if (name !== undefined && own !== undefined) return [{ name, disk: own.disk }]
    const archives: Array<Source> = []
    for (const [archive, { disk }] of [...this.#uploads].toReversed()) {
      if (await isArchive(join(this.folder, disk))) archives.push({ name: archive, disk })
    }
    if (archives.length > 0) return archives
    throw new ExchangeFailure(
      "file-missing",
      `Файл «${asked}» не был передан в этом сеансе обмена. Запустите обмен ещё раз с начала.`
    )
  }

  /** What the files in which an import is looked for hold, without reading them. */
  digestOf(sources: ReadonlyArray<Source>): string {
    return sources.map(({ name }) => this.#uploads.get(name)?.digest ?? "").join(" ")
  }

  /** Notes that an import was asked for; from here on it will be done, restart or not. */
  asked(name: string, sources: ReadonlyArray<Source>): Promise<ImportRecord> {
    return this.#queue(async () => {
      const at = Math.max(Date.now(), (this.#imports.get(name)?.at ?? 0) + 1)
      await this.#write({ t: "asked", name, at, sources })
      return { name, at, sources, state: "asked", sha256: null }
    })
  }

  /** Not in the queue: an upload that hangs would hold up the imports of all sessions. */
  done({ name, at }: ImportRecord, sha256: string): Promise<void> {
    return this.#write({ t: "done", name, at, sha256 })
  }
  failed({ name, at }: ImportRecord): Promise<void> {
    return this.#write({ t: "failed", name, at })
  }

  /** Removes replaced uploads, or a session that never ends would fill the disk; not while an import may read them. */
  async #tidy(): Promise<void> {
    if (this.pending().length > 0) return
    const used = new Set([...this.#uploads.values()].map(({ disk }) => disk))
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
    this.#take(line)
  }

  #take(line: JournalLine): void {
    switch (line.t) {
      case "open":
        this.token = line.token
        this.startedAt = line.startedAt
        return
      case "init":
        this.begun++
        this.version = line.version ?? ""
        this.#uploads = new Map()
        this.#imports = new Map([...this.#imports].filter(([, { state }]) => state === "asked"))
        return
      case "piece":
        this.#takePiece(line)
        return
      case "asked":
        this.#imports.set(line.name, {
          name: line.name,
          at: line.at,
          sources: line.sources,
          state: "asked",
          sha256: this.#imports.get(line.name)?.sha256 ?? null
        })
        for (const { name } of line.sources) this.#seal(name)
        return
      case "done":
      case "failed":
        this.#end(line, line.t === "done" ? line.sha256 : null)
        return
    }
  }

  #takePiece(line: PieceLine): void {
    const known = line.offset === 0 ? undefined : this.#uploads.get(line.name)
    this.#uploads.delete(line.name)
    this.#uploads.set(line.name, {
      disk: line.disk,
      length: line.offset + line.length,
      last: line,
      digest: hash("sha256", `${known?.digest ?? ""} ${line.sha256}`),
      sealed: false
    })
  }

  #seal(name: string): void {
    const upload = this.#uploads.get(name)
    if (upload !== undefined) this.#uploads.set(name, { ...upload, sealed: true })
  }

  #end({ name, at, t }: JournalLine & { readonly t: "done" | "failed" }, sha256: string | null): void {
    const known = this.#imports.get(name)
    // The same name may have been asked for anew meanwhile, with another file.
    if (known?.at === at) this.#imports.set(name, { ...known, state: t, sha256 })
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
