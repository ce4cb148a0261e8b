import { createHub, type Hub, type LaneMethod, makeLanes, Network, runLane, Storage, type StorageLayer } from "@aptekit/core"
import { mariadb, sqlite } from "@aptekit/storage-sql"
import { Queue, Worker } from "bullmq"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { temporaryDirectory, temporaryMariadb } from "./support/databases.ts"
import { median, report, say } from "./support/report.ts"

/** Messages of the throughput case, and how many a commit writes. */
const MESSAGES = 5_000
const PER_COMMIT = 100
const CONCURRENCY = 64
/** The latency case: so many a second for so long, each in a commit of its own. */
const PER_SECOND = 60
const SECONDS = 5

/** Calls of the partner, which answers at once: what is measured is the queue. */
class Partner {
  readonly seen = new Map<string, number>()
  #waiting: { readonly count: number; readonly done: () => void } | null = null

  take(id: string): void {
    if (!this.seen.has(id)) this.seen.set(id, performance.now())
    if (this.#waiting !== null && this.seen.size >= this.#waiting.count) this.#waiting.done()
  }

  until(count: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting = { count, done }
      if (this.seen.size >= count) done()
    })
  }
}

/** A queue under test. */
interface Subject {
  /** Writes messages, durable when it resolves. */
  readonly put: (ids: ReadonlyArray<string>) => Promise<void>
  /** Begins to deliver; gives the way to stop. */
  readonly work: (partner: Partner) => Promise<() => Promise<void>>
}

const put = (hub: Hub) => (ids: ReadonlyArray<string>): Promise<void> =>
  hub.run(
    Effect.flatMap(Storage, (storage) =>
      Effect.asVoid(storage.commit({
        id: randomUUID(), at: Date.now(), orders: [], reservations: [], movements: [], sale: null, key: null, events: [],
        outbox: ids.map((id) => ({ id, lane: "bench", method: "bench", orderId: null, payload: { n: 1 }, availableAt: Date.now() }))
      })))
  )

const workLane = async (hub: Hub, partner: Partner): Promise<() => Promise<void>> => {
  const method: LaneMethod = {
    name: "bench",
    lanes: () => ["bench"],
    repeat: "safe",
    deliver: ({ id }) => Effect.sync(() => (partner.take(id), { state: "done" as const }))
  }
  const lanes = makeLanes([method], { bench: { concurrency: CONCURRENCY } })
  const stop = new AbortController()
  const running = hub.run(
    Effect.gen(function*() {
      const storage = yield* Storage
      const network = yield* Network
      return yield* runLane({ lane: "bench", storage, registry: { all: new Map() }, lanes, view: () => network.view() })
    }),
    { signal: stop.signal }
  ).catch(() => undefined)
  return async () => {
    stop.abort()
    await running
  }
}

const subjectOf = (hubs: ReadonlyArray<Hub>): Subject => ({
  put: put(hubs[0]!),
  work: async (partner) => {
    const stops = await Promise.all(hubs.map((hub) => workLane(hub, partner)))
    return async () => void (await Promise.all(stops.map((stop) => stop())))
  }
})

const inCommits = async (subject: Subject): Promise<void> => {
  for (let from = 0; from < MESSAGES; from += PER_COMMIT) {
    await subject.put(Array.from({ length: PER_COMMIT }, (_, i) => `t${from + i}`))
  }
}

const perSecond = async (subject: Subject): Promise<number> => {
  const partner = new Partner()
  await inCommits(subject)
  const started = performance.now()
  const stop = await subject.work(partner)
  await partner.until(MESSAGES)
  const seconds = (performance.now() - started) / 1_000
  await stop()
  return MESSAGES / seconds
}

interface Latency {
  readonly p50: number
  readonly p99: number
}

/** From the answer of the commit to the call of the partner; one that came before the answer counts as 0. */
const latency = async (subject: Subject): Promise<Latency> => {
  const partner = new Partner()
  const stop = await subject.work(partner)
  const committed = new Map<string, number>()
  const [begin, count] = [performance.now(), PER_SECOND * SECONDS]
  for (let i = 0; i < count; i++) {
    await pause(Math.max(0, begin + (i * 1_000) / PER_SECOND - performance.now()))
    await subject.put([`l${i}`])
    committed.set(`l${i}`, performance.now())
  }
  await partner.until(count)
  await stop()
  const all = [...committed].map(([id, at]) => Math.max(0, partner.seen.get(id)! - at)).sort((a, b) => a - b)
  return { p50: median(all), p99: all[Math.floor(all.length * 0.99)]! }
}

interface Figures extends Latency {
  readonly rate: number
}

const measure = async (subject: Subject): Promise<Figures> => ({ rate: await perSecond(subject), ...(await latency(subject)) })

const bullmq = async (): Promise<Figures> => {
  const connection = { url: process.env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379" }
  const name = `aptekit-bench-${process.pid}`
  const queue = new Queue(name, { connection })
  await queue.waitUntilReady()
  try {
    return await measure({
      put: async (ids) => void (await queue.addBulk(ids.map((id) => ({ name: "bench", data: { n: 1 }, opts: { jobId: id } })))),
      work: async (partner) => {
        const worker = new Worker(name, async (job) => partner.take(job.id!), { connection, concurrency: CONCURRENCY })
        await worker.waitUntilReady()
        return () => worker.close()
      }
    })
  } finally {
    await queue.obliterate({ force: true })
    await queue.close()
  }
}

const show = (store: string, found: Figures, peer: Figures | null): void => {
  const beside = (value: number, of: number | undefined) =>
    of === undefined ? {} : { reference: "BullMQ on Redis", ratio: value / of }
  report({ bench: "outbox", store, case: "messages per second", value: found.rate, unit: "1/s", ...beside(found.rate, peer?.rate) })
  const note = `p99 ${found.p99.toFixed(1)} ms; ${PER_SECOND} a second`
  report({ bench: "outbox", store, case: "commit to partner, p50", value: found.p50, unit: "ms", ...beside(found.p50, peer?.p50), note })
}

const withHubs = async (storages: ReadonlyArray<StorageLayer>, work: (hubs: ReadonlyArray<Hub>) => Promise<void>): Promise<void> => {
  const hubs: Array<Hub> = []
  try {
    for (const storage of storages) hubs.push(await createHub({ storage, jobs: false }))
    await work(hubs)
  } finally {
    for (const hub of hubs) await hub.close()
  }
}

/** A lane against BullMQ in the same run. The replicas of a case are hubs of one process: they share its core. */
export const run = async (): Promise<void> => {
  const peer = await bullmq().catch((error: unknown) => (say(`BullMQ: SKIPPED, ${String(error)}`), null))
  if (peer !== null) show("BullMQ on Redis", peer, null)
  const directory = temporaryDirectory()
  try {
    await withHubs([sqlite({ file: join(directory.path, "outbox.db") })], async (hubs) =>
      show("sqlite", await measure(subjectOf(hubs)), peer))
  } finally {
    directory.remove()
  }
  for (const replicas of [1, 3]) {
    const database = await temporaryMariadb()
    if (database === undefined) return say("MariaDB: SKIPPED, no server answers at TEST_MARIADB_URI")
    try {
      await withHubs(Array.from({ length: replicas }, () => mariadb({ uri: database.uri })), async (hubs) =>
        show(`mariadb, ${replicas} replica${replicas === 1 ? "" : "s"}`, await measure(subjectOf(hubs)), peer))
    } finally {
      await database.drop()
    }
  }
}
