import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const PACKAGE = join(import.meta.dirname, "../..")
const FOLDER = join(PACKAGE, "../../node_modules/.cache/aptekit-hub")
const MADE = join(FOLDER, "made")

/** What a hub of these tests loads. A process that is killed keeps nothing: this one ends by itself. */
const LOAD = `
  import "./src/server.ts"
  import "@aptekit/adapter-1c"
  import "@aptekit/adapter-geo"
  import "@aptekit/adapter-sms"
  import "@aptekit/storage-sql"
`

/**
 * Where Node keeps what it has compiled: hubs that start and are killed by the hundred need not do it each time. Node itself
 * looks whether a file has changed.
 */
export const compileCache = (): string => {
  if (existsSync(MADE)) return FOLDER
  mkdirSync(FOLDER, { recursive: true })
  spawnSync(process.execPath, ["--conditions=@aptekit/source", "--input-type=module", "--eval", LOAD], {
    cwd: PACKAGE,
    env: { ...process.env, NODE_COMPILE_CACHE: FOLDER }
  })
  writeFileSync(MADE, "")
  return FOLDER
}
