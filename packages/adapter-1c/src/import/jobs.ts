import { rm } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { InboundHub, SyncRun } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import { ExchangeFailure, failureOf, kindOf } from "../failure.ts"
import type { ArchiveFile } from "../spool/archive.ts"
import type { Source } from "../spool/journal.ts"
import type { Session } from "../spool/session.ts"
import type { ImportRecord } from "../spool/state.ts"
import type { ImportFile, ImportWatch } from "./importer.ts"
import { locate } from "./locate.ts"

/** What mode=import is answered. */
export type ImportAnswer =
  | { readonly kind: "success" }
  | { readonly kind: "progress"; readonly message: string }
  | { readonly kind: "failure"; readonly failure: ExchangeFailure }

/** Reads and applies one file: a catalogue, or orders that come back. */
export interface FileImporter {
  /** @throws ExchangeFailure; of code file-held it concerns this file alone */
  readonly run: (file: ImportFile, watch: ImportWatch) => Promise<SyncRun>
}

interface Job {
  readonly asked: ImportRecord
  percent: number
  ended: ImportAnswer | undefined
  readonly end: Promise<unknown>
}

/** Failures that nobody asked for are not kept for ever. */
const MOST_ENDED = 100

const sameSources = (a: ReadonlyArray<Source>, b: ReadonlyArray<Source>): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

const keyOf = (session: Session, name: string): string => `${session.id}/${name}`

/**
 * Imports in the background, one after another: 1C asks until the answer is not `progress`, or never asks again
 * (facts 21, 22). What was asked for is in the session's journal, so a restart goes on with it.
 */
