/** From source Node strips the types of a `.ts` file by itself; from dist the thread is an entry of its own. */
export const fromSource = import.meta.url.endsWith(".ts")

export const workerUrl = (): URL => new URL(fromSource ? "../worker/entry.ts" : "./import-worker.js", import.meta.url)
