import { type ChildProcess, execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { userInfo } from "node:os"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import { onServer } from "../../../../../test/mariadb.ts"
import { until } from "./hub.ts"

const run = promisify(execFile)

/** A MariaDB server of the test's own, to be stopped and killed at will. */
export interface OwnMariadb {
  readonly uri: (database: string) => string
  readonly start: () => Promise<void>
  /** `SIGTERM`: a clean stop; `SIGKILL`: as when the power goes. Resolves when it is gone. */
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Promise<void>
}

const find = (program: string): string | undefined =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .map((folder) => join(folder, program)).find((path) => existsSync(path))

const server = find("mariadbd")
const installer = find("mariadb-install-db")

/** Why there can be none here; null where there can. */
export const noOwnMariadb: string | null = server === undefined || installer === undefined
  ? "mariadbd or mariadb-install-db is not installed"
  : null

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const holder = createServer().listen(0, "127.0.0.1", () => {
      const { port } = holder.address() as AddressInfo
      holder.close(() => resolve(port))
    })
  })

export const ownMariadb = async (folder: string): Promise<OwnMariadb> => {
  const owner = userInfo().username
  const data = join(folder, "data")
  const port = await freePort()
  const install = ["--no-defaults", `--user=${owner}`, `--datadir=${data}`, "--auth-root-authentication-method=normal", "--skip-test-db"]
  await run(installer!, install)
  let child: ChildProcess | undefined
  process.on("exit", () => child?.kill("SIGKILL"))
  const uri = (database: string): string => `mysql://root@127.0.0.1:${port}/${database}`
  return {
    uri,
    start: async () => {
      child = spawn(server!, [
        "--no-defaults", `--user=${owner}`, `--datadir=${data}`, `--socket=${join(folder, "s.sock")}`, `--port=${port}`,
        "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=32M"
      ], { stdio: "ignore" })
      await until("MariaDB answers", () => onServer(uri(""), "SELECT 1").then(() => true, () => false))
    },
    end: async (signal) => {
      const running = child!
      child = undefined
      const gone = new Promise((resolve) => running.once("exit", resolve))
      running.kill(signal)
      await gone
    }
  }
}
