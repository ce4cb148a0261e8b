import { Worker } from "node:worker_threads"
import { fromSource, threadUrl } from "./thread-url.ts"

/** Between two checkpoints: each costs a sync of the file, whatever it has to copy. */
const PAUSE_MS = 100
/** A hub that writes little never needs the thread: so many answers of the writer do not fill the log. */
const FIRST = 200

/**
 * Copies the write-ahead log into the file beside the writer, so that no order waits for it: a checkpoint is some hundred
 * scattered pages and a sync (performance.md §4). The writer does it itself only when this has not kept up.
 */
export class Checkpoints {
  readonly #file: string
  #worker: Worker | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #waits = false
  #answers = 0
  #timer: NodeJS.Timeout | undefined

  constructor(file: string) {
    this.#file = file
  }

  /** Something was committed. */
  note(): void {
    if (this.#waits || ++this.#answers < FIRST) return
    this.#waits = true
    this.#timer = setTimeout(() => this.#thread().postMessage(null), PAUSE_MS).unref()
  }

  async close(): Promise<void> {
    this.#waits = true
    clearTimeout(this.#timer)
    // It ends by itself: a thread that is terminated while it loads SQLite takes the whole process with it (Node aborts).
    this.#worker?.ref()
    this.#worker?.postMessage("end")
    await this.#ended
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(threadUrl("checkpoint-thread"), {
      workerData: this.#file,
      execArgv: fromSource ? ["--conditions=@aptekit/source"] : []
    })
    worker.unref()
    this.#ended = new Promise((resolve) => worker.once("exit", resolve))
    worker.on("message", () => (this.#waits = false))
    // Without it the writer copies the log itself: slower, and as safe.
    worker.on("error", () => undefined)
    return (this.#worker = worker)
  }
}
