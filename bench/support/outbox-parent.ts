import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { ReplicaCommand, ReplicaJob, ReplicaWord } from "./outbox-replica.ts"

/** The partner of all replicas: when each message came first. */
export class Partner {
  readonly seen = new Map<string, number>()
  #waiting: { readonly count: number; readonly done: () => void } | null = null

  take(taken: ReadonlyArray<readonly [id: string, at: number]>): void {
    for (const [id, at] of taken) this.seen.set(id, Math.min(at, this.seen.get(id) ?? Infinity))
    if (this.#waiting !== null && this.seen.size >= this.#waiting.count) this.#waiting.done()
  }

  until(count: number): Promise<void> {
    return new Promise((done) => {
      this.#waiting = { count, done }
      if (this.seen.size >= count) done()
    })
  }
}

/** A queue in a process of its own. */
export class Replica {
  readonly #process: ChildProcess
  #answers: Array<{ readonly done: (at: number) => void; readonly fail: (error: Error) => void }> = []
  partner = new Partner()

  private constructor() {
    this.#process = fork(new URL("./outbox-replica.ts", import.meta.url), { execArgv: ["--conditions=@aptekit/source"] })
    this.#process.on("message", (word: ReplicaWord) => {
      if ("taken" in word) this.partner.take(word.taken)
      else if ("at" in word) this.#answers.shift()?.done(word.at)
      else this.#answers.shift()?.fail(new Error(word.failed))
    })
    this.#process.on("exit", (code) => this.#answers.splice(0).forEach(({ fail }) => fail(new Error(`a replica ended with ${code}`))))
  }

  static async open(job: ReplicaJob): Promise<Replica> {
    const replica = new Replica()
    await replica.#ask(job)
    return replica
  }

  #ask(message: ReplicaJob | ReplicaCommand): Promise<number> {
    return new Promise((done, fail) => {
      this.#answers.push({ done, fail })
      this.#process.send(message)
    })
  }

  /** When it was durable, by `machineTime`. */
  put(ids: ReadonlyArray<string>): Promise<number> {
    return this.#ask({ do: "put", ids })
  }
  work(): Promise<number> {
    return this.#ask({ do: "work" })
  }
  rest(): Promise<number> {
    return this.#ask({ do: "rest" })
  }
  async close(): Promise<void> {
    const gone = once(this.#process, "exit")
    await this.#ask({ do: "close" })
    await gone
  }
}
