import { pathToFileURL } from "node:url"
import { builtHub } from "../built-hub.ts"

/**
 * Stands for the sources' `thread-url.ts` and `worker-url.ts` in tests: their threads are those of the built hub. A thread from source loads
 * three hundred modules, longer than most tests of a database take.
 */
export const fromSource = false

export const threadUrl = (name: "thread" | "checkpoint-thread"): URL => pathToFileURL(builtHub(`sqlite-${name}`))
export const workerUrl = (): URL => pathToFileURL(builtHub("import-worker"))
