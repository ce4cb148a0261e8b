import { Worker } from "node:worker_threads"
import { MAX_DESCRIPTION, MAX_GROUPS, MAX_PACK_UNITS, MAX_PRICE, MAX_SKU, NO_PRICE } from "@aptekit/core"
import { ExchangeFailure } from "../failure.ts"
import type { OpName, Ops, ThreadAnswer, ThreadData, ThreadRequest } from "../worker/protocol.ts"
import { fromSource, workerUrl } from "./worker-url.ts"

/** Objects of a file: far less than that, whatever the file. What is beyond ends the thread and not the hub. */
const HEAP_MB = 512
/** A thread that nobody asked for so long gives its memory back. */
const IDLE_MS = 60_000

/** The file is not readable as what it should be; the message is for the administrator of 1C. */
export class BadFile extends Error {}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

const died = (cause: unknown): ExchangeFailure =>
  new ExchangeFailure(
    "import-died",
    "Хабу не хватило памяти, или файл вызвал сбой; остатки и цены не изменены. Уменьшите размер порции в настройках " +
      "обмена 1С и повторите обмен; если не поможет, передайте этот файл администратору хаба.",
    { cause }
  )

/** The thread that reads files and sorts their rows, so that the hub's own is never held. Started when it is needed. */
export class ReaderThread {
  readonly #data: ThreadData
  readonly #heapMb: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #next = 1
  #idle: NodeJS.Timeout | undefined
  #progress: (percent: number) => void = () => undefined

  /** `heapMb`: more than that of objects ends the thread. */
  constructor(folder: string, heapMb = HEAP_MB) {
    this.#heapMb = heapMb
    this.#data = {
      folder, maxPrice: MAX_PRICE, maxSku: MAX_SKU, noPrice: NO_PRICE, maxDescription: MAX_DESCRIPTION,
      maxPackUnits: MAX_PACK_UNITS, maxGroups: MAX_GROUPS
    }
  }

  get isRunning(): boolean {
    return this.#worker !== undefined
  }

  /** @throws BadFile, ExchangeFailure import-died or disk-full */
  ask<O extends OpName>(op: O, ...args: Parameters<Ops[O]>): Promise<ReturnType<Ops[O]>> {
    clearTimeout(this.#idle)
    const worker = this.#worker ??= this.#start()
    return new Promise((resolve, reject) => {
      const n = this.#next++
      worker.ref()
      this.#waiting.set(n, { resolve: resolve as Waiting["resolve"], reject })
      worker.postMessage({ n, op, args: args[0] } satisfies ThreadRequest)
    })
  }

  onProgress(listener: (percent: number) => void): void {
    this.#progress = listener
  }

  /** Nothing more is asked for at present: the thread may end. */
  rest(): void {
    this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref()
  }

  /** Ends the thread at once; what it was asked for is refused with `reason`. */
  async close(reason: unknown = died("closed")): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    this.#refuse(reason)
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(), {
      workerData: this.#data,
      execArgv: fromSource ? ["--conditions=@aptekit/source"] : [],
      resourceLimits: { maxOldGenerationSizeMb: this.#heapMb, maxYoungGenerationSizeMb: 16 }
    })
    worker.on("message", (answer: ThreadAnswer) => this.#settle(answer))
    const ended = (cause: unknown): void => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#refuse(died(cause))
    }
    worker.on("error", ended)
    worker.on("exit", (code) => ended(`exit ${code}`))
    return worker
  }

  #settle(answer: ThreadAnswer): void {
    if ("progress" in answer) return this.#progress(answer.progress)
    const waiting = this.#waiting.get(answer.n)
    this.#waiting.delete(answer.n)
    // An idle thread keeps no process alive.
    if (this.#waiting.size === 0) this.#worker?.unref()
    if (answer.ok) waiting?.resolve(answer.value)
    else if (answer.kind === "file") waiting?.reject(new BadFile(answer.message))
    else waiting?.reject(Object.assign(new Error(answer.message), { code: answer.code }))
  }

  #refuse(reason: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(reason)
    this.#waiting.clear()
  }
}
