import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { setTimeout as pause } from "node:timers/promises"
import { createClient } from "@redis/client"

/** Why a test cannot have a Redis of its own; null where it can. */
export const noRedis: string | null = spawnSync("redis-server", ["--version"]).status === 0 ? null : "there is no redis-server"

export interface OwnRedis {
  readonly url: string
  readonly start: () => Promise<void>
  /** kill -9; may come when it does not run. */
  readonly kill: () => Promise<void>
  readonly flush: () => Promise<void>
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

const clientOf = (url: string) => createClient({ url, socket: { reconnectStrategy: false } })

/** Runs `work` with a client as soon as the server takes one. */
const withClient = async (url: string, work: (client: ReturnType<typeof clientOf>) => Promise<unknown>): Promise<void> => {
  for (let tries = 0;; tries++) {
    const client = clientOf(url)
    client.on("error", () => undefined)
    try {
      await client.connect()
      await work(client)
      return
    } catch (error) {
      if (tries === 200) throw error
      await pause(25)
    } finally {
      if (client.isOpen) client.destroy()
    }
  }
}

/** A Redis process of the test's own, which may be killed. It keeps nothing. */
export const ownRedis = async (): Promise<OwnRedis> => {
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    const running = child
    child = undefined
    if (running === undefined) return
    const gone = new Promise<void>((resolve) => running.once("close", () => resolve()))
    running.kill("SIGKILL")
    await gone
  }
  process.on("exit", () => child?.kill("SIGKILL"))
  return {
    url,
    start: async () => {
      const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
      child = spawn("redis-server", args, { cwd: tmpdir(), stdio: "ignore" })
      await withClient(url, (client) => client.ping())
    },
    kill,
    flush: () => withClient(url, (client) => client.flushAll())
  }
}
