import { openStorage } from "@aptekit/server"
import { Redacted } from "effect"
import { type BenchQueue, bullQueue, hubQueue, machineTime, REDIS_URL } from "./outbox-queues.ts"

/** Which queue a process has. */
export type ReplicaJob =
  | { readonly kind: "bullmq"; readonly name: string }
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "mariadb"; readonly uri: string; readonly redis: boolean }

export type ReplicaCommand =
  | { readonly do: "put"; readonly ids: ReadonlyArray<string> }
  | { readonly do: "work" }
  | { readonly do: "rest" }
  | { readonly do: "close" }

/** What a process says: an answer (of `put`: when it was durable, by `machineTime`), or what its partner got. */
export type ReplicaWord =
  | { readonly at: number }
  | { readonly taken: ReadonlyArray<readonly [id: string, at: number]> }
  | { readonly failed: string }

/** Rarely enough that telling is no work beside delivering. Milliseconds. */
const TELL_EVERY = 50

const open = async (job: ReplicaJob): Promise<BenchQueue> => {
  if (job.kind === "bullmq") return bullQueue(job.name)
  if (job.kind === "sqlite") return hubQueue(await openStorage({ kind: "sqlite", file: job.file }))
  const redis = job.redis ? { url: Redacted.make(REDIS_URL), log: () => undefined } : undefined
  return hubQueue(await openStorage({ kind: "mariadb", uri: Redacted.make(job.uri) }, redis))
}

const serve = async (job: ReplicaJob): Promise<void> => {
  const say = (word: ReplicaWord): void => void process.send?.(word)
  const queue = await open(job)
  let taken: Array<readonly [string, number]> = []
  const tell = (): void => {
    if (taken.length > 0) say({ taken })
    taken = []
  }
  setInterval(tell, TELL_EVERY).unref()
  let stop = async (): Promise<void> => undefined
  const obey = async (command: ReplicaCommand): Promise<void> => {
    if (command.do === "put") await queue.put(command.ids)
    if (command.do === "work") stop = await queue.work((id) => void taken.push([id, machineTime()]))
    const at = machineTime()
    if (command.do === "rest" || command.do === "close") await stop()
    if (command.do === "close") await queue.close()
    tell()
    say({ at })
    if (command.do === "close") process.disconnect()
  }
  process.on("message", (command: ReplicaCommand) =>
    void obey(command).catch((error: unknown) => say({ failed: error instanceof Error ? error.message : String(error) })))
  say({ at: machineTime() })
}

process.once("message", (job: ReplicaJob) => void serve(job))
