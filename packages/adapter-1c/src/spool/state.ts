import { hash } from "node:crypto"
import type { JournalLine, PieceLine, Source } from "./journal.ts"

export interface Upload {
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
  /** When the exchange began in which it was asked for (D2), in milliseconds. */
  readonly startedAt: number
  /** Of what its sources held then, without reading them; null: one of them had been replaced already. */
  readonly digest: string | null
  readonly state: "asked" | "done" | "failed"
}

type Line<T extends JournalLine["t"]> = Extract<JournalLine, { readonly t: T }>

/** What a session's journal says, line by line. */
export class SessionState {
  token = ""
  /** When its present exchange began: 1C has formed no file of it before. */
  startedAt = 0
  /** How often it began, and the `version=` with which it did so last. */
  begun = 0
  version = ""
  #isAnnounced = false
  /** Nothing has come since it was opened. */
  #isNew = true
  readonly #uploads = new Map<string, Upload>()
  /** Of the present exchange, the newest of each name. */
  readonly #imports = new Map<string, ImportRecord>()
  /** Of all exchanges, in the order in which they were asked for. */
  #pending: ReadonlyArray<ImportRecord> = []
  /** Digest of what was last imported under a name in the present exchange. */
  readonly #imported = new Map<string, string>()
  #lastAt = 0
  /** Imports up to this one were asked for in former exchanges. */
  #formerUntil = 0

  get isNew(): boolean {
    return this.#isNew
  }

  get uploads(): ReadonlyMap<string, Upload> {
    return this.#uploads
  }

  get pending(): ReadonlyArray<ImportRecord> {
    return this.#pending
  }

  /** No two imports are asked for at the same time. */
  get nextAt(): number {
    return Math.max(Date.now(), this.#lastAt + 1)
  }

  /** Of a client that says neither checkauth nor init: everything that it sent has been imported. */
  get isOver(): boolean {
    const isDone = this.#imports.size > 0 && this.#pending.length === 0
    return !this.#isAnnounced && isDone && [...this.#uploads.values()].every(({ sealed }) => sealed)
  }

  record(name: string): ImportRecord | undefined {
    return this.#imports.get(name)
  }

  imported(name: string): string | undefined {
    return this.#imported.get(name)
  }

  digestOf(sources: ReadonlyArray<Source>): string | null {
    const uploads = sources.map((source) => this.#uploadOf(source))
    return uploads.includes(undefined) ? null : uploads.map((upload) => upload!.digest).join(" ")
  }

  take(line: JournalLine): void {
    this.#isNew = line.t === "open"
    switch (line.t) {
      case "open":
        this.token = line.token
        this.startedAt = line.startedAt
        this.#isAnnounced = line.unannounced !== true
        return
      case "init":
        return this.#begin(line)
      case "piece":
        return this.#takePiece(line)
      case "asked":
        return this.#ask(line)
      case "done":
      case "failed":
        return this.#end(line)
    }
  }

  /** Uploads after an init replace what was there (fact 18). */
  #begin({ startedAt = this.startedAt, version = "" }: Line<"init">): void {
    this.begun++
    this.version = version
    this.startedAt = startedAt
    this.#isAnnounced = true
    this.#uploads.clear()
    this.#imports.clear()
    this.#imported.clear()
    this.#formerUntil = this.#lastAt
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

  #ask({ name, at, sources, startedAt = this.startedAt, digest = this.digestOf(sources) }: Line<"asked">): void {
    const record: ImportRecord = { name, at, sources, startedAt, digest, state: "asked" }
    this.#imports.set(name, record)
    this.#pending = [...this.#pending, record]
    this.#lastAt = Math.max(at, this.#lastAt)
    for (const source of sources) {
      const upload = this.#uploadOf(source)
      if (upload !== undefined) this.#uploads.set(source.name, { ...upload, sealed: true })
    }
  }

  #end(line: Line<"done"> | Line<"failed">): void {
    const { name, at, t } = line
    this.#pending = this.#pending.filter((record) => record.name !== name || record.at !== at)
    const newest = this.#imports.get(name)
    // The same name may have been asked for anew meanwhile, with another file.
    if (newest?.at === at) this.#imports.set(name, { ...newest, state: t })
    if (at <= this.#formerUntil) return
    if (line.t === "done") this.#imported.set(name, line.sha256)
    else this.#imported.delete(name)
  }

  #uploadOf({ name, disk }: Source): Upload | undefined {
    const upload = this.#uploads.get(name)
    return upload?.disk === disk ? upload : undefined
  }
}
