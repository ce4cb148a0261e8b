import { createRequire, syncBuiltinESMExports } from "node:module"
import type { Worker as NodeWorker } from "node:worker_threads"

/** Loaded before the hub: SIGUSR2 ends the database's writer thread, as a crash inside SQLite would. */
const threads = createRequire(import.meta.url)("node:worker_threads") as { Worker: typeof NodeWorker }

threads.Worker = class extends threads.Worker {
  constructor(...args: ConstructorParameters<typeof NodeWorker>) {
    super(...args)
    if (args[1]?.workerData?.mode === "writer") process.on("SIGUSR2", () => void this.terminate())
  }
}
syncBuiltinESMExports()
