import { parentPort, workerData } from "node:worker_threads"
import { CommerceMlError } from "../cml/error.ts"
import { XmlError } from "../xml/error.ts"
import { ContentError } from "./content-error.ts"
import type { OpName, Ops, ThreadAnswer, ThreadData, ThreadRequest } from "./protocol.ts"
import { FileThread } from "./file-thread.ts"

const port = parentPort!

/** Errors whose text is for the administrator of 1C. */
const BAD_FILE = [XmlError, CommerceMlError, ContentError]

const answerOf = (n: number, error: unknown): ThreadAnswer => {
  if (!(error instanceof Error)) return { n, ok: false, kind: "internal", message: typeof error, code: undefined }
  const kind = BAD_FILE.some((known) => error instanceof known) ? "file" : "internal"
  const { code } = error as { readonly code?: string }
  return { n, ok: false, kind, message: kind === "file" ? error.message : `${error.name} ${error.stack ?? ""}`, code }
}

/** Arrays that change hands instead of being copied. */
const buffersOf = (value: unknown): Array<ArrayBuffer> => {
  if (typeof value !== "object" || value === null) return []
  return Object.values(value).flatMap((part) =>
    part instanceof Int32Array && part.buffer instanceof ArrayBuffer ? [part.buffer] : [])
}

const ops: Ops = new FileThread(workerData as ThreadData, (progress) => port.postMessage({ progress } satisfies ThreadAnswer))

port.on("message", ({ n, op, args }: ThreadRequest) => {
  try {
    const value = (ops[op] as (args: unknown) => ReturnType<Ops[OpName]>)(args)
    port.postMessage({ n, ok: true, value } satisfies ThreadAnswer, buffersOf(value))
  } catch (error) {
    port.postMessage(answerOf(n, error))
  }
})
