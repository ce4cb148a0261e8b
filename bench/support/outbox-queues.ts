import { createHub, type LaneMethod, makeLanes, Network, runLane, Storage, type StorageLayer } from "@aptekit/core"
import { Queue, Worker } from "bullmq"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"

export const REDIS_URL = process.env["TEST_REDIS_URL"] ?? "redis://127.0.0.1:6379"

const CONCURRENCY = 64

/** Milliseconds by a clock that all processes of the machine share. */
export const machineTime = (): number => Number(process.hrtime.bigint()) / 1e6

/** A queue under test, as one process has it. The partner answers at once: what is measured is the queue. */
export interface BenchQueue {
  /** Writes messages, durable when it resolves. */
  readonly put: (ids: ReadonlyArray<string>) => Promise<void>
  /** Begins to deliver; gives the way to stop. */
  readonly work: (partner: (id: string) => void) => Promise<() => Promise<void>>
  readonly close: () => Promise<void>
}

export const hubQueue = async (storage: StorageLayer): Promise<BenchQueue> => {
  const hub = await createHub({ storage, jobs: false })
  return {
    put: (ids) =>
      hub.run(
        Effect.flatMap(Storage, (store) =>
          Effect.asVoid(store.commit({
            id: randomUUID(), at: Date.now(), orders: [], reservations: [], movements: [], sale: null, key: null,
            // As every commit has one: other replicas hear of it by its events.
            events: [{
              type: "case.closed", orderId: null, fulfilmentId: null, branchId: null, actor: { kind: "system", id: "bench" },
              at: Date.now(), data: {}
            }],
            outbox: ids.map((id) => ({ id, lane: "bench", method: "bench", orderId: null, payload: { n: 1 }, availableAt: Date.now() }))
          })))
      ),
    work: async (partner) => {
      const method: LaneMethod = {
        name: "bench",
        lanes: () => ["bench"],
        repeat: "safe",
        deliver: ({ id }) => Effect.sync(() => (partner(id), { state: "done" as const }))
      }
      const lanes = makeLanes([method], { bench: { concurrency: CONCURRENCY } })
      // A number that is named would hold over all hubs together; each is to have its own, as each worker of BullMQ has.
      const own = { ...lanes, quota: () => null }
      const stop = new AbortController()
      const running = hub.run(
        Effect.gen(function*() {
          const [storage, network] = [yield* Storage, yield* Network]
          return yield* runLane({ lane: "bench", storage, registry: { all: new Map() }, lanes: own, view: () => network.view() })
        }),
        { signal: stop.signal }
      ).catch(() => undefined)
      return async () => {
        stop.abort()
        await running
      }
    },
    close: () => hub.close()
  }
}

export const bullQueue = async (name: string): Promise<BenchQueue> => {
  const connection = { url: REDIS_URL }
  const queue = new Queue(name, { connection })
  await queue.waitUntilReady()
  return {
    put: async (ids) => void (await queue.addBulk(ids.map((id) => ({ name: "bench", data: { n: 1 }, opts: { jobId: id } })))),
    work: async (partner) => {
      const worker = new Worker(name, async (job) => partner(job.id!), { connection, concurrency: CONCURRENCY })
      await worker.waitUntilReady()
      return () => worker.close()
    },
    close: () => queue.close()
  }
}
