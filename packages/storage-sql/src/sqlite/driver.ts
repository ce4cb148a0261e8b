import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { Worker } from "node:worker_threads"
import Database from "better-sqlite3"
import { Kysely, SqliteDialect } from "kysely"
import { sqliteSql } from "../dialect.ts"
import { type Driver, DriverError, type Priority } from "../driver.ts"
import { migrate } from "../migrations.ts"
import { makeOps, type OpName, programOf } from "../ops/index.ts"
import type { CommitResult } from "../ops/commit.ts"
import { Refusal, runSync } from "../program.ts"
import { type Connection, openFile, stepper } from "./connection.ts"
import { Checkpoints } from "./checkpoints.ts"
import type { ThreadAnswer, ThreadData, ThreadRequest } from "./protocol.ts"
import { fromSource, threadUrl } from "./thread-url.ts"

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A database thread, and the requests that wait for it. Requests of one turn of the event loop cross together. */
class DatabaseThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #outgoing: Array<ThreadRequest> = []
  #next = 1
  #closing = false

  /** `answered`: told after each answer. */
  constructor(data: ThreadData, answered: () => void = () => undefined) {
    this.#worker = new Worker(threadUrl("thread"), {
      workerData: data,
      execArgv: fromSource ? ["--conditions=@aptekit/source"] : []
    })
    this.#worker.on("message", (answers: ReadonlyArray<ThreadAnswer>) => {
      answers.forEach((answer) => this.#settle(answer))
      answered()
    })
    this.#worker.on("error", (error) => this.#die(data.mode, error))
    this.#worker.on("exit", () => this.#closing || this.#die(data.mode, new Error("ended")))
  }

  ask(op: OpName, args: unknown, priority: Priority): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const n = this.#next++
      this.#waiting.set(n, { resolve, reject })
      if (this.#outgoing.length === 0) queueMicrotask(() => this.#flush())
      this.#outgoing.push({ n, op, args, priority })
    })
  }

  /** Ends the thread when everything it was asked for is done. */
  async close(): Promise<void> {
    while (this.#waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    this.#closing = true
    await this.#worker.terminate()
  }

  #flush(): void {
    const batch = this.#outgoing
    this.#outgoing = []
    this.#worker.postMessage(batch)
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.n)
    this.#waiting.delete(answer.n)
    if (answer.ok) waiting?.resolve(answer.value)
    else if ("refused" in answer) waiting?.reject(new Refusal(answer.refused, answer.fields))
    else waiting?.reject(new DriverError(answer.failed, "notApplied"))
  }

  /** Nothing can be promised without the writer: the process ends, and whoever runs it starts it again (D17). */
  #die(mode: ThreadData["mode"], error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new DriverError(error.message, "unknown", error))
    this.#waiting.clear()
    if (mode === "writer") {
      process.stderr.write(`aptekit: the database's writer thread died: ${error.message}\n`)
      process.exit(1)
    }
  }
}

/** Held for as long as the process lives; the system lets go of it even after kill -9. */
const lockFile = (file: string): Connection => {
  const lock = new Database(`${file}.lock`, { timeout: 0 })
  try {
    lock.exec("BEGIN EXCLUSIVE")
    return lock
  } catch (cause) {
    lock.close()
    throw new DriverError(
      `Another hub uses ${file}. Stop it first, or give this one a file of its own; for several replicas use MariaDB.`,
      "notApplied",
      cause
    )
  }
}

const migrateFile = async (file: string): Promise<void> => {
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: openFile(file, { readonly: false }) }) })
  try {
    await migrate(db, sqliteSql)
  } finally {
    await db.destroy()
  }
}

/** Opens (and makes, if need be) the database file: a writer thread, a reader thread, reads by key at hand. */
export const openSqlite = async (file: string): Promise<Driver> => {
  if (!existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true })
  const lock = lockFile(file)
  await migrateFile(file)
  const ops = makeOps(sqliteSql)
  const db = openFile(file, { readonly: true })
  const step = stepper(db)
  const checkpoints = new Checkpoints(file)
  const writer = new DatabaseThread({ file, mode: "writer" }, () => checkpoints.note())
  // Started by the first list: a hub that only takes orders never needs it.
  let reader: DatabaseThread | undefined
  return {
    dialect: sqliteSql,
    read: (name, args) => runSync(programOf(ops, name, args), step) as never,
    list: (name, args) => (reader ??= new DatabaseThread({ file, mode: "reader" })).ask(name, args, "log") as never,
    write: (name, args, priority = "lease") => writer.ask(name, args, priority) as never,
    commit: (change) => writer.ask("commit", change, "change") as Promise<CommitResult>,
    serverTime: null,
    alone: null,
    scan: async (sql, onRow) => {
      for (const row of db.prepare(sql).raw().iterate()) onRow(row as ReadonlyArray<number>)
    },
    close: async () => {
      await reader?.close()
      await writer.close()
      await checkpoints.close()
      db.close()
      lock.close()
    }
  }
}
