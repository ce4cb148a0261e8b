import { type ChildProcess, spawn } from "node:child_process"

export interface Child {
  readonly process: ChildProcess
  readonly output: () => string
  /** Waits until the output has matched. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly exit: Promise<number | null>
}

/** Runs a file of this package as a process of its own, as `npm start` does. */
export const run = (file: string, options: { readonly cwd: string; readonly env?: Record<string, string> }): Child => {
  const child = spawn(process.execPath, ["--conditions=@aptekit/source", file], {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"] ?? "", NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] ?? "", ...options.env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let text = ""
  const watchers = new Set<() => void>()
  const onData = (chunk: Buffer): void => {
    text += chunk.toString()
    for (const watcher of watchers) watcher()
  }
  child.stdout.on("data", onData)
  child.stderr.on("data", onData)
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve))
  return {
    process: child,
    output: () => text,
    exit,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text)
          if (found === null) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        void exit.then((code) => reject(new Error(`ended with ${code} before ${pattern}:\n${text}`)))
        look()
      })
  }
}
