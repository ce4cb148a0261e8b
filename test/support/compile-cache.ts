import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const SERVER = join(import.meta.dirname, "../../packages/server")
const FOLDER = join(import.meta.dirname, "../../node_modules/.cache/aptekit-hub")
const MADE = join(FOLDER, "made")

/** What a hub of the tests loads. A process that is killed keeps nothing: this one ends by itself. */
const LOAD = `
  import "./src/server.ts"
  import "@aptekit/adapter-1c"
  import "@aptekit/adapter-geo"
  import "@aptekit/adapter-sms"
  import "@aptekit/storage-sql"
`

/**
 * Node keeps what it has compiled: hubs, commands and threads of the storage that start by the hundred need not do it each
 * time. Node itself looks whether a file has changed.
 */
export const setup = (): void => {
  process.env["NODE_COMPILE_CACHE"] = FOLDER
  if (existsSync(MADE)) return
  mkdirSync(FOLDER, { recursive: true })
  spawnSync(process.execPath, ["--conditions=@aptekit/source", "--input-type=module", "--eval", LOAD], { cwd: SERVER })
  writeFileSync(MADE, "")
}
