import { type ChildProcess, spawn } from "node:child_process"
import { tmpdir } from "node:os"
import { setTimeout as pause } from "node:timers/promises"
import { afterAll } from "vitest"
import { builtHub } from "../../../../../test/built-hub.ts"

export interface HubOptions {
  /** Which database, by the environment of the process. */
  readonly env: Readonly<Record<string, string>>
  /** The partners' address. */
  readonly partners: string
  /** `commit.applied:7`: the process kills itself there (`storage-sql/src/fault.ts`). */
  readonly fault?: string
  /** A module that is loaded before the server. */
  readonly preload?: string
  /** A command that starts the hub: `["sh", "-c", "ulimit -f 100; exec \"$@\"", "sh"]`. */
  readonly through?: ReadonlyArray<string>
  /** Its working folder. */
  readonly cwd?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The real hub as a process of its own. */
export interface HubProcess {
  readonly pid: number
  readonly exited: Promise<Exit>
  /** What it wrote, for failures. */
  readonly output: () => string
  /** Milliseconds from its start until it was healthy; null when it ended before. */
  readonly ready: Promise<number | null>
  /** Its address, once ready. */
  readonly url: () => string
  /** kill -9. Resolves when the process is gone. */
  readonly kill: () => Promise<Exit>
  /** SIGTERM: a clean stop. */
  readonly stop: () => Promise<Exit>
  readonly signal: (signal: NodeJS.Signals) => void
}

const LOOK_EVERY = 10
const GIVE_UP = 30_000

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).then((answer) => answer.ok, () => false)

/** Children of this test process: none outlives its test file, nor the process. */
const children = new Set<ChildProcess>()
const endAll = (): void => children.forEach((child) => child.kill("SIGKILL"))
process.on("exit", endAll)
afterAll(endAll)

export const spawnHub = (options: HubOptions): HubProcess => {
  const started = performance.now()
  const preload = options.preload === undefined ? [] : ["--import", options.preload]
  const node = [process.execPath, ...preload, builtHub("main")]
  const [command, ...args] = [...(options.through ?? []), ...node]
  const child = spawn(command!, args, {
    cwd: options.cwd ?? tmpdir(),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      PORT: "0",
      APTEKIT_CONFIG: builtHub("faults"),
      FAULT_TEST_PARTNERS: options.partners,
      ...(options.fault === undefined ? {} : { APTEKIT_FAULT: options.fault }),
      ...options.env
    }
  })
  children.add(child)
  let output = ""
  let port: string | undefined
  const read = (chunk: string): void => {
    output = (output + chunk).slice(-20_000)
    port ??= /running: http:\/\/localhost:(\d+)/u.exec(output)?.[1]
  }
  child.stdout.setEncoding("utf8").on("data", read)
  child.stderr.setEncoding("utf8").on("data", read)
  let gone = false
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once("error", reject)
    // `close`, not `exit`: all that it wrote has been read by then.
    child.once("close", (code, signal) => {
      gone = true
      children.delete(child)
      resolve({ code, signal })
    })
  })
  const url = (): string => {
    if (port === undefined) throw new Error(`the hub is not ready: ${output}`)
    return `http://127.0.0.1:${port}`
  }
  const waitReady = async (): Promise<number | null> => {
    while (performance.now() - started < GIVE_UP) {
      if (gone) return null
      if (port !== undefined && (await isReady(url()))) return performance.now() - started
      await pause(LOOK_EVERY)
    }
    throw new Error(`the hub was not healthy within ${GIVE_UP} ms: ${output}`)
  }
  const end = (signal: NodeJS.Signals) => (): Promise<Exit> => {
    child.kill(signal)
    return exited
  }
  const ready = waitReady()
  // Whoever waits for it is told; a test that does not care must not fail for it.
  ready.catch(() => undefined)
  return {
    pid: child.pid!,
    exited,
    output: () => output,
    ready,
    url,
    kill: end("SIGKILL"),
    stop: end("SIGTERM"),
    signal: (signal) => void child.kill(signal)
  }
}

/** P10: the service is back in under 10 seconds. */
const HEALTHY_WITHIN = 10_000

/** A hub that must come up, and in time. */
export const startHub = async (options: HubOptions): Promise<HubProcess> => {
  const hub = spawnHub(options)
  const ready = await hub.ready
  if (ready === null) throw new Error(`the hub did not start: ${hub.output()}`)
  if (ready > HEALTHY_WITHIN) throw new Error(`P10: healthy after ${Math.round(ready)} ms, not within ${HEALTHY_WITHIN}`)
  return hub
}

/** Waits until something is so; the only clock is the patience after which it will never be. */
export const until = async <A>(
  what: string,
  look: () => Promise<A | null | undefined | false>,
  patience = 20_000
): Promise<A> => {
  const from = performance.now()
  for (;;) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    if (performance.now() - from > patience) throw new Error(`never came true within ${patience} ms: ${what}`)
    await pause(LOOK_EVERY)
  }
}
