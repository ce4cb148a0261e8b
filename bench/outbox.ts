import { Queue } from "bullmq"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { temporaryDirectory, temporaryMariadb } from "./support/databases.ts"
import { Partner, Replica } from "./support/outbox-parent.ts"
import { machineTime, REDIS_URL } from "./support/outbox-queues.ts"
import type { ReplicaJob } from "./support/outbox-replica.ts"
import { median, report, say } from "./support/report.ts"

/** Messages of the throughput case, and how many a commit writes. */
const MESSAGES = 5_000
const PER_COMMIT = 100
/** The latency cases: so many a second for so long, each in a commit of its own. */
const PER_SECOND = 60
const SECONDS = 5

const withPartner = (replicas: ReadonlyArray<Replica>): Partner => {
  const partner = new Partner()
  for (const replica of replicas) replica.partner = partner
  return partner
}

const inCommits = async (replica: Replica, name: string): Promise<void> => {
  for (let from = 0; from < MESSAGES; from += PER_COMMIT) {
    await replica.put(Array.from({ length: PER_COMMIT }, (_, i) => `${name}${from + i}`))
  }
}

/** Messages that are there when all replicas begin at once. */
const perSecond = async (replicas: ReadonlyArray<Replica>, name: string): Promise<number> => {
  const partner = withPartner(replicas)
  await inCommits(replicas[0]!, name)
  const started = machineTime()
  await Promise.all(replicas.map((replica) => replica.work()))
  await partner.until(MESSAGES)
  const seconds = (Math.max(...partner.seen.values()) - started) / 1_000
  await Promise.all(replicas.map((replica) => replica.rest()))
  return MESSAGES / seconds
}

interface Latency {
  readonly p50: number
  readonly p99: number
}

/** From the end of a commit to the call of the partner; one that came before the end counts as 0. The writers take turns. */
const latency = async (writers: ReadonlyArray<Replica>, workers: ReadonlyArray<Replica>, name: string): Promise<Latency> => {
  const partner = withPartner([...new Set([...writers, ...workers])])
  await Promise.all(workers.map((worker) => worker.work()))
  const committed = new Map<string, number>()
  const [begin, count] = [performance.now(), PER_SECOND * SECONDS]
  for (let i = 0; i < count; i++) {
    await pause(Math.max(0, begin + (i * 1_000) / PER_SECOND - performance.now()))
    committed.set(`${name}${i}`, await writers[i % writers.length]!.put([`${name}${i}`]))
  }
  await partner.until(count)
  await Promise.all(workers.map((worker) => worker.rest()))
  const all = [...committed].map(([id, at]) => Math.max(0, partner.seen.get(id)! - at)).sort((a, b) => a - b)
  return { p50: median(all), p99: all[Math.floor(all.length * 0.99)]! }
}

const withReplicas = async <A>(jobs: ReadonlyArray<ReplicaJob>, work: (replicas: ReadonlyArray<Replica>) => Promise<A>): Promise<A> => {
  const replicas: Array<Replica> = []
  try {
    // One after the other: the first makes the tables.
    for (const job of jobs) replicas.push(await Replica.open(job))
    return await work(replicas)
  } finally {
    await Promise.all(replicas.map((replica) => replica.close()))
  }
}

interface Figures {
  readonly rate: number
  /** Any of the replicas writes, any delivers. */
  readonly shared: Latency
  /** One writes, another delivers; null where there is one alone. */
  readonly across: Latency | null
}

const measure = (jobs: ReadonlyArray<ReplicaJob>): Promise<Figures> =>
  withReplicas(jobs, async (replicas) => {
    const [first, second] = replicas
    // Once for the warmth of new processes, once for the figure.
    await perSecond(replicas, "w")
    return {
      rate: await perSecond(replicas, "t"),
      shared: await latency(replicas, replicas, "s"),
      across: second === undefined ? null : await latency([first!], [second], "a")
    }
  })

const times = <A>(count: number, one: A): ReadonlyArray<A> => Array.from({ length: count }, () => one)

const bullmq = async (replicas: number): Promise<Figures> => {
  const name = `aptekit-bench-${process.pid}-${replicas}`
  try {
    return await measure(times(replicas, { kind: "bullmq", name }))
  } finally {
    const queue = new Queue(name, { connection: { url: REDIS_URL } })
    await queue.obliterate({ force: true })
    await queue.close()
  }
}

const show = (store: string, found: Figures, peer: Figures | null): void => {
  const beside = (value: number, of: number | undefined) =>
    of === undefined ? {} : { reference: "BullMQ on Redis, as many processes", ratio: value / of }
  report({ bench: "outbox", store, case: "messages per second", value: found.rate, unit: "1/s", ...beside(found.rate, peer?.rate) })
  const ways = [["commit to partner, p50", found.shared, peer?.shared], ["commit in one, partner by another, p50", found.across, peer?.across]] as const
  for (const [name, way, of] of ways) {
    if (way === null) continue
    const note = `p99 ${way.p99.toFixed(1)} ms; ${PER_SECOND} a second`
    report({ bench: "outbox", store, case: name, value: way.p50, unit: "ms", ...beside(way.p50, of?.p50), note })
  }
}

/** A lane against BullMQ in the same run, each replica a process of its own. */
export const run = async (): Promise<void> => {
  const peers = new Map<number, Figures>()
  for (const replicas of [1, 3]) {
    const peer = await bullmq(replicas).catch((error: unknown) => (say(`BullMQ: SKIPPED, ${String(error)}`), null))
    if (peer === null) continue
    peers.set(replicas, peer)
    show(`BullMQ on Redis, ${replicas} process${replicas === 1 ? "" : "es"}`, peer, null)
  }
  const directory = temporaryDirectory()
  try {
    show("sqlite", await measure([{ kind: "sqlite", file: join(directory.path, "outbox.db") }]), peers.get(1) ?? null)
  } finally {
    directory.remove()
  }
  for (const [replicas, redis] of [[1, false], [3, false], [3, true]] as const) {
    const database = await temporaryMariadb()
    if (database === undefined) return say("MariaDB: SKIPPED, no server answers at TEST_MARIADB_URI")
    try {
      const found = await measure(times(replicas, { kind: "mariadb", uri: database.uri, redis }))
      show(`mariadb, ${replicas} process${replicas === 1 ? "" : "es"}${redis ? " and Redis" : ""}`, found, peers.get(replicas) ?? null)
    } finally {
      await database.drop()
    }
  }
}
