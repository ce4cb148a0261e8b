import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import { sqliteSql } from "../dialect.ts"
import type { Priority } from "../driver.ts"
import { appliedPoint, donePoint, faultPoint } from "../fault.ts"
import { makeOps, type OpName, programOf } from "../ops/index.ts"
import { Refusal, runSync } from "../program.ts"
import { openFile, stepper } from "./connection.ts"
import type { ThreadAnswer, ThreadData, ThreadRequest } from "./protocol.ts"

/** Pages of the log at which the writer copies them itself, 64 MB: the thread beside it has not kept up. */
const MOST_LOG_PAGES = 16_000
/** As many waiting changes share one COMMIT (D17). */
const GROUP = 32

const { file, mode } = workerData as ThreadData
const port = parentPort!
const db = openFile(file, { readonly: mode === "reader" })
if (mode === "writer") db.pragma(`wal_autocheckpoint = ${MOST_LOG_PAGES}`)
const step = stepper(db)
const ops = makeOps(sqliteSql)

const queues: Record<Priority, Array<ThreadRequest>> = { change: [], lease: [], slice: [], log: [] }

const accept = (batch: ReadonlyArray<ThreadRequest>): void => {
  for (const request of batch) queues[request.priority].push(request)
}

/** What arrived while the thread was busy: it never waits for company, and never lets it wait (D17). */
const acceptWaiting = (): void => {
  for (let message = receiveMessageOnPort(port); message !== undefined; message = receiveMessageOnPort(port)) {
    accept(message.message as ReadonlyArray<ThreadRequest>)
  }
}

const answerOf = (n: number, error: unknown): ThreadAnswer =>
  error instanceof Refusal
    ? { n, ok: false, refused: error.tag, fields: error.fields }
    : { n, ok: false, failed: error instanceof Error ? error.message : String(error) }

const perform = (request: ThreadRequest): unknown => runSync(programOf(ops, request.op, request.args), step)

/**
 * A slice need not be on disk when it is answered: until its run's end is, which is written after it to the same log,
 * the journal writes it again. A part of the journal, and a piece of a longer write of products or links, counts only
 * with what is written after it. Whatever is committed later takes them along.
 */
const RELAXED: ReadonlySet<string> = new Set<OpName>(["slice", "journalPart", "putProductsPiece", "putLinksPiece"])

/** One request in a transaction of its own. */
const alone = (request: ThreadRequest): ThreadAnswer => {
  if (!RELAXED.has(request.op)) return inTransaction(request)
  db.pragma("synchronous = NORMAL")
  try {
    return inTransaction(request)
  } finally {
    db.pragma("synchronous = FULL")
  }
}

const inTransaction = (request: ThreadRequest): ThreadAnswer => {
  try {
    db.exec("BEGIN IMMEDIATE")
    faultPoint("commit.begin")
    const value = perform(request)
    faultPoint(appliedPoint(request.op))
    db.exec("COMMIT")
    faultPoint(donePoint(request.op))
    return { n: request.n, ok: true, value }
  } catch (error) {
    if (db.inTransaction) db.exec("ROLLBACK")
    return answerOf(request.n, error)
  }
}

/** Undefined: the transaction died under this change, and everything before it in the group with it (D18). */
const inSavepoint = (request: ThreadRequest): ThreadAnswer | undefined => {
  db.exec("SAVEPOINT change")
  try {
    const value = perform(request)
    db.exec("RELEASE change")
    return { n: request.n, ok: true, value }
  } catch (error) {
    if (!db.inTransaction) return undefined
    db.exec("ROLLBACK TO change; RELEASE change")
    return answerOf(request.n, error)
  }
}

/** A savepoint per change, one COMMIT for all; answers only after it. If it dies, each change is tried alone (D18). */
const together = (group: ReadonlyArray<ThreadRequest>): ReadonlyArray<ThreadAnswer> => {
  const answers: Array<ThreadAnswer> = []
  try {
    db.exec("BEGIN IMMEDIATE")
    faultPoint("commit.begin")
    for (const request of group) {
      const answer = inSavepoint(request)
      if (answer === undefined) return group.map(alone)
      answers.push(answer)
    }
    faultPoint("commit.applied")
    db.exec("COMMIT")
    faultPoint("commit.done")
    return answers
  } catch {
    if (db.inTransaction) db.exec("ROLLBACK")
    return group.map(alone)
  }
}

const work = (): void => {
  for (;;) {
    const changes = queues.change.splice(0, GROUP)
    if (changes.length > 0) {
      port.postMessage(changes.length === 1 ? [alone(changes[0]!)] : together(changes))
    } else {
      const next = queues.lease.shift() ?? queues.slice.shift() ?? queues.log.shift()
      if (next === undefined) return
      port.postMessage([alone(next)])
    }
    acceptWaiting()
  }
}

/** A reader answers in order of arrival; nothing it does can be in the way of a writer. */
const read = (batch: ReadonlyArray<ThreadRequest>): void => {
  port.postMessage(
    batch.map((request): ThreadAnswer => {
      try {
        return { n: request.n, ok: true, value: perform(request) }
      } catch (error) {
        return answerOf(request.n, error)
      }
    })
  )
}

port.on("message", (batch: ReadonlyArray<ThreadRequest>) => {
  if (mode === "reader") return read(batch)
  accept(batch)
  work()
})