export class Jobs {
  readonly #importer: FileImporter
  readonly #log: InboundHub["log"]
  readonly #config: OneCConfig
  readonly #jobs = new Map<string, Job>()
  readonly #beginning = new Map<string, Promise<Job>>()
  /** `at` of the imports that were started: what a former process left may be asked for before it is gone on with. */
  readonly #started = new WeakMap<Session, Set<number>>()
  readonly #closing = new AbortController()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(importer: FileImporter, log: InboundHub["log"], config: OneCConfig) {
    this.#importer = importer
    this.#log = log
    this.#config = config
  }

  /** Starts or joins the import of a file and waits for its end, but no longer than 1C is to be held. */
  async ask(session: Session, name: string): Promise<ImportAnswer> {
    const job = await this.begin(session, name)
    if (job === undefined) return { kind: "success" }
    await this.#wait(job)
    if (job.ended === undefined) return { kind: "progress", message: `Загружено ${job.percent}%` }
    const key = keyOf(session, name)
    if (this.#jobs.get(key) === job) this.#jobs.delete(key)
    return job.ended
  }

  /** Starts or joins the import of a file: it is on disk that it was asked for. Undefined: it has ended well. */
  async begin(session: Session, name: string): Promise<Job | undefined> {
    const sources = await session.sourcesOf(name)
    const record = session.record(name)
    if (record?.state === "done" && sameSources(record.sources, sources)) return undefined
    const joined = this.#joined(keyOf(session, name), sources) ?? this.#beginning.get(keyOf(session, name))
    if (joined !== undefined) return joined
    const isLeft = record?.state === "asked" && sameSources(record.sources, sources) && !this.#isStarted(session, record)
    return isLeft ? this.#start(session, record) : this.#begin(session, name)
  }

  /** The import that runs for exactly these uploads: a new upload is a new import. */
  #joined(key: string, sources: ReadonlyArray<Source>): Job | undefined {
    const job = this.#jobs.get(key)
    return job !== undefined && sameSources(job.asked.sources, sources) ? job : undefined
  }

  /** Goes on with what a former process was asked for and did not end, in the order in which it was asked. */
  resume(sessions: ReadonlyArray<Session>): void {
    const all = sessions.flatMap((session) => session.pending().map((asked) => ({ session, asked })))
    const left = all.filter(({ session, asked }) => !this.#isStarted(session, asked))
    for (const { session, asked } of left.sort((a, b) => a.asked.at - b.asked.at)) {
      this.#log("import resumed", { code: "import-resumed", file: asked.name })
      this.#start(session, asked)
    }
  }

  /** Lets an import that is being applied end; others stop and go on after the restart. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#turn
  }

  #isStarted(session: Session, { at }: ImportRecord): boolean {
    return this.#started.get(session)?.has(at) === true
  }

  /** Two questions at once are one import. */
  #begin(session: Session, name: string): Promise<Job> {
    const key = keyOf(session, name)
    const begun = session.asked(name).then((asked) => this.#start(session, asked))
    this.#beginning.set(key, begun)
    return begun.finally(() => this.#beginning.delete(key))
  }

  #start(session: Session, asked: ImportRecord): Job {
    this.#started.set(session, (this.#started.get(session) ?? new Set()).add(asked.at))
    const turn = this.#turn.then(() => this.#run(session, job))
    const job: Job = { asked, percent: 0, ended: undefined, end: turn }
    this.#turn = turn
    this.#jobs.set(keyOf(session, asked.name), job)
    const ended = [...this.#jobs].filter(([, { ended }]) => ended !== undefined)
    for (const [key] of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.#jobs.delete(key)
    return job
  }

  async #wait(job: Job): Promise<void> {
    const waited = new AbortController()
    const patience = sleep(this.#config.pollDelayMs, undefined, { signal: waited.signal }).catch(() => undefined)
    await Promise.race([job.end, patience])
    waited.abort()
  }

  /** Never rejects: every end is an answer. */
  async #run(session: Session, job: Job): Promise<void> {
    session.active++
    try {
      await this.#import(session, job)
      await session.done(job.asked)
      job.ended = { kind: "success" }
    } catch (error) {
      const failure = failureOf(error)
      job.ended = { kind: "failure", failure }
      this.#log("import failed", { code: failure.code, file: job.asked.name, reason: kindOf(failure.cause ?? failure) })
      // Without this line it is done after the restart.
      if (failure.code !== "stopping") await session.failed(job.asked).catch(() => undefined)
    } finally {
      session.active--
      session.lastUsed = Date.now()
    }
  }

  /** The same content is not applied twice in an exchange. */
  async #import(session: Session, job: Job): Promise<void> {
    const { name, sources } = job.asked
    const signal = this.#closing.signal
    if (signal.aborted) throw new ExchangeFailure("stopping", "Хаб перезапускается. Загрузка продолжится сама.")
    if (session.isImported(job.asked)) return
    const folder = join(session.folder, "unpacked")
    try {
      const places = sources.map((source) => ({ name: source.name, path: session.path(source) }))
      const files = await locate(places, name, folder, this.#config.limits)
      await this.#apply(session, files, signal, job)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Applies the files one by one; one that is held does not keep the others waiting. */
  async #apply(session: Session, files: ReadonlyArray<ArchiveFile>, signal: AbortSignal, job: Job): Promise<void> {
    let held: ExchangeFailure | undefined
    for (const [i, { name, path }] of files.entries()) {
      const started = performance.now()
      const file: ImportFile = { name, path, sessionStartedAt: job.asked.startedAt }
      try {
        const run = await this.#importer.run(file, {
          signal,
          next: async () => files[i + 1]?.path ?? session.nextPath(),
          progress: (percent) => void (job.percent = Math.floor((100 * i + percent * 0.9) / files.length))
        })
        this.#report(run, Math.round(performance.now() - started))
      } catch (error) {
        if (!(error instanceof ExchangeFailure) || error.code !== "file-held") throw error
        held ??= error
      }
    }
    if (held !== undefined) throw held
  }

  /** Something else that must not run beside an import: its turn comes after those that were asked for before. */
  inTurn(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const turn = this.#turn.then(() => work(this.#closing.signal))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  #report({ id, file, counts }: SyncRun, ms: number): void {
    this.#log("import done", { code: "import-done", run: id, file, ms, ...counts })
  }
}
